"""How many sets of registers each value needs: one, if every reader comes before the next writer.

A value that is still read after the next iteration has made its own needs a second version, that
is a loop unrolled twice (modulo variable expansion); the model counts the registers of both. A
vector that is read as it was an iteration before is copied instead, before the next one is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import lcm

from ...models.errors import Unsupported
from ...models.problem import Dependence
from ..inputs import Emission, source_of
from .layouts import Layouts
from .places import Places
from .plan import PlannedRole
from .registers import VERSIONS


class SecondVersion(Unsupported):
    """A fragment would have to be kept while the next one is made, and cannot be."""


def single_version_orders(emission: Emission) -> Iterator[Dependence]:
    """Anti dependences under which one version of every fragment is enough.

    What reads a fragment of one iteration is over when that of the next iteration is made.
    """
    problem, layouts = emission.problem, Layouts(emission)
    vectors = {t.name for t in emission.tiled.loop if layouts.of(t) != "matrix"}
    for value in problem.values:
        readers = problem.readers(value.name)
        if not value.registers:
            continue
        for reader in readers:
            if reader.target == value.source or reader.distance > 1:
                continue
            if reader.distance and value.name in vectors:
                continue  # a copy does it
            yield Dependence(
                source=reader.target,
                target=value.source,
                latency_cycles=problem.operation(reader.target).latency_cycles,
                distance=1 - reader.distance,
            )


def versions_of(
    emission: Emission, role: PlannedRole, places: Places, homes: Mapping[str, str]
) -> dict[str, int]:
    """How many versions the fragments of a stem need, where one is not enough.

    `homes`: the stem of each tile. Raises SecondVersion, naming value and reader, where that cannot
    be: a loop would have to be unrolled too often, or an iteration finds there what the last left.
    """
    found: dict[str, int] = {}
    lasting = _lasting(emission, homes)
    copied = copied_vectors(emission, role, places)
    for read in _reads(emission, role, places):
        if read.versions > 1 and not read.is_in(copied):
            stem = homes[read.made]
            found[stem] = max(found.get(stem, 1), read.versions)
            if lcm(*found.values()) > len(VERSIONS) or stem in lasting:
                raise read.refusal
    return found


def copied_vectors(
    emission: Emission, role: PlannedRole, places: Places
) -> dict[str, frozenset[str]]:
    """Vectors and numbers of which a copy is kept, each with the operations that read the copy.

    They read what it was an iteration before, and the next one has been made once since.
    """
    layouts = Layouts(emission)
    found: dict[str, frozenset[str]] = {}
    for read in _reads(emission, role, places):
        small = layouts.of(emission.tiled.tile(read.made)) != "matrix"
        if read.distance == 1 and read.versions == 2 and small:
            found[read.made] = found.get(read.made, frozenset()) | {read.reader}
    return found


def check_versions(emission: Emission, role: PlannedRole, places: Places) -> None:
    """Raise SecondVersion where one version of each fragment, and a copy, is not enough."""
    copied = copied_vectors(emission, role, places)
    for read in _reads(emission, role, places):
        if read.versions > 1 and not read.is_in(copied):
            raise read.refusal


@dataclass(frozen=True, slots=True)
class _Read:
    """That an operation reads a tile which its role made, and which the next iteration makes."""

    reader: str
    made: str
    maker: str
    distance: int
    versions: int
    line: int

    def is_in(self, copied: Mapping[str, frozenset[str]]) -> bool:
        """Whether it is the copy of an iteration before that is read."""
        return self.distance == 1 and self.reader in copied.get(self.made, ())

    @property
    def refusal(self) -> SecondVersion:
        """What is said where a second version cannot be."""
        return SecondVersion(
            f"{self.reader} reads {self.made} after {self.maker} has made the next one: "
            "a second version in registers",
            self.line,
        )


def _reads(emission: Emission, role: PlannedRole, places: Places) -> Iterator[_Read]:
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
            periods = distance + reader.lag - maker.lag
            versions = periods + (place[reader.name] > place[maker.name])
            line = emission.operation(tile).position.line
            yield _Read(reader.name, made.name, maker.name, distance, versions, line)


def _lasting(emission: Emission, homes: Mapping[str, str]) -> frozenset[str]:
    """Stems of fragments that are read by later iterations, or after the loop."""
    found = set()
    after = {tile.name for tile in emission.tiled.after}
    for tile in (*emission.tiled.loop, *emission.tiled.after):
        for read in tile.reads:
            source = source_of(read)
            if source is not None:
                made, _, further = emission.behind_views(source)
                if tile.name in after or read.distance + further > 0:
                    found.add(homes.get(made.name, ""))
    return frozenset(found)
