"""Partitions into warp groups that were found already and are not wanted again."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, pairwise

from ...models.problem import SchedulingProblem, Swap
from ...models.schedule import Partition
from .variables import Variables, negated


def forbid_partitions(variables: Variables, partitions: Iterable[Partition]) -> None:
    """Two operations that share a group part, or two that are apart meet.

    For every partition:  Σ over neighbours u, v in a block of cross(u, v)
                        + Σ over pairs of blocks of same(first of one, first of other)  ≥  1
    Its images under the swaps of equal sub-tiles are the same partition, and forbidden with it.
    """
    position = {v: index for index, v in enumerate(variables.slot)}
    for partition in images(variables.problem, partitions):
        blocks = sorted(
            (sorted(block, key=position.__getitem__) for block in partition),
            key=lambda block: position[block[0]],
        )
        parted = [negated(variables.same(u, v)) for block in blocks for u, v in pairwise(block)]
        met = [variables.same(a[0], b[0]) for a, b in combinations(blocks, 2)]
        variables.model.add_bool_or(*parted, *met)


def images(problem: SchedulingProblem, partitions: Iterable[Partition]) -> list[Partition]:
    """The partitions and all that equal sub-tiles make of them, each once, in a fixed order."""
    found = list(dict.fromkeys(partitions))
    known = set(found)
    for partition in found:  # grows while it is read
        for swap in problem.symmetries:
            image = _exchanged(partition, swap)
            if image not in known:
                known.add(image)
                found.append(image)
    return found


def _exchanged(partition: Partition, swap: Swap) -> Partition:
    image = dict(swap) | {right: left for left, right in swap}
    return frozenset(frozenset(image.get(v, v) for v in block) for block in partition)
