"""The products that a role has in flight, and which of its fragments may be used meanwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .hazards import Hazard


@dataclass(slots=True)
class Ledger:
    """Products are counted from 1 in the order of issue, which is also that of completion."""

    issued: int = 0
    waited: int = 0  # those up to this one were waited for
    queue: deque[Callable[[], None]] = field(default_factory=deque)  # in flight, oldest first
    defined: set[str] = field(default_factory=set)  # fragments that anything was written to
    writers: dict[str, int] = field(default_factory=dict)  # fragment -> last product into it
    readers: dict[str, int] = field(default_factory=dict)  # fragment -> last product that reads it
    settled: dict[str, int] = field(default_factory=dict)  # fragment -> what a wait for it covered
    slots: dict[tuple[str, int], int] = field(default_factory=dict)  # (ring, tile) -> last reader
    loading: set[str] = field(default_factory=set)  # fragments loaded from Tensor Memory

    def issue(self, target: str, left: str | None, *, accumulate: bool) -> int:
        """Count a product; products into the same fragment may follow without a wait."""
        if left is not None:
            self.check_read((left,))
            self.readers[left] = self.issued + 1
        if self.readers.get(target, 0) > self.settled.get(target, 0):
            raise Hazard(f"writes fragment {target}, which a product in flight may still read")
        if accumulate and target not in self.defined:
            raise Hazard(f"adds to fragment {target} before anything was written to it")
        self.issued += 1
        self.writers[target] = self.issued
        self.defined.add(target)
        return self.issued

    def check_read(self, names: Iterable[str]) -> None:
        """Raise Hazard unless the fragments can be read now."""
        for name in names:
            self._check_loaded(name)
            if self.writers.get(name, 0) > self.settled.get(name, 0):
                raise Hazard(
                    f"reads fragment {name}, which a product in flight may still write: no wait "
                    "has settled it"
                )
            if name not in self.defined:
                raise Hazard(f"reads fragment {name} before anything was written to it")

    def write(self, name: str) -> None:
        """Raise Hazard unless the fragment can be overwritten now."""
        self._check_loaded(name)
        settled = self.settled.get(name, 0)
        if self.writers.get(name, 0) > settled:
            raise Hazard(
                f"writes fragment {name}, which a product in flight may still write: no wait has "
                "settled it"
            )
        if self.readers.get(name, 0) > settled:
            raise Hazard(
                f"writes fragment {name}, which a product in flight may still read: no wait has "
                "settled it"
            )
        self.defined.add(name)

    def _check_loaded(self, name: str) -> None:
        if name in self.loading:
            raise Hazard(
                f"uses fragment {name}, whose load from Tensor Memory no tcgen05.wait has settled"
            )

    def wait(self, pending: int, names: Iterable[str]) -> None:
        """What a wait for all but the last `pending` products settles."""
        covered = max(self.waited, self.issued - pending)
        self.waited = covered
        for name in names:
            if max(self.writers.get(name, 0), self.readers.get(name, 0)) > covered:
                raise Hazard(
                    f"calls fragment {name} settled while its product can still be pending "
                    f"(waits for product {covered} of {self.issued})"
                )
            self.settled[name] = covered
