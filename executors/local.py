"""Solves in child processes of this machine, one for each; the next ones wait, imported."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from ..models.work import Ending
from .crash import crashed, death, is_death
from .limits import missing_limits
from .process import Process
from .protocol import STOP_GRACE_SECONDS
from .queued_run import QueuedRun
from .slots import Slots

OVERTIME_SECONDS = 3.0
"""A child ends by itself at its limit of time; so long after it, start included, it is stopped."""


class LocalExecutor(Slots):
    """Implements `Executor`."""

    def __init__(self, slots: int | None = None, *, warm: bool = True) -> None:
        """`slots` is half of the processors if not given, for a solve is a race of two threads.

        `warm` holds a process ready for each slot (about 110 MB): a solve then begins at once.
        """
        # A child dies with the thread that started it: this one outlives them all.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="twill-starter")
        count = default_slots() if slots is None else slots
        super().__init__([LocalHost(self._starter, warm=warm) for _ in range(count)])

    @property
    def notice(self) -> str:
        """One sentence on limits that this system cannot keep, or nothing."""
        return missing_limits()

    def close(self, *, grace_seconds: float = 5.0) -> None:
        """See `Executor`."""
        super().close(grace_seconds=grace_seconds)
        self._starter.shutdown()


class LocalHost:
    """One slot: a process for the run, and if `warm` another one that waits for the next."""

    def __init__(self, starter: ThreadPoolExecutor, *, warm: bool) -> None:
        self._starter = starter
        self._warm = warm
        self._next: Future[Process] | None = None
        self._prepare()

    def perform(self, run: QueuedRun) -> Ending:
        """See `Host`."""
        process = self._take()
        ending = self._attempt(run, process)
        if is_death(ending) and process.was_silent and not run.stopped:
            # It was dead, or about to die, before it had this work.
            ending = self._attempt(run, self._starter.submit(Process).result())
        return ending

    def _attempt(self, run: QueuedRun, process: Process) -> Ending:
        run.begin(process.stop)
        process.give(run.work)
        limit = run.work.seconds + OVERTIME_SECONDS
        process.later(limit, lambda: process.stop(STOP_GRACE_SECONDS))
        if self._next is None:
            self._prepare()  # now, so that the machine is idle when this run is over
        return _ending(run, process)

    def close(self) -> None:
        """See `Host`."""
        self._warm = False
        if self._next is not None:
            with suppress(OSError):  # it could not be started
                process = self._next.result()
                process.kill()
                process.bury()

    def _take(self) -> Process:
        future = self._next or self._starter.submit(Process)
        self._next = None
        return future.result()

    def _prepare(self) -> None:
        if self._warm:
            self._next = self._starter.submit(Process)


def _ending(run: QueuedRun, process: Process) -> Ending:
    ending: Ending | None = None
    try:
        for message in process.messages():
            if message.progress is not None:
                run.tell(message.progress)
            ending = message.ending
    finally:
        return_code, said = process.bury()
    if ending is not None:
        return ending.model_copy(update={"stopped": run.stopped})
    if process.was_killed:
        return run.kept()
    ending = crashed(death(return_code, said, run.work.memory_megabytes))
    if run.best.schedule is None:
        return ending
    return ending.model_copy(update={"answer": run.kept().answer, "stopped": run.stopped})


def default_slots() -> int:
    """Half of the processors of this machine, at least one."""
    return max(1, (os.cpu_count() or 1) // 2)
