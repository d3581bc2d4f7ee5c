"""Order between copies that touch the same argument: dependences through global memory."""

from __future__ import annotations

from collections.abc import Iterable

from ..models.dependence_graph import GraphDependence
from .reads import Reads


def memory_order(reads: Reads) -> Iterable[GraphDependence]:
    """Flow, anti and output dependences through the arguments.

    A store stands after earlier loads and stores of its argument, and before later ones; atomic
    adds commute.
    """
    copies = [t for t in reads.tiles.values() if t.kind in ("load", "store", "reduce_add")]
    for position, first in enumerate(copies):
        for second in copies[position:]:
            kinds = (first.kind, second.kind)
            if first.access.argument != second.access.argument or kinds in (
                ("load", "load"),
                ("reduce_add",) * 2,
            ):
                continue
            if first.name != second.name:
                yield _between(first.name, second.name, kinds, 0)
                yield _between(second.name, first.name, kinds[::-1], 1)


def _between(source: str, target: str, kinds: tuple[str, ...], distance: int) -> GraphDependence:
    kind = {("load", "store"): "anti", ("load", "reduce_add"): "anti"}.get((kinds[0], kinds[1]))
    if kind is None:
        kind = "flow" if kinds[1] == "load" else "output"
    return GraphDependence.model_validate(
        {"source": source, "target": target, "kind": kind, "distance": distance,
         "reason": "both touch the same argument"}
    )  # fmt: skip
