"""What elementwise chains read and leave, and what of it ptxas would put off if nobody asked."""

from __future__ import annotations

from collections.abc import Container, Sequence

from ...models.warp_expression import fragments_in
from ...models.warp_step import Step
from .chains import ChainSteps


def touched(steps: Sequence[Step]) -> tuple[set[str], set[str]]:
    """Fragments that elementwise steps read as they find them, and those that they write."""
    read: set[str] = set()
    written: set[str] = set()
    for step in steps:
        value, target = getattr(step, "value", None), getattr(step, "target", None)
        read.update(set(fragments_in(value)) - written if value is not None else ())
        written |= {target} if target is not None else set()
    return read, written


def demanded(
    steps: Sequence[Step], chains: ChainSteps, left_alone: Container[str]
) -> tuple[str, ...]:
    """What a chain leaves and ptxas might put off: row vectors, and matrices but for some.

    `left_alone`: fragments that products read or write, as a rule. They are needed when a product
    is issued, and to have them before may take registers that are not there.
    """
    written = sorted(touched(steps)[1])
    alone = [name for name in chains.pinned(written) if name not in left_alone]
    return (*alone, *chains.rows(written))
