"""Exchanges of equal sub-tiles, as candidates for symmetry breaking."""

from __future__ import annotations

from collections.abc import Iterable

from ..models.dependence_graph import GraphOperation
from ..models.problem import Swap


def subtile_swaps(operations: Iterable[GraphOperation]) -> tuple[Swap, ...]:
    """The exchange of sub-tile 0 and 1 where exactly two exist; none where more or fewer do."""
    names = [operation.name for operation in operations]
    zero = {name: name.replace("[0]", "[1]") for name in names if "[0]" in name}
    if (
        not zero
        or any("[2]" in name for name in names)
        or any(image not in names for image in zero.values())
    ):
        return ()
    if any(name.count("[") > 1 for name in names):
        return ()
    return (tuple(zero.items()),)
