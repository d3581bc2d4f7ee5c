"""Elements of arguments in global memory, as threads read them by themselves."""

from __future__ import annotations

from collections.abc import Sequence

from ...models.index_expression import IndexExpression, IndexName
from ...models.kernel import ElementType
from ...models.warp_expression import ArgumentElement
from .fragments import element_type
from .indices import Sum, atom, constant
from .scope import Scope, refuse
from .values import TERNARY, Value

ZERO = {"float": "0.0f", "int": "0", "bool": "false"}


def of_argument(element: ArgumentElement, beyond: tuple[str, str], scope: Scope) -> Value:
    """An element of a matrix; `beyond`: its row and column in the fragment."""
    if not all(beyond):
        raise refuse(f"an element of {element.argument} has no row or no column")
    shape = scope.tensor(element.argument).shape
    dtype, pointer = scope.tensor(element.argument).dtype, _pointer(element, scope)
    row, column = (
        (scope.index(index) * extent).plus(first) + atom(place)
        for index, extent, first, place in zip(
            element.index[-2:], element.tile[-2:], (element.first_row, element.first_column),
            beyond, strict=True,
        )
    )  # fmt: skip
    columns = extent_of(shape[-1], scope).text
    conditions = inside(element.index[:-2], shape[:-2], scope)
    conditions += [
        f"{row.text} < {extent_of(shape[-2], scope).text}",
        f"{column.text} < {columns}",
    ]
    for place, index in ((row, element.index[-2]), (column, element.index[-1])):
        if not scope.is_natural(index):
            conditions.append(f"{place.text} >= 0")
    loaded = widened(f"{pointer}[(u64)({row.text}) * {columns} + ({column.text})]", dtype)
    type_name = element_type(dtype)
    return Value(f"{' && '.join(conditions)} ? {loaded} : {ZERO[type_name]}", type_name, TERNARY)


def _pointer(element: ArgumentElement, scope: Scope) -> str:
    """Where the matrix of the leading indices begins."""
    pointer, shape = (
        scope.names.of("argument", element.argument),
        scope.tensor(element.argument).shape,
    )
    rows = rows_before(element.index[:-2], shape[1:-1], scope)
    return f"({pointer} + {rows} * {extent_of(shape[-1], scope).text})" if rows else pointer


def rows_before(
    indices: Sequence[IndexExpression], extents: Sequence[int | str], scope: Scope
) -> str:
    """How many lie before the one of these indices, in 64 bits; `extents`: of what follows each."""
    total = ""
    for index, extent in zip(indices, extents, strict=True):
        start = scope.index(index).factor
        place = f"({total} + {start})" if total else f"(u64){start}"
        total = f"{place} * {extent_of(extent, scope).text}"
    return total


def inside(
    indices: Sequence[IndexExpression], extents: Sequence[int | str], scope: Scope
) -> list[str]:
    """The conditions of indices that lie in their extents, without what is sure."""
    found = []
    for index, extent in zip(indices, extents, strict=True):
        place = scope.index(index)
        if not scope.is_natural(index):
            found.append(f"{place.text} >= 0")
        if not _is_below(index, extent, scope):
            found.append(f"{place.text} < {extent_of(extent, scope).text}")
    return found


def _is_below(index: IndexExpression, extent: int | str, scope: Scope) -> bool:
    """Whether the grid counts that index up to that extent."""
    if not isinstance(index, IndexName) or index.role != "grid":
        return False
    counts = [axis.count for axis in scope.program.grid if axis.index == index.name]
    return any(scope.index(count) == extent_of(extent, scope) for count in counts)


def extent_of(extent: int | str, scope: Scope) -> Sum:
    """The length of a dimension of an argument."""
    return constant(extent) if isinstance(extent, int) else atom(scope.names.of("extent", extent))


def widened(text: str, dtype: ElementType) -> str:
    """What is computed of an element in memory."""
    if dtype in ("f32", "i32"):
        return text
    return f"{text} != 0" if dtype == "bool" else f"unpack_{dtype}({text})"
