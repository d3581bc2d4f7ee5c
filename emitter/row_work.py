"""Elementwise work of a thread, in instructions that are sure to be there.

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
from ..models.warp_program import Role, WarpProgram
from ..models.warp_program_checks import GROUP_THREADS
from ..models.warp_step import Assign, ReduceColumns, Stage
from .overlap import COUNTED, special_functions, special_in
from .work import PRODUCT_ROWS

WORK = (*COUNTED, "F2FP", "FMNMX", "FFMA")
"""The kinds that are counted."""

ARITHMETIC = ("add", "subtract", "multiply", "divide")
MINMAX = ("max", "min")
_FOLDED = (0, 1, -1)  # operands that may leave nothing of a sum or a product
_PACKED = ("bf16", "fp16")
_MATRIX = ("matrix", "operand")
_ROWS = {"quads": PRODUCT_ROWS, "rows": GROUP_THREADS}  # of a role; by stripes it says how many


def work_of(
    role: Role, step: Assign | ReduceColumns | Stage, known: frozenset[Expression] = frozenset()
) -> dict[str, int]:
    """Instructions by opcode: special functions, F2FP, FMNMX, and FFMA for all sums and products.

    Of instructions that do two operations, each is one. What is `known`, as an earlier step has
    computed it, takes none.
    """
    counts = {opcode: n for opcode, n in special_functions(role, step).items() if n}
    elements = _elements(role, step)
    if elements and sums_and_products(role, step.value) - known:
        counts["FFMA"] = elements
    if isinstance(step, ReduceColumns):
        opcode = "FMNMX" if step.primitive in MINMAX else "FFMA"
        if role.fragment(step.target).dtype == "f32":
            counts[opcode] = max(counts.get(opcode, 0), elements - _results(role))
    elif elements and _packs(role, step):
        counts["F2FP"] = elements // 2
    return counts


def staged_work(
    program: WarpProgram, role: Role, step: Stage, known: frozenset[Expression] = frozenset()
) -> dict[str, int]:
    """The same of a tile that a role of 64 rows writes to shared memory."""
    elements = PRODUCT_ROWS * step.columns // GROUP_THREADS
    counts = {}
    if _varies(role, step.value):
        counts = {opcode: n * elements for opcode, n in special_in(step.value).items()}
    if sums_and_products(role, step.value) - known:
        counts["FFMA"] = elements
    if program.buffer(step.buffer).dtype in _PACKED and not _is_packed(role, step.value):
        counts["F2FP"] = elements // 2
    return counts


def _elements(role: Role, step: Assign | ReduceColumns | Stage) -> int:
    """Of a matrix, those of one thread."""
    if not isinstance(step, Assign):
        return _ROWS.get(role.spread, role.stripe_rows) * step.columns // GROUP_THREADS
    fragment = role.fragment(step.target)
    return fragment.rows * fragment.columns // GROUP_THREADS if fragment.layout in _MATRIX else 0


def _results(role: Role) -> int:
    """Rows of which each thread holds elements."""
    return 2 if role.spread == "quads" else 1


def _packs(role: Role, step: Assign | Stage) -> bool:
    """Whether pairs of numbers become pairs of 16 bits, and are not there already."""
    if isinstance(step, Stage):
        packed = isinstance(step.value, Rounded) and step.value.dtype in _PACKED
    else:
        target = role.fragment(step.target)
        packed = target.layout == "operand" and target.dtype in _PACKED
    return packed and not _is_packed(role, step.value)


def _is_packed(role: Role, value: Expression) -> bool:
    while isinstance(value, Rounded):
        value = value.operand
    if isinstance(value, StoredElement):
        return bool(role.stripe_rows)  # by stripes, what is stored as 16 bits is read so
    return isinstance(value, FragmentElement) and role.fragment(value.name).layout == "operand"


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
        return bool(role.stripe_rows) and expression.across == "column"
    if not isinstance(expression, FragmentElement):
        return False
    fragment = role.fragment(expression.name)
    return fragment.layout in _MATRIX and fragment.dtype in FLOAT_TYPES
