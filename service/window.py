"""How often something was done in the window that moves behind this moment."""

from __future__ import annotations

import time
from collections import deque

from .remembered import Remembered

MOST_CALLERS = 10_000
"""Whoever called longest ago is forgotten beyond."""


class MovingWindow:
    """At most `amount` hits of each caller in any `seconds`; exact, for one event loop.

    The storage in memory of `limits` starts a thread every ten milliseconds and copies all hits.
    """

    def __init__(self, amount: int, seconds: float) -> None:
        self._amount = amount
        self._seconds = seconds
        self._hits: Remembered[str, deque[float]] = Remembered(MOST_CALLERS)

    def hit(self, who: str) -> bool:
        """Count a hit, unless it is one too many; says whether it was counted."""
        hits = self._hits.get(who)
        if hits is None:
            hits = deque[float]()
            self._hits.put(who, hits)
        now = time.monotonic()
        while hits and hits[0] <= now - self._seconds:
            hits.popleft()
        if len(hits) >= self._amount:
            return False
        hits.append(now)
        return True
