"""Which products are cut along their columns, so that each sub-tile's warp group takes a share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..models.tile_operation import Dimension, Operand, Operation, ValueOperand
from ..models.tile_program import Loop

ELEMENTWISE = ("map", "cast")
STORES = ("store", "reduce_add")


@dataclass(frozen=True, slots=True)
class Share:
    """A size that counts columns of a result, and into how many parts they are cut."""

    size: str
    parts: int


def find_shares(
    loop: Loop, contracting: Iterable[Operation], parts: int, column_step: int
) -> Mapping[str, Share]:
    """The share of each operation that is cut: contracting products and what reads them.

    A product that reads every part of a split size and carries none of them would be one operation
    in one warp group, whose registers alone would hold its accumulator. Its columns are cut into
    as many parts as the size, if elementwise operations and stores are all that reads them.
    """
    found: dict[str, Share] = {}
    for product in contracting:
        share = _share_of(product, parts, column_step)
        readers = None if share is None else _readers(loop, product, share.size)
        if share is not None and readers is not None:
            found |= {name: share for name in (product.name, *readers)}
    return found


def _share_of(product: Operation, parts: int, column_step: int) -> Share | None:
    columns = product.type.dimensions[-1]
    starts_anew = len(product.operands) == 2
    divides = columns.extent % (parts * column_step) == 0
    if columns.size is None or not starts_anew or not divides:
        return None
    return Share(columns.size, parts)


def _readers(loop: Loop, product: Operation, size: str) -> list[str] | None:
    """What reads the product, directly or not; None if something needs all columns at once."""
    cut = {product.name}
    for operation in loop.operations:
        if not any(_value(operand) in cut for operand in operation.operands):
            continue
        if not _is_columnwise(operation, size) or _reads_whole(loop, operation, size, cut):
            return None
        cut.add(operation.name)
    if any(_value(carried.next) in cut for carried in loop.carried):
        return None
    return sorted(cut - {product.name})


def _is_columnwise(operation: Operation, size: str) -> bool:
    if operation.kind not in (*ELEMENTWISE, *STORES):
        return False
    dimensions = (
        operation.type.dimensions if operation.kind in ELEMENTWISE else operation.memory_access.tile
    )
    return _is_last(dimensions, size)


def _reads_whole(loop: Loop, operation: Operation, size: str, cut: set[str]) -> bool:
    """Whether it also reads a matrix with these columns that is computed in one piece."""
    computed = {o.name: o for o in loop.operations if o.kind != "load"}
    others = (_value(operand) for operand in operation.operands)
    return any(
        name in computed
        and name not in cut
        and any(d.size == size for d in computed[name].type.dimensions)
        for name in others
    )


def _is_last(dimensions: tuple[Dimension, ...], size: str) -> bool:
    named = [d.size for d in dimensions]
    return named.count(size) == 1 and named[-1] == size


def _value(operand: Operand) -> str | None:
    return operand.operation if isinstance(operand, ValueOperand) else None
