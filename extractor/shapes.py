"""The shapes that a kernel document with lists describes, and the document of one of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod

from ..models.errors import InvalidKernel
from ..models.kernel import ChoicePath, KernelDocument, Target
from ..models.shape_search import Shape
from ..reader.documents import read_document
from ..reader.located import Located
from ..reader.rewriting import with_values

MOST_SHAPES = 256


@dataclass(frozen=True, slots=True)
class ShapedDocument:
    """A kernel document with one value in place of each list, as if it had been written so."""

    shape: Shape
    document: Located[KernelDocument]


def shaped_documents(
    document: Located[KernelDocument], target: Target
) -> tuple[ShapedDocument, ...]:
    """Every combination, the last list varying fastest; lists of other targets stay.

    Raises InvalidKernel where nothing is listed for the target, or too much.
    """
    choices = document.value.open_choices(target)
    if not choices:
        message = f"no size and no split is a list for {target}, so there is nothing to choose"
        cure = "write a list such as `BLOCK_N: [64, 128, 256]`, or solve it with `twill solve`"
        raise _refusal(document, message, cure)
    count = prod(len(values) for values in choices.values())
    if count > MOST_SHAPES:
        message = f"the lists make {count:,} shapes for {target}"
        raise _refusal(document, message, f"list fewer values: at most {MOST_SHAPES} shapes")
    combinations = product(*choices.values())
    return tuple(_shaped(document, dict(zip(choices, c, strict=True))) for c in combinations)


def _shaped(document: Located[KernelDocument], chosen: dict[ChoicePath, int]) -> ShapedDocument:
    text = with_values(document.text, dict(chosen))
    return ShapedDocument(
        shape=Shape(
            sizes={path[1]: value for path, value in chosen.items() if path[0] == "sizes"},
            split={path[1]: value for path, value in chosen.items() if path[0] == "split"},
        ),
        document=read_document(text, document.file, KernelDocument, InvalidKernel),
    )


def _refusal(document: Located[KernelDocument], message: str, cure: str) -> InvalidKernel:
    line, column = document.key_position("sizes")
    return InvalidKernel(message, file=document.file, line=line, column=column, cure=cure)
