"""Rule `results-together/1`: what one store after the loop reads is left in one warp group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..models.dependence_graph import DependenceGraph
from ..models.problem import LegalityRule
from ..models.tiling import TiledKernel, TileNode

RULE = "results-together/1"


def with_result_rules(graph: DependenceGraph, tiled: TiledKernel) -> DependenceGraph:
    """The graph with the rule for each store after the loop.

    Where products lie in Tensor Memory, any warp group can read them.
    """
    if graph.lowering != "wgmma":
        return graph
    owner = {member: o.name for o in graph.operations for member in o.members}
    return graph.model_copy(update={"rules": (*graph.rules, *result_rules(tiled, owner))})


def result_rules(tiled: TiledKernel, owner: Mapping[str, str]) -> tuple[LegalityRule, ...]:
    """One rule for each set of operations whose last fragments meet after the loop.

    Fragments do not move between warp groups once the loop has ended; row vectors could. `owner`
    maps a tile of the loop to the operation that executes it.
    """
    found: dict[tuple[str, ...], None] = {}
    after = {tile.name: tile for tile in tiled.after}
    read = {r.tile for tile in tiled.after for r in tile.reads}
    for tile in tiled.after:
        if tile.name in read:
            continue
        # A sibling loop's results are that loop's business.
        own = (name for name in _results(tile, after) if name in owner)
        owners = dict.fromkeys(owner[name] for name in own if _is_matrix(tiled.tile(name)))
        if len(owners) > 1:
            found[tuple(owners)] = None
    return tuple(LegalityRule(rule=RULE, kind="together", operations=names) for names in found)


def _is_matrix(tile: TileNode) -> bool:
    return sum(extent > 1 for extent in tile.shape) >= 2


def _results(tile: TileNode, after: Mapping[str, TileNode]) -> Iterator[str]:
    """Tiles of the loop whose last values a tile after it needs, directly or not."""
    seen, todo = {tile.name}, [tile]
    while todo:
        for read in todo.pop().reads:
            if read.result is not None:
                yield read.result
            if read.tile is not None and read.tile not in seen:
                seen.add(read.tile)
                todo.append(after[read.tile])
