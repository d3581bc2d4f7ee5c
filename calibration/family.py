"""A family of microbenchmarks: one source, and what follows from its times."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from .derivation import Derivation
from .microbenchmark import Microbenchmark
from .source_text import source_of


@dataclass(frozen=True, slots=True)
class Family:
    """Microbenchmarks that are compiled together, and the results that need no others."""

    name: str
    summary: str
    benchmarks: tuple[Microbenchmark, ...]
    derivations: tuple[Derivation, ...]

    @property
    def source(self) -> str:
        """Its CUDA source, the same for every target."""
        return source_of(self.name, self.benchmarks)

    @property
    def digest(self) -> str:
        """Of the source and of how it is launched: samples of another version are told by it."""
        launches = [(b.name, b.threads, b.lengths, b.everywhere, b.copied) for b in self.benchmarks]
        text = f"{self.source}\0{launches}"
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
