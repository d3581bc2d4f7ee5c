"""Elementwise work of a thread that has a row or a part of one, in instructions sure to be there.

The least that an expression takes: the compiler makes one instruction of a product and a sum, and
folds signs. What a thread does once for its row is left out; ptxas puts that where it likes.
"""

from __future__ import annotations

from ..models.kernel import FLOAT_TYPES
from ..models.warp_expression import (
    Apply,
    Expression,
    FragmentElement,
    NumberValue,
    Rounded,
    StoredElement,
)
from ..models.warp_program import Role
from ..models.warp_step import Assign, ReduceColumns, Stage
from .overlap import special_functions

ARITHMETIC = ("add", "subtract", "multiply", "divide")
MINMAX = ("max", "min")
_FOLDED = (0, 1, -1)  # operands that may leave nothing of a sum or a product
_PACKED = ("bf16", "fp16")
_MATRIX = ("matrix", "operand")


def work_of(
    role: Role, step: Assign | ReduceColumns | Stage, known: frozenset[Expression] = frozenset()
) -> dict[str, int]:
    """Instructions by opcode: special functions, F2FP, FMNMX, and FFMA for all sums and products.

    Of instructions that do two operations, each is one. What is `known`, as an earlier step has
    computed it, takes none.
    """
    counts = {opcode: n for opcode, n in special_functions(role, step).items() if n}
    columns = _columns(role, step)
    if columns and sums_and_products(role, step.value) - known:
        counts["FFMA"] = columns
    if isinstance(step, ReduceColumns):
        opcode = "FMNMX" if step.primitive in MINMAX else "FFMA"
        if role.fragment(step.target).dtype == "f32":
            counts[opcode] = max(counts.get(opcode, 0), columns - 1)
    elif columns and _packs(role, step):
        counts["F2FP"] = columns // 2
    return counts


def _columns(role: Role, step: Assign | ReduceColumns | Stage) -> int:
    """Of the elements of one thread."""
    if not isinstance(step, Assign):
        return step.columns // role.row_threads
    fragment = role.fragment(step.target)
    return fragment.columns // role.row_threads if fragment.layout in _MATRIX else 0


def _packs(role: Role, step: Assign | Stage) -> bool:
    """Whether pairs of numbers become pairs of 16 bits, and are not there already."""
    value, is_packed = step.value, isinstance(step, Assign) and _is_packed(role, step.target)
    if isinstance(value, Rounded) and isinstance(step, Stage):
        is_packed = value.dtype in _PACKED
    while isinstance(value, Rounded):
        value = value.operand
    if isinstance(value, StoredElement):
        return False  # by stripes, what is stored as 16 bits is read so
    held = role.fragment(value.name) if isinstance(value, FragmentElement) else None
    made = held is None or held.layout != "operand"
    return is_packed and made


def _is_packed(role: Role, name: str) -> bool:
    target = role.fragment(name)
    return target.layout == "operand" and target.dtype in _PACKED


def sums_and_products(role: Role, expression: Expression) -> frozenset[Expression]:
    """The parts of an expression that are sums or products of floats, one for each column."""
    if isinstance(expression, Rounded):
        return sums_and_products(role, expression.operand)
    if not isinstance(expression, Apply):
        return frozenset()
    numbers = [o.value for o in expression.operands if isinstance(o, NumberValue)]
    folded = any(number in _FOLDED for number in numbers)
    if expression.primitive in ARITHMETIC and not folded and _varies(role, expression):
        return frozenset({expression})
    return frozenset[Expression]().union(
        *(sums_and_products(role, operand) for operand in expression.operands)
    )


def _varies(role: Role, expression: Expression) -> bool:
    """Whether it is another number in each column."""
    if isinstance(expression, Rounded):
        return _varies(role, expression.operand)
    if isinstance(expression, Apply):
        return any(_varies(role, operand) for operand in expression.operands)
    if isinstance(expression, StoredElement):
        return expression.across == "column"
    if not isinstance(expression, FragmentElement):
        return False
    fragment = role.fragment(expression.name)
    return fragment.layout in _MATRIX and fragment.dtype in FLOAT_TYPES
