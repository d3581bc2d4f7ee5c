"""Where the period of a role begins: no wait may leave products in flight from the period before.

The assembler follows products over the end of a loop only where the first wait in it is for all of
them: else it serializes every wgmma (ptxas C7514). The order of the steady state stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...models.warp_step import Product, Step, WaitProducts
from .plan import PlannedOperation


def rotations(
    operations: tuple[PlannedOperation, ...],
) -> Iterator[tuple[PlannedOperation, ...]]:
    """The operations in their order, beginning with each: first as they are."""
    for first in range(len(operations)):
        later = [replace(o, lag=o.lag + 1) for o in operations[first:]] if first else operations
        turned = (*later, *operations[:first])
        least = min(operation.lag for operation in turned)
        yield tuple(replace(o, lag=o.lag - least) for o in turned)


def leaves_products_behind(steady: Sequence[Step]) -> bool:
    """Whether some wait leaves a product of the period before in flight."""
    issued = 0
    for step in steady:
        if isinstance(step, Product):
            issued += 1
        elif isinstance(step, WaitProducts) and step.pending > issued:
            return True
    return False
