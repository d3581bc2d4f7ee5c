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
    steps: Sequence[Step], chains: ChainSteps, multiplied: Container[str]
) -> tuple[str, ...]:
    """What a chain leaves that no product asks for: row vectors, and matrices outside of products.

    `multiplied`: fragments that products read or write. Those are needed when they are issued.
    """
    written = sorted(touched(steps)[1])
    alone = [name for name in chains.pinned(written) if name not in multiplied]
    return (*alone, *chains.rows(written))
