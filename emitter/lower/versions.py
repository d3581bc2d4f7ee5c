"""Whether one set of registers is enough for each value: every reader comes before the next writer.

A value that is still read after the next iteration has made its own needs a second version, that
is a loop unrolled twice (modulo variable expansion); the model counts the registers of both.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...models.errors import Unsupported
from ...models.problem import Dependence
from ..inputs import Emission, source_of
from .places import Places
from .plan import PlannedOperation, PlannedRole


class SecondVersion(Unsupported):
    """A fragment would have to be kept while the next one is made."""


def single_version_orders(emission: Emission) -> Iterator[Dependence]:
    """Anti dependences under which one version of every fragment is enough.

    What reads a fragment of one iteration is over when that of the next iteration is made.
    """
    problem = emission.problem
    for value in problem.values:
        readers = problem.readers(value.name)
        if not value.registers:
            continue
        for reader in readers:
            if reader.target == value.source or reader.distance > 1:
                continue
            yield Dependence(
                source=reader.target,
                target=value.source,
                latency_cycles=problem.operation(reader.target).latency_cycles,
                distance=1 - reader.distance,
            )


def check_versions(emission: Emission, role: PlannedRole, places: Places) -> None:
    """Raise SecondVersion, naming value and reader, where one would be needed."""
    place = {operation.name: index for index, operation in enumerate(role.operations)}
    planned = {operation.name: operation for operation in role.operations}
    for tile in emission.tiled.loop:
        reader = planned.get(emission.owner.get(tile.name, ""))
        if reader is None or emission.operation(tile).kind in ("transpose", "broadcast"):
            continue
        for read in tile.reads:
            source = source_of(read)
            if source is None or read.tile is None:
                continue
            made, _, further = emission.behind_views(source)
            maker = planned.get(emission.owner.get(made.name, ""))
            in_registers = maker is not None and emission.operation(made).kind != "load"
            if maker is None or not in_registers or places.buffer_of(reader.name, made.name):
                continue
            distance = read.distance + further
            if not _is_in_time(reader, place[reader.name], maker, place[maker.name], distance):
                line = emission.operation(tile).position.line
                raise SecondVersion(
                    f"{reader.name} reads {made.name} after {maker.name} has made the next one: "
                    "a second version in registers",
                    line,
                )


def _is_in_time(
    reader: PlannedOperation, reads_at: int, maker: PlannedOperation, makes_at: int, distance: int
) -> bool:
    """Whether the read of iteration i comes no later than what makes iteration i + 1."""
    return (distance + reader.lag, reads_at) <= (1 + maker.lag, makes_at)
