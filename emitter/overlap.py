"""What a schedule says must run while a product is in flight: special functions, to be counted.

ptxas may move a wait above work that touches registers only, and nothing but the machine code shows
it. MUFU instructions are what elementwise work has that can be counted there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..models.warp_expression import Apply, Expression, Rounded
from ..models.warp_program import Role
from ..models.warp_program_checks import GROUP_THREADS
from ..models.warp_step import Assign, Product, ReduceColumns, Stage, Step, WaitProducts

MUFU: Mapping[str, Mapping[str, int]] = {
    "exp2": {"MUFU.EX2": 1},
    "sigmoid": {"MUFU.EX2": 1},
    "tanh": {"MUFU.TANH": 1},
    "log2": {"MUFU.LG2": 1},
}
COUNTED = ("MUFU.EX2", "MUFU.TANH", "MUFU.LG2")


@dataclass(frozen=True, slots=True)
class Promise:
    """One product of the steady state, and what is executed before the role waits for it."""

    operation: str
    counts: Mapping[str, int]  # thread instructions by opcode


def promises(role: Role) -> tuple[Promise, ...]:
    """For each product of the steady state, in order of issue, what overlaps with it."""
    steps = list(role.steady)
    products = [place for place, step in enumerate(steps) if isinstance(step, Product)]
    return tuple(
        Promise(steps[place].operation, _between(role, steps, place)) for place in products
    )


def _between(role: Role, steps: Sequence[Step], place: int) -> dict[str, int]:
    counts = dict.fromkeys(COUNTED, 0)
    later = 0
    for step in [*steps[place + 1 :], *steps, *steps]:
        if isinstance(step, Product):
            later += 1
        elif isinstance(step, WaitProducts) and step.pending <= later:
            return counts
        elif isinstance(step, Assign | ReduceColumns):
            for opcode, number in special_functions(role, step).items():
                counts[opcode] += number
    return counts


def special_functions(role: Role, step: Assign | ReduceColumns | Stage) -> dict[str, int]:
    """Special functions of a thread on the elements of a fragment, by opcode."""
    if isinstance(step, Assign):
        fragment = role.fragment(step.target)
        # Row vectors are two instructions of a thread, which ptxas puts where it likes.
        if fragment.layout not in ("matrix", "operand"):
            return {}
        elements = fragment.rows * fragment.columns // GROUP_THREADS
    else:
        elements = (role.stripe_rows or 64) * step.columns // GROUP_THREADS
    found = special_in(step.value)
    return {opcode: number * elements for opcode, number in found.items()}


def special_in(expression: Expression) -> dict[str, int]:
    """Special functions of one element, by opcode."""
    if isinstance(expression, Rounded):
        return special_in(expression.operand)
    if not isinstance(expression, Apply):
        return {}
    counts = dict(MUFU.get(expression.primitive, {}))
    for operand in expression.operands:
        for opcode, number in special_in(operand).items():
            counts[opcode] = counts.get(opcode, 0) + number
    return counts
