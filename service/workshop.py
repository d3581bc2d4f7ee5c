"""Short computations on what callers sent, in processes that can be killed."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TypeVar

from pebble import ProcessExpired, ProcessPool

from ..executors.limits import bind_to_parent
from .refusals import Unavailable

T = TypeVar("T")
PROCESSES = 2
MOST_WAITING = 64
MEMORY_MEGABYTES = 2048
TASKS = 200
"""After so many a process makes room for a new one, so that memory comes back."""


class Workshop:
    """Runs functions of modules in child processes, each call with a limit of time and memory.

    To be made by a thread that lasts as long as it does.
    """

    def __init__(self, processes: int = PROCESSES) -> None:
        self._pool = ProcessPool(
            max_workers=processes,
            max_tasks=TASKS,
            # By fork a child would inherit locks that threads hold; a fork server would outlive us.
            context=multiprocessing.get_context("spawn"),
            initializer=_settle_in,
            initargs=(os.getpid(),),
        )
        self._waiting = 0
        # Now, and not from a thread that ends: the first processes would end with it.
        self._pool.schedule(_nothing)

    async def run(self, work: Callable[..., T], *values: object, seconds: float) -> T:
        """What `work(*values)` returns; TimeoutError if it takes longer, Unavailable if it dies."""
        if self._waiting >= MOST_WAITING:
            raise Unavailable("too many documents wait to be read")
        self._waiting += 1
        try:
            return await self._twice(work, values, seconds)
        finally:
            self._waiting -= 1

    async def _twice(self, work: Callable[..., T], values: tuple[object, ...], seconds: float) -> T:
        for last in (False, True):
            try:
                future = self._pool.schedule(work, args=values, timeout=seconds)
                return await asyncio.wrap_future(future)
            except ProcessExpired:
                if last:
                    raise Unavailable("the process that read the document died") from None
            except FutureTimeoutError:
                raise TimeoutError from None
            except (RuntimeError, asyncio.CancelledError):
                if self._pool.active:
                    raise
                raise Unavailable("the service is shutting down") from None
        raise AssertionError("unreachable")

    def close(self) -> None:
        """End all processes at once."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


def _nothing() -> None:
    pass


def _settle_in(parent: int) -> None:
    import resource
    import signal
    import sys

    bind_to_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service
    if sys.platform == "linux":
        limit = MEMORY_MEGABYTES << 20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    from . import artefacts, question  # noqa: F401
