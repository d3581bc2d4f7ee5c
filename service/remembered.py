"""A memory of bounded size that forgets what was used longest ago, and what is too old."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """For one event loop; `weigh` gives the size of a value in the unit of `most`."""

    def __init__(
        self, most: int, *, seconds: float = float("inf"), weigh: Callable[[V], int] = lambda _: 1
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._weigh = weigh
        self._weight = 0
        self._found: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """What is known of the key."""
        found = self._found.get(key)
        if found is None:
            return None
        if time.monotonic() - found[0] > self._seconds:
            self._forget(key)
            return None
        self._found.move_to_end(key)
        return found[1]

    def put(self, key: K, value: V) -> None:
        """Remember, and forget the oldest where there is no room."""
        if key in self._found:
            self._forget(key)
        weight = self._weigh(value)
        if weight > self._most:
            return
        self._found[key] = (time.monotonic(), value)
        self._weight += weight
        while self._weight > self._most:
            self._forget(next(iter(self._found)))

    def _forget(self, key: K) -> None:
        self._weight -= self._weigh(self._found.pop(key)[1])
