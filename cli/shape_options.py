"""`--size NAME=VALUE` and `--split NAME=VALUE`: one shape of a kernel document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..models.shape import Shape

SizeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--size",
        metavar="NAME=VALUE",
        help="A size of the kernel in place of what the document says; one of its list.",
    ),
]
SplitOption = Annotated[
    list[str] | None,
    typer.Option("--split", metavar="NAME=VALUE", help="The same for a split of the kernel."),
]


def shape_of(size: list[str] | None, split: list[str] | None) -> Shape | None:
    """What the options say; None if they say nothing. Raises UsageError."""
    from ..models.shape import Shape

    if not size and not split:
        return None
    return Shape(sizes=_values("--size", size or []), split=_values("--split", split or []))


def refuse_shape(shape: Shape | None) -> None:
    """Raise UsageError for a stored schedule, whose shape is what it was solved for."""
    from ..models.errors import UsageError

    if shape is not None:
        cure = "leave --size and --split out: the schedule is for one shape"
        raise UsageError("--size and --split do not change a stored schedule", cure=cure)


def _values(option: str, given: list[str]) -> dict[str, int]:
    from ..models.errors import UsageError
    from ..models.kernel import MAXIMUM_SIZE

    values: dict[str, int] = {}
    for text in given:
        name, _, number = text.partition("=")
        name, number = name.strip(), number.strip()
        is_size = number.isascii() and number.isdecimal()
        if not (name.isidentifier() and name.isascii() and is_size):
            raise UsageError(f"{option} {text[:80]!r}", cure=f"write it as `{option} BLOCK_M=128`")
        if len(number) > 5 or not 1 <= int(number) <= MAXIMUM_SIZE:
            raise UsageError(f"{option} {text[:80]}", cure=f"from 1 to {MAXIMUM_SIZE}")
        if name in values:
            raise UsageError(f"{option} gives {name} twice", cure="give one value")
        values[name] = int(number)
    return values
