"""Matrix products: batches of wgmma, the waits for them, and what keeps the waits in place."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from ...models.warp_step import (
    Anchor,
    Boundary,
    Demand,
    FragmentOperand,
    Pin,
    Product,
    SharedOperand,
    WaitProducts,
)
from ..descriptors import encode, instruction_depth
from .fragments import registers_of
from .operands import descriptors
from .scope import Scope, refuse
from .storage import open_place
from .tensor_steps import by_row_anchor
from .text import block, unrolled
from .wgmma import pin_name, wgmma_name

MOST_KEPT = 3  # descriptors of a role that registers may hold over the whole loop
OPERAND_REGISTERS = 4  # of each thread, for one instruction


def print_product(step: Product, scope: Scope) -> list[str]:
    """One batch: a fence for the registers touched before, the instructions, a commit."""
    target = scope.layout(step.target, "matrix")
    count, rest = divmod(step.depth, instruction_depth(step.dtype))
    if target.columns != step.columns or rest:
        raise refuse(f"{step.target} cannot hold a product of {step.columns} columns")
    setup: list[str] = []
    each = partial(
        descriptors, depth=step.depth, encode=encode, scope=scope, setup=setup,
        hidden=_are_many(scope),
    )  # fmt: skip
    if isinstance(step.left, FragmentOperand):
        lefts, major = _registers(step.left, count, scope), "r"
    else:
        lefts, major = each("left", step.left), step.left.major
    rights = each("right", step.right)
    function = wgmma_name(step.columns, step.dtype, major, step.right.major)
    name = scope.fragment(step.target)
    calls = [
        f"{function}({name}, {left}, {right}, {int(step.accumulate or k > 0)});"
        for k, (left, right) in enumerate(zip(lefts, rights, strict=True))
    ]
    return block("", [*setup, "wgmma_fence();", *calls, "wgmma_commit();"])


def _registers(operand: FragmentOperand, count: int, scope: Scope) -> list[str]:
    scope.layout(operand.name, "operand")
    name, width = scope.fragment(operand.name), OPERAND_REGISTERS
    return [
        ", ".join(f"{name}[{width * k + r}]" for r in range(width)) for k in range(count)
    ]  # fmt: skip


def _are_many(scope: Scope) -> bool:
    """Whether the compiler should not know of descriptors that they are always the same.

    It would keep each of them in registers over the whole loop, two of each thread.
    """
    products = [step for step in scope.role.steady if isinstance(step, Product)]
    operands = [o for p in products for o in (p.left, p.right) if isinstance(o, SharedOperand)]
    same = [o for o in operands if scope.program.ring(o.ring).depth == 1]
    return len(same) > MOST_KEPT


def print_wait_products(step: WaitProducts, scope: Scope) -> list[str]:
    """The wait, then pins: the compiler takes results for ready when their product is issued."""
    return [f"wgmma_wait<{step.pending}>();", *_pins(step.settled, scope)]


def print_pin(step: Pin, scope: Scope) -> list[str]:
    """Pins keep the compiler from moving elementwise work behind products that follow it."""
    return _pins(step.fragments, scope)


def print_demand(step: Demand, scope: Scope) -> list[str]:
    """A branch that is never taken, to where the registers are stored: so they are needed here."""
    if scope.place.section != "loop":
        return []
    fragments = [scope.layout(name, "matrix", "operand", "rows") for name in step.fragments]
    return [f"demand<{registers_of(f)}>({scope.fragment(f.name)}, trips);" for f in fragments]


def print_anchor(step: Anchor, scope: Scope) -> list[str]:
    """Adds a zero that only memory knows, since ptxas moves no load above a barrier.

    Pins do not bind ptxas: without this it does the work of a chain before the wait above it, when
    its registers are not free yet.
    """
    fragments = [scope.layout(name, "rows", "scalar") for name in step.fragments]
    names = [scope.fragment(fragment.name) for fragment in fragments]
    if scope.by_row:
        return by_row_anchor(names)
    numbers = [f"{n} += nothing;" for n, f in zip(names, fragments, strict=True) if f.rows == 0]
    added = [f"{n}[r] += nothing;" for n, f in zip(names, fragments, strict=True) if f.rows]
    load = f"const float nothing = load_zero({scope.names.of('barrier', 'zero')});"
    return block("", [load, *numbers, *(unrolled("r", 2, added) if added else [])])


def _pins(names: Iterable[str], scope: Scope) -> list[str]:
    fragments = [scope.layout(name, "matrix", "operand") for name in names]
    return [f"{pin_name(f)}({scope.fragment(f.name)});" for f in fragments]


def print_boundary(step: Boundary, scope: Scope) -> list[str]:
    """A wait that is always over: ptxas lifts no wgmma wait above the loop in it."""
    if scope.program.tensors:
        return [f"tensor_boundary({scope.names.of('barrier', 'tensors_slot')});"]
    return [f"mbar_wait({scope.names.of('barrier', '')}, {open_place(scope.program)[1]});"]
