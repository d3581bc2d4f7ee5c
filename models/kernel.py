"""The kernel document: what a user writes about one kernel, before its program text is parsed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, StringConstraints, Tag

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
MOST_VALUES = 16  # to choose from, for one size
MAXIMUM_RANK = 5  # dimensions of a tensor map

KernelName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
Size = Annotated[int, Field(ge=1, le=MAXIMUM_SIZE)]
Extent = Annotated[int, Field(ge=1, le=2**31 - 1)] | Name


def _differ(values: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(values)) < len(values):
        raise ValueError("each value once, not repeated")
    return values


Choice = Annotated[
    tuple[Size, ...], Field(min_length=1, max_length=MOST_VALUES), AfterValidator(_differ)
]
"""Values of which `twill shapes` chooses one."""
SizeTable = Mapping[Name, Size | Choice | Mapping[Target, Size | Choice]]
ChoicePath = tuple[str, ...]
"""Keys that lead to a value: `sizes` or `split`, the size, the target if it is given per target."""


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


class ScalarArgument(Document):
    """A number by value, where it is made up between two values for checks and timings."""

    dtype: Literal["bf16", "fp16", "f32"]
    range: ValueRange


def _kind_of_argument(value: object) -> str:
    if isinstance(value, Mapping):
        return "number" if "range" in value and "shape" not in value else "array"
    if isinstance(value, TensorArgument):
        return "array"
    return "number" if isinstance(value, ScalarArgument) else "type"


Argument = Annotated[
    Annotated[ElementType, Tag("type")]
    | Annotated[TensorArgument, Tag("array")]
    | Annotated[ScalarArgument, Tag("number")],
    Discriminator(_kind_of_argument),
]
"""A number stands by its type alone, or as a mapping where it is made up in a range."""


class Tolerance(Document):
    """How far a kernel may lie from its reference r: |x - r| <= absolute + relative * |r|."""

    absolute: Annotated[float, Field(ge=0)]
    relative: Annotated[float, Field(ge=0)]


class KernelDocument(Document):
    """One kernel of a user or of the library.

    `sizes` are elements; `split` says into how many sub-tiles a size is cut. Both may be given per
    target, and each may be a list to choose from. `grid` maps each grid index to the text of its
    count; `program` is the program text.
    """

    kernel: KernelName
    summary: Annotated[str, StringConstraints(min_length=1, max_length=400)]
    notes: Annotated[str, StringConstraints(max_length=20_000)] | None = None
    sizes: SizeTable = Field(default_factory=dict)
    split: SizeTable = Field(default_factory=dict)
    arguments: Annotated[Mapping[Name, Argument], Field(min_length=1)]
    grid: Annotated[Mapping[Name, str | int], Field(max_length=3)]
    program: str
    tolerance: Tolerance | None = None

    def sizes_for(self, target: Target) -> dict[str, int]:
        """The sizes under one target; a size without an entry for it, or with a list, is left out.

        `open_choices` says which are lists.
        """
        return _for_target(self.sizes, target)

    def split_for(self, target: Target) -> dict[str, int]:
        """The split factors under one target; no entry means no split, and lists are left out."""
        return _for_target(self.split, target)

    def open_choices(self, target: Target) -> dict[ChoicePath, tuple[int, ...]]:
        """Every list under one target, by its path in the document: sizes first, then `split`."""
        entries = self.written(target).items()
        return {path: value for path, value in entries if isinstance(value, tuple)}

    def written(self, target: Target) -> dict[ChoicePath, int | tuple[int, ...]]:
        """Every size and split that has an entry for one target, by its path in the document."""
        tables: tuple[tuple[str, SizeTable], ...] = (("sizes", self.sizes), ("split", self.split))
        found: dict[ChoicePath, int | tuple[int, ...]] = {}
        for field, table in tables:
            for name, entry in table.items():
                below, value = _entry_for(entry, target)
                if value is not None:
                    found[(field, name, *below)] = value
        return found


def _for_target(table: SizeTable, target: Target) -> dict[str, int]:
    values = {name: _entry_for(entry, target)[1] for name, entry in table.items()}
    return {name: value for name, value in values.items() if isinstance(value, int)}


def _entry_for(
    entry: int | tuple[int, ...] | Mapping[Target, int | tuple[int, ...]], target: Target
) -> tuple[tuple[str, ...], int | tuple[int, ...] | None]:
    """What an entry says of a target, and the key under which it says so; None for nothing."""
    if not isinstance(entry, Mapping):
        return (), entry
    while target not in entry:
        if target not in TARGET_FALLBACK:
            return (), None
        target = TARGET_FALLBACK[target]
    return (target,), entry[target]
