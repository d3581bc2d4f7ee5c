"""The shapes that a kernel document with lists describes, and the document of one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod

from ..models.errors import InvalidKernel, UsageError
from ..models.kernel import ChoicePath, KernelDocument, Target
from ..models.shape import Shape
from ..reader.documents import read_document
from ..reader.located import Located, Path
from ..reader.rewriting import with_values
from .language.faults import near_miss

MOST_SHAPES = 256
MOST_TOLD = 1_000_000_000
"""Beyond so many shapes an error says `more`: their number may have thousands of digits."""


def listed_shapes(document: Located[KernelDocument], target: Target) -> Iterator[Shape]:
    """Every combination, the last list varying fastest.

    Raises InvalidKernel at once where nothing is listed for the target, or too much.
    """
    choices = document.value.open_choices(target)
    if not choices:
        message = f"no size and no split is a list for {target}, so there is nothing to choose"
        cure = "write a list such as `BLOCK_N: [64, 128, 256]`, or solve it with `twill solve`"
        raise _refusal(document, ("sizes",), message, cure)
    count = prod(len(values) for values in choices.values())
    if count > MOST_SHAPES:
        told = f"{count:,}" if count <= MOST_TOLD else f"more than {MOST_TOLD:,}"
        message = f"the lists make {told} shapes for {target}"
        longest = max(choices, key=lambda path: len(choices[path]))
        cure = f"list fewer values: at most {MOST_SHAPES} shapes"
        raise _refusal(document, longest, message, cure)
    combinations = product(*choices.values())
    return (_shape(dict(zip(choices, values, strict=True))) for values in combinations)


def first_shape(document: KernelDocument, target: Target, chosen: Shape) -> Shape:
    """The first value of each list, but where another one is chosen."""
    firsts = {path: values[0] for path, values in document.open_choices(target).items()}
    shape = _shape(firsts)
    return Shape(sizes={**shape.sizes, **chosen.sizes}, split={**shape.split, **chosen.split})


def with_shape(
    document: Located[KernelDocument], target: Target, shape: Shape
) -> Located[KernelDocument]:
    """The document with the values of a shape, as if it had been written so.

    What is said per target is replaced for this target alone. Raises UsageError for a name that the
    document does not have there, or a value that is not in its list.
    """
    written = document.value.written(target)
    places: dict[Path, int] = {}
    for field, values in (("sizes", shape.sizes), ("split", shape.split)):
        known = {path[1]: path for path in written if path[0] == field}
        for name, value in values.items():
            if name not in known:
                raise _unknown(document, field, name, known)
            _check_listed(document, known[name], written[known[name]], value)
            places[known[name]] = value
    if not places:
        return document
    text = with_values(document.text, places)
    return read_document(text, document.file, KernelDocument, InvalidKernel)


def _shape(chosen: Mapping[ChoicePath, int]) -> Shape:
    return Shape(
        sizes={path[1]: value for path, value in chosen.items() if path[0] == "sizes"},
        split={path[1]: value for path, value in chosen.items() if path[0] == "split"},
    )


def _check_listed(
    document: Located[KernelDocument], path: ChoicePath, written: int | tuple[int, ...], value: int
) -> None:
    if isinstance(written, int) or value in written:
        return
    line, column = document.position(*path)
    raise UsageError(
        f"{value} is not in the list of {'.'.join(path)}",
        file=document.file, line=line, column=column,
        cure=f"one of {', '.join(map(str, written))}",
    )  # fmt: skip


def _unknown(
    document: Located[KernelDocument], field: str, name: str, known: Mapping[str, ChoicePath]
) -> UsageError:
    line, column = document.key_position(field)
    there = f"there are {', '.join(known)}" if known else "there is none"
    return UsageError(
        f"`{field}` has no {name} to choose a value for",
        file=document.file, line=line, column=column, cure=near_miss(name, known, there),
    )  # fmt: skip


def _refusal(
    document: Located[KernelDocument], path: ChoicePath, message: str, cure: str
) -> InvalidKernel:
    line, column = document.key_position(*path)
    return InvalidKernel(message, file=document.file, line=line, column=column, cure=cure)
