"""One of the shapes that a kernel document lists, and what its loop gets done."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

from .document import Document
from .kernel import Name, Size

WorkUnit = Literal["multiply-adds", "elements"]


class Shape(Document):
    """Values for sizes, and for how many sub-tiles they are split into; the rest stays as it is."""

    sizes: Mapping[Name, Size] = {}
    split: Mapping[Name, Size] = {}

    def value(self, field: str, name: str) -> int | None:
        """The value that it has for a size (`sizes`) or a split (`split`), if it has one."""
        return (self.sizes if field == "sizes" else self.split).get(name)


def shape_text(shape: Shape) -> str:
    """`BLOCK_M = 128, split BLOCK_M = 2`: every value that was chosen."""
    return ", ".join(f"{name} = {value}" for name, value in named_values(shape).items())


def named_values(shape: Shape) -> Mapping[str, int]:
    """Every value that was chosen, by what it is called in tables and sentences."""
    splits = {f"split {name}": value for name, value in shape.split.items()}
    return {**shape.sizes, **splits}


def throughput(work: int | None, cycles: int | None) -> Fraction:
    """Useful work for each cycle of the steady state; 0 where one of the two is not known."""
    return Fraction(work, cycles) if work and cycles else Fraction(0)


def rounded(rate: Fraction) -> float:
    """To a thousandth, as it is printed and stored."""
    return round(float(rate), 3)
