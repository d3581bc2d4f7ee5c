"""The kernel document: what a user writes about one kernel, before its program text is parsed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from .document import Document

ElementType = Literal["bf16", "fp16", "f32", "fp8e4m3", "i32", "bool"]
Target = Literal["sm_90a", "sm_100a", "sm_103a"]
ELEMENT_BYTES: Mapping[ElementType, int] = {
    "bf16": 2, "fp16": 2, "f32": 4, "fp8e4m3": 1, "i32": 4, "bool": 1,
}  # fmt: skip
FLOAT_TYPES: frozenset[ElementType] = frozenset({"bf16", "fp16", "f32", "fp8e4m3"})
# A target without its own entry takes that of the target it extends.
TARGET_FALLBACK: Mapping[Target, Target] = {"sm_103a": "sm_100a"}

MAXIMUM_SIZE = 65_536  # elements along one extent of a tile
MAXIMUM_RANK = 5  # dimensions of a tensor map

KernelName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
Size = Annotated[int, Field(ge=1, le=MAXIMUM_SIZE)]
Extent = Annotated[int, Field(ge=1, le=2**31 - 1)] | Name
SizeTable = Mapping[Name, Size | Mapping[Target, Size]]


def _ascends(value: tuple[float, float]) -> tuple[float, float]:
    if value[0] > value[1]:
        raise ValueError("a range begins with its smaller number")
    return value


ValueRange = Annotated[tuple[float, float], AfterValidator(_ascends)]
"""The least and the largest value."""


class TensorArgument(Document):
    """An array in global memory, row-major; symbolic extents are declared by their use here.

    `range`: between which values it lies where it is made up, for checks and timings; without it
    values are normally distributed.
    """

    dtype: ElementType
    shape: Annotated[tuple[Extent, ...], Field(min_length=1, max_length=MAXIMUM_RANK)]
    range: ValueRange | None = None


class Tolerance(Document):
    """How far a kernel may lie from its reference r: |x - r| <= absolute + relative * |r|."""

    absolute: Annotated[float, Field(ge=0)]
    relative: Annotated[float, Field(ge=0)]


class KernelDocument(Document):
    """One kernel of a user or of the library.

    `sizes` are elements; `split` says into how many sub-tiles a size is cut. Both may be given per
    target. `grid` maps each grid index to the text of its count; `program` is the program text.
    """

    kernel: KernelName
    summary: Annotated[str, StringConstraints(min_length=1, max_length=400)]
    notes: Annotated[str, StringConstraints(max_length=20_000)] | None = None
    sizes: SizeTable = Field(default_factory=dict)
    split: SizeTable = Field(default_factory=dict)
    arguments: Annotated[Mapping[Name, ElementType | TensorArgument], Field(min_length=1)]
    grid: Annotated[Mapping[Name, str | int], Field(max_length=3)]
    program: str
    tolerance: Tolerance | None = None

    def sizes_for(self, target: Target) -> dict[str, int]:
        """The sizes under one target; a size that has no entry for it is left out."""
        return _for_target(self.sizes, target)

    def split_for(self, target: Target) -> dict[str, int]:
        """The split factors under one target; no entry means no split."""
        return _for_target(self.split, target)


def _for_target(table: SizeTable, target: Target) -> dict[str, int]:
    chosen: dict[str, int] = {}
    for name, entry in table.items():
        value = entry if isinstance(entry, int) else _entry_for(entry, target)
        if value is not None:
            chosen[name] = value
    return chosen


def _entry_for(entry: Mapping[Target, int], target: Target) -> int | None:
    while target not in entry:
        if target not in TARGET_FALLBACK:
            return None
        target = TARGET_FALLBACK[target]
    return entry[target]
