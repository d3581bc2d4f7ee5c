"""Tells those who watch a solve, in the event loop, that something about it has changed."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Bell:
    """Rung from any thread; without a loop nobody hears it, which is no fault."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watchers: defaultdict[int, set[asyncio.Event]] = defaultdict(set)
        self.closing = asyncio.Event()

    def attach(self) -> None:
        """Ring in the running loop from now on."""
        self._loop = asyncio.get_running_loop()

    def ring(self, solves: Iterable[int]) -> None:
        """Wake whoever watches these solves."""
        loop, rung = self._loop, tuple(solves)
        if loop is not None and rung and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake, rung)

    def close(self) -> None:
        """End all watching; called in the loop."""
        self.closing.set()
        self._wake(tuple(self._watchers))

    @contextmanager
    def watching(self, solve: int) -> Iterator[asyncio.Event]:
        """An event that is set when the solve changes; the watcher clears it."""
        event = asyncio.Event()
        self._watchers[solve].add(event)
        try:
            yield event
        finally:
            self._watchers[solve].discard(event)
            if not self._watchers[solve]:
                del self._watchers[solve]

    def _wake(self, solves: Iterable[int]) -> None:
        for solve in solves:
            for event in self._watchers.get(solve, ()):
                event.set()
