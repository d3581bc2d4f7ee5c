"""How much a bundle computes at a size, by the object `work` of its report.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

from ..models.errors import InvalidInput
from ..runtime.bundle import Bundle
from ..runtime.expressions import Expression, evaluate, names_in, read_expression
from ..runtime.fields import Fields, read_json

MOST_TILES = 1_000_000  # along the grid indices on which the number of iterations depends
LARGEST_REPORT = 1 << 20


@dataclass(frozen=True, slots=True)
class Work:
    """Iterations, tiles and products of a kernel, as formulas over extents and integer scalars."""

    initiation_interval: int  # cycles, by the model
    trips: Expression
    axes: Mapping[str, Expression]
    flop_per_iteration: int
    tiles: Mapping[str, tuple[int, ...]]  # what a block writes of each output
    slots: Mapping[str, int]  # of the schedule, by operation

    def counts(self, sizes: Mapping[str, int]) -> dict[str, int]:
        """How many tiles lie along each grid index."""
        return {index: evaluate(count, sizes) for index, count in self.axes.items()}

    def tile_count(self, sizes: Mapping[str, int]) -> int:
        """How many tiles there are."""
        return prod(self.counts(sizes).values())

    def most_trips(self, sizes: Mapping[str, int]) -> int:
        """Iterations of the tile that has most."""
        return max(self._trips(sizes), default=0)

    def flop(self, sizes: Mapping[str, int]) -> int:
        """Floating-point operations of all products, masked and ragged parts included."""
        trips = self._trips(sizes)
        alike = self.tile_count(sizes) // max(1, len(trips))
        return self.flop_per_iteration * alike * sum(trips)

    def _trips(self, sizes: Mapping[str, int]) -> list[int]:
        """Iterations by the grid indices on which they depend."""
        counts = self.counts(sizes)
        names = [name for name in counts if name in names_in(self.trips)]
        if prod(counts[name] for name in names) > MOST_TILES:
            raise InvalidInput(f"more than {MOST_TILES:,} tiles of different lengths")
        places = product(*(range(counts[name]) for name in names))
        return [
            evaluate(self.trips, {**sizes, **dict(zip(names, place, strict=True))})
            for place in places
        ]


def work_of(bundle: Bundle) -> Work | None:
    """The work of a bundle; None where its report.json does not say. Raises InvalidInput."""
    path = bundle.report
    if path is None:
        return None
    with path.open("rb") as file:
        report = read_json(file.read(LARGEST_REPORT), str(path))
    if not isinstance(report, dict) or "work" not in report:
        return None
    fields = Fields(report["work"], str(path), "work")
    axes = {one.text("index"): read_expression(one.take("count"))
            for one in fields.objects("axes", 8)}  # fmt: skip
    return Work(
        initiation_interval=Fields(report, str(path)).whole("initiation_interval", 1, 2**31),
        trips=read_expression(fields.take("trips")),
        axes=axes,
        flop_per_iteration=fields.whole("flop_per_iteration", 0, 2**62),
        tiles={name: tuple(map(int, tile)) for name, tile in fields.object("tiles").rest().items()},
        slots={name: int(slot) for name, slot in report.get("slots", {}).items()},
    )
