"""Quantities beyond what a scheduling problem holds are a fault of the kernel that asks so much."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from ..models.errors import InvalidKernel

# What pydantic says of values that are well formed, but too large.
_TOO_LARGE = frozenset({"less_than_equal", "too_long", "string_pattern_mismatch"})


@contextmanager
def told_of(name: str, line: int | None = None) -> Iterator[None]:
    """Raise InvalidKernel where a value of the operation `name` exceeds what documents hold."""
    try:
        yield
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        if first["type"] not in _TOO_LARGE:
            raise
        field = ".".join(str(key) for key in first["loc"])
        said = first["msg"].replace("Input should", "must").replace("should", "must")
        if first["type"] == "too_long":
            said = f"more than {first['ctx']['max_length']} of them"
        raise InvalidKernel(
            f"{name[:80]}: {field}: {said}",
            line=line,
            cure="make its tiles or its names smaller, or check the figures of the GPU profile",
        ) from None
