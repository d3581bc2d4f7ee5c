"""What an elementwise chain executes: thread instructions by name, shuffles, and bytes moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ..models.profile import VectorUnits
from .tiles import Tile

INSTRUCTION: Mapping[str, str] = {
    "add": "add", "subtract": "subtract", "multiply": "multiply", "divide": "divide",
    "floor_divide": "integer", "remainder": "integer", "negate": "negate", "absolute": "absolute",
    "maximum": "maximum", "minimum": "minimum", "exp2": "exp2", "log2": "log2", "sqrt": "sqrt",
    "rsqrt": "rsqrt", "sigmoid": "sigmoid", "tanh": "tanh", "less": "compare",
    "less_equal": "compare", "greater": "compare", "greater_equal": "compare", "equal": "compare",
    "not_equal": "compare", "and": "logic", "or": "logic", "not": "logic", "where": "select",
    "max": "maximum", "min": "minimum", "sum": "add",
}  # fmt: skip
_FUSED_AFTER_MULTIPLY = ("add", "subtract")


def chain_instructions(tiles: Iterable[Tile], vector: VectorUnits) -> tuple[dict[str, int], int]:
    """Thread instructions by name, and shuffles, of a chain.

    Row vectors count once per thread that holds them.
    """
    members = tuple(tiles)
    fused = _multiplies_that_fuse(members)
    counted: Counter[str] = Counter()
    shuffles = 0
    for tile in members:
        name = _instruction(tile, fused)
        if name is not None:
            counted[name] += _work_elements(tile, vector)
        shuffles += _shuffles(tile, vector)
    return dict(sorted(counted.items())), shuffles


def _instruction(tile: Tile, fused: frozenset[str]) -> str | None:
    if tile.name in fused or tile.kind in ("fill", "arange", "transpose", "broadcast"):
        return None
    if tile.kind == "cast":
        return "widen" if tile.dtype == "f32" else "convert"
    primitive = INSTRUCTION[tile.origin.primitive or "add"]
    return "fma" if primitive in _FUSED_AFTER_MULTIPLY and _follows(tile, fused) else primitive


def _follows(tile: Tile, fused: frozenset[str]) -> bool:
    return any(read.producer in fused for read in tile.inputs)


def _multiplies_that_fuse(tiles: tuple[Tile, ...]) -> frozenset[str]:
    """Multiplies whose only reader adds to or subtracts from them: one fused multiply-add each."""
    readers: Counter[str] = Counter(i.producer for t in tiles for i in t.inputs if i.producer)
    fused: set[str] = set()
    by_name = {tile.name: tile for tile in tiles}
    for tile in tiles:
        if tile.kind != "map" or tile.origin.primitive not in _FUSED_AFTER_MULTIPLY:
            continue
        for read in tile.inputs:
            factor = by_name.get(read.producer or "")
            if (
                factor is None
                or read.distance
                or readers[factor.name] != 1
                or factor.shape != tile.shape
            ):
                continue
            if factor.kind == "map" and factor.origin.primitive == "multiply":
                fused.add(factor.name)
                break
    return frozenset(fused)


def _work_elements(tile: Tile, vector: VectorUnits) -> int:
    """Elements that threads touch: all of a matrix, a vector once per thread that holds it."""
    if tile.kind in ("reduce", "scan"):
        elements = _product(tile.input_shapes[0])
        passes = max(1, (max(tile.input_shapes[0]) - 1).bit_length()) if tile.kind == "scan" else 1
        return elements * passes
    return tile.elements if tile.is_matrix else tile.elements * vector.row_replication.whole


def _shuffles(tile: Tile, vector: VectorUnits) -> int:
    """Shuffles of a reduction: a butterfly over the threads that hold parts of one row."""
    if tile.kind not in ("reduce", "scan"):
        return 0
    copies = 1 if tile.is_matrix else vector.row_replication.whole
    return tile.elements * copies * vector.shuffles_per_reduction.whole


def _product(shape: tuple[int, ...]) -> int:
    product = 1
    for extent in shape:
        product *= extent
    return product
