"""A queue and so many threads, each of which has one run worked off at a time."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from ..models.progress import Progress
from ..models.work import Ending, Work
from .crash import error_ending
from .queued_run import QueuedRun


class Host(Protocol):
    """Where a run is worked off: a process of this machine, or one of a cluster."""

    def perform(self, run: QueuedRun) -> Ending:
        """Have it solved, and wait; nothing of it is left when this returns."""

    def close(self) -> None:
        """Give back what was held ready for the next run."""


class Slots:
    """The part of an executor that does not depend on where work is done."""

    def __init__(self, hosts: Sequence[Host]) -> None:
        self._queue: deque[QueuedRun] = deque()
        self._live: set[QueuedRun] = set()  # until the ending was handed on
        self._changed = threading.Condition()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._serve, args=(host,), name="twill-slot", daemon=True)
            for host in hosts
        ]
        for thread in self._threads:
            thread.start()

    @property
    def slots(self) -> int:
        """How many solves run at the same time."""
        return len(self._threads)

    def start(
        self, work: Work, observe: Callable[[Progress], None], ended: Callable[[Ending], None]
    ) -> QueuedRun:
        """See `Executor`; raises RuntimeError after `close`."""
        run = QueuedRun(work, observe, ended, self._withdraw)
        with self._changed:
            if self._closed:
                raise RuntimeError("the executor is closed")
            self._queue.append(run)
            self._live.add(run)
            self._changed.notify()
        return run

    def close(self, *, grace_seconds: float = 5.0) -> None:
        """See `Executor`; repeatable. What waits for a slot ends as stopped."""
        with self._changed:
            self._closed = True
            runs = tuple(self._live)
            self._changed.notify_all()
        deadline = time.monotonic() + grace_seconds
        for run in runs:
            run.stop_within(grace_seconds)
        for run in runs:
            run.wait(max(0.0, deadline - time.monotonic()))
        for run in runs:
            run.stop_within(0.0)
        for run in runs:
            run.wait()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def _withdraw(self, run: QueuedRun) -> None:
        with self._changed:
            if run not in self._queue:
                return
            self._queue.remove(run)
        # All slots may be taken, and whoever stops it is not to wait.
        ending = threading.Thread(target=lambda: self._end(run, run.kept()), name="twill-withdrawn")
        ending.start()

    def _serve(self, host: Host) -> None:
        while (run := self._next()) is not None:
            try:
                ending = host.perform(run)
            except Exception as error:  # of ours: the slot goes on
                ending = error_ending(error, run.work.memory_megabytes)
            self._end(run, ending)
        host.close()

    def _end(self, run: QueuedRun, ending: Ending) -> None:
        run.end(ending)
        with self._changed:
            self._live.discard(run)

    def _next(self) -> QueuedRun | None:
        with self._changed:
            while not self._queue and not self._closed:
                self._changed.wait()
            if not self._queue:
                return None
            return self._queue.popleft()
