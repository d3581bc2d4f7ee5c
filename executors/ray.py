"""Solves on a Ray cluster: an actor for each run, which has a child process of its node solve it.

Ray is imported only when a `RayExecutor` is made (extra `ray`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from queue import SimpleQueue
from typing import Any

from ..models.errors import ProcessDied, UsageError
from ..models.work import Ending, Work
from .crash import crashed, error_ending, is_death
from .local import LocalExecutor
from .message import Message
from .queued_run import QueuedRun
from .slots import Slots

ATTEMPTS = 3
"""How often a run is tried whose process or node dies under it."""

KILL_MARGIN_SECONDS = 0.4
"""What the actor is given beyond the grace, in which it kills its child and tells the ending."""


class RayExecutor(Slots):
    """Implements `Executor`. Events of a run begin anew when it is tried again."""

    def __init__(
        self,
        slots: int | None = None,
        *,
        address: str | None = None,
        tags: Mapping[str, float] | None = None,
    ) -> None:
        """Join the cluster at the address, or that of this machine, or start one of one node.

        `slots` is the number of its processors if not given. `tags` are resources that a node must
        have, such as `{"gpu_h100": 1}`; a run waits until one has them free. A cluster that this
        process is connected to already is used as it is, and left running by `close`.
        """
        ray = _import_ray()
        self._ray = ray
        self._is_ours = not ray.is_initialized()
        if self._is_ours:
            _connect(ray, address)
        count = slots or max(1, int(ray.cluster_resources().get("CPU", 1)))
        options = {"num_cpus": 1, "max_concurrency": 2, "resources": dict(tags or {})}
        worker = ray.remote(Worker).options(**options)
        super().__init__([RayHost(ray, worker) for _ in range(count)])

    def close(self, *, grace_seconds: float = 5.0) -> None:
        """See `Executor`."""
        super().close(grace_seconds=grace_seconds)
        if self._is_ours:
            self._ray.shutdown()


class Worker:
    """The actor: `solve` works in one of its threads, `stop` comes in by the other."""

    def __init__(self) -> None:
        self._executor = LocalExecutor(1, warm=False)
        self._lock = threading.Lock()
        self._run: QueuedRun | None = None
        self._grace: float | None = None

    def solve(self, text: str) -> Iterator[str]:
        """Give each message of the run as it comes; the ending is the last."""
        told: SimpleQueue[Message] = SimpleQueue()
        run = self._executor.start(
            Work.from_json(text),
            lambda progress: told.put(Message(progress=progress)),
            lambda ending: told.put(Message(ending=ending)),
        )
        with self._lock:
            self._run, grace = run, self._grace
        if grace is not None:  # the request was quicker than the work
            run.stop_within(grace)
        while True:
            message = told.get()
            yield message.model_dump_json(exclude_none=True)
            if message.ending is not None:
                return

    def stop(self, grace_seconds: float) -> None:
        """Stop the run, now or when it begins."""
        with self._lock:
            self._grace, run = grace_seconds, self._run
        if run is not None:
            run.stop_within(grace_seconds)


class RayHost:
    """One slot."""

    def __init__(self, ray: Any, worker: Any) -> None:
        self._ray = ray
        self._worker = worker

    def perform(self, run: QueuedRun) -> Ending:
        """See `Host`."""
        for _ in range(ATTEMPTS):
            ending = self._attempt(run)
            if run.stopped or not is_death(ending):
                break
        return ending

    def close(self) -> None:
        """See `Host`."""

    def _attempt(self, run: QueuedRun) -> Ending:
        actor = self._worker.remote()
        timers: list[threading.Timer] = []

        def stop(grace_seconds: float) -> None:
            actor.stop.remote(grace_seconds)
            seconds = grace_seconds + KILL_MARGIN_SECONDS
            timer = threading.Timer(seconds, self._ray.kill, (actor,))
            timer.daemon = True
            timers.append(timer)
            timer.start()

        try:
            messages = actor.solve.options(num_returns="streaming").remote(
                run.work.canonical_json()
            )
            run.begin(stop)
            return self._heard(run, messages)
        except self._ray.exceptions.RayTaskError as fault:  # raised by `Worker`
            return error_ending(fault, run.work.memory_megabytes)
        except self._ray.exceptions.RayError as death:
            return self._after_death(run, death)
        finally:
            for timer in timers:
                timer.cancel()
            self._ray.kill(actor)

    def _heard(self, run: QueuedRun, messages: Any) -> Ending:
        for reference in messages:
            message = Message.from_json(self._ray.get(reference))
            if message.progress is not None:
                run.tell(message.progress)
            if message.ending is not None:
                return message.ending.model_copy(update={"stopped": run.stopped})
        return crashed(ProcessDied("the Ray worker told no ending"))

    def _after_death(self, run: QueuedRun, death: Exception) -> Ending:
        if run.stopped:
            return run.kept()
        said = str(death).strip().split("\n")  # the cause is in the first line or in the last
        words = " ... ".join(line.strip()[:200] for line in dict.fromkeys((said[0], said[-1])))
        ending = crashed(ProcessDied(f"the Ray worker died: {words}"))
        if run.best.schedule is None:
            return ending
        return ending.model_copy(update={"answer": run.kept().answer})


def _import_ray() -> Any:
    try:
        import ray
    except ImportError:
        cure = "pip install 'twill-scheduler[ray]'"
        raise UsageError("Ray is not installed", cure=cure) from None
    return ray


def _connect(ray: Any, address: str | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": True}
    try:
        ray.init(address=address, include_dashboard=False, **quiet)
    except (ConnectionError, ValueError, RuntimeError, ray.exceptions.RayError) as fault:
        cure = "start one: ray start --head; the address `local` starts one for the while"
        said = f"no Ray cluster at {address or 'this machine'}: {fault}".split("\n", 1)[0]
        raise UsageError(said, cure=cure) from None
