"""`twill solve --server`: the same question put to a service, the same answer printed."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..models.errors import LimitReached, ServiceFault, UsageError

if TYPE_CHECKING:
    from ..models.answer import Answer
    from ..models.job import ScheduleRequest
    from ..models.progress import Progress
    from ..models.solve_options import SolveOptions
    from ..pipeline import Task

KEY_VARIABLE = "TWILL_KEY"
GRACE_SECONDS = 5.0
"""After Ctrl-C, for the service to stop the search and send what it has."""


def check_is_local_only(*, backend: bool, memory_limit: bool) -> None:
    """Raise UsageError for options that only make sense where the solve runs."""
    for name, given in (("--backend", backend), ("--memory-limit", memory_limit)):
        if given:
            cure = "leave it out: the service decides that"
            raise UsageError(f"{name} cannot be used with --server", cure=cure)


class RemoteSolve:
    """One solve that a service does; called from one thread, stopped from another."""

    def __init__(
        self, server: str, task: Task, options: SolveOptions, observe: Callable[[Progress], None]
    ) -> None:
        """The key to the service is in the environment, so that no list of processes shows it."""
        self._server, self._key = server, os.environ.get(KEY_VARIABLE) or None
        self._task, self._observe = task, observe
        self._request = request_of(task, options)
        self._job: str | None = None
        self._is_stopped = False

    def __call__(self) -> Answer | None:
        """The answer, verified here; None if it was stopped before there was one."""
        from ..client.client import Client
        from ..client.outcome import check_result, is_over

        with Client(self._server, key=self._key) as client:
            job = client.submit(self._request)
            self._job = job.id
            if self._is_stopped:
                client.cancel(job.id)
            if not is_over(job):
                job = client.follow(job.id, self._observe)
            try:
                check_result(job)
            except LimitReached:
                if self._is_stopped:
                    return None
                raise
            return _verified(client.answer(job.id), self._task, self._server)

    def stop(self) -> None:
        """Cancel the job; what it has found by then is fetched."""
        from ..client.client import Client

        self._is_stopped = True
        if self._job is not None:
            with Client(self._server, key=self._key) as client:
                client.cancel(self._job)


def request_of(task: Task, options: SolveOptions) -> ScheduleRequest:
    """The request that asks a service for what a local solve of the task would find."""
    from ..models.job import ScheduleRequest

    sources = task.sources
    return ScheduleRequest(
        document=sources.kernel or sources.graph, profile=sources.profile, top=options.top,
        prove=options.prove, objectives=options.objectives, time_limit=options.seconds,
    )  # fmt: skip


def _verified(answer: Answer, task: Task, server: str) -> Answer:
    """The answer, if it is one to this question and stands up to the checks; ServiceFault if not.

    A service is not trusted: what it sends is checked as a stored schedule is, and its texts, from
    which kernels are emitted, are those that were sent.
    """
    from ..solver.recheck import recheck

    if (answer.problem, answer.sources) != (task.problem, task.sources):
        raise ServiceFault(f"{server} answered another question: is it of another version?")
    broken = [check for check in recheck(answer) if not check.passed]
    if broken:
        raise ServiceFault(f"{server} sent a wrong answer: {broken[0].sentence}")
    return answer
