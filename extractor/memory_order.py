"""Order between copies that touch the same argument: dependences through global memory."""

from __future__ import annotations

from collections.abc import Iterable

from ..models.dependence_graph import GraphDependence
from ..models.errors import InvalidKernel
from .reads import Reads
from .tiles import Tile

MOST_COPIES = 100


def memory_order(reads: Reads) -> Iterable[GraphDependence]:
    """Flow, anti and output dependences through the arguments.

    A store stands after earlier loads and stores of its argument, and before later ones; atomic
    adds commute. Raises InvalidKernel for more copies than can be kept in order one by one.
    """
    copies = [t for t in reads.tiles.values() if t.kind in ("load", "store", "reduce_add")]
    _check_count(copies)
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


def _check_count(copies: list[Tile]) -> None:
    written = {t.access.argument for t in copies if t.kind != "load"}
    for argument in sorted(written):
        touching = [t for t in copies if t.access.argument == argument]
        if len(touching) > MOST_COPIES and any(t.kind != "reduce_add" for t in touching):
            raise InvalidKernel(
                f"{len(touching)} loads and stores of {argument} in one loop",
                line=touching[MOST_COPIES].line,
                cure=f"at most {MOST_COPIES} of an argument that the loop also writes",
            )


def _between(source: str, target: str, kinds: tuple[str, ...], distance: int) -> GraphDependence:
    kind = {("load", "store"): "anti", ("load", "reduce_add"): "anti"}.get((kinds[0], kinds[1]))
    if kind is None:
        kind = "flow" if kinds[1] == "load" else "output"
    return GraphDependence.model_validate(
        {"source": source, "target": target, "kind": kind, "distance": distance,
         "reason": "both touch the same argument"}
    )  # fmt: skip
