"""Steps across rows and lanes: reductions and running sums that leave the quad."""

from __future__ import annotations

from ...models.shared_step import ReduceLanes, ReduceRows, ScanLanes, ScanRows, StageLastRows
from ...models.warp_expression import Expression
from .expressions import Element, lane_element, matrix_element, text_of, value_of
from .fragments import element_type
from .indices import Sum
from .scope import Scope
from .text import block, guarded, unrolled
from .values import MULTIPLIED, TERNARY, as_type

LANES = 32
ITEM = "4 * (j >> 1) + (j & 1)"
"""The element of a matrix fragment in the first of a thread's two rows and its column j."""


def _pair(value: Expression, scope: Scope, item: str = "i") -> tuple[str, str]:
    """The values in the two rows of a column; `item` is the element in the first."""
    below = {"i": "i + 2", "i + 1": "i + 3"}[item]
    upper, lower = (text_of(value, matrix_element(one), scope, "float") for one in (item, below))
    return upper, lower


def _row_of_warp(buffer: str, scope: Scope) -> tuple[str, str]:
    """The declaration of a warp's row of a buffer, and the address of columns j and j + 1."""
    columns = scope.program.buffer(buffer).columns
    first = f"{scope.address(buffer, Sum())} + 4 * ({columns} * (warp & 3) + lane_column)"
    # What the compiler does not know, it cannot keep for all columns over the whole loop.
    return f"const u32 own = unknown({first});", "own + 16 * j"


def print_reduce_rows(step: ReduceRows, scope: Scope) -> list[str]:
    """Two rows in each thread, then over the 8 lanes of a column; one of them writes."""
    declared, place = _row_of_warp(step.buffer, scope)
    totals = [
        f"column_{step.primitive}({', '.join(_pair(step.value, scope, item))})"
        for item in ("i", "i + 1")
    ]
    lines = [
        "const int i = 2 * j;",
        f"const float first = {totals[0]}, second = {totals[1]};",
        *guarded("lane < 4", [f"store_pair_f32({place}, first, second);"]),
    ]
    return block("", [declared, *unrolled("j", step.columns // 4, lines, step=2)])


def print_scan_rows(step: ScanRows, scope: Scope) -> list[str]:
    """Over the 8 lanes of a column for either row, then what the upper rows come to."""
    upper, lower = _pair(step.value, scope)
    name = scope.fragment(scope.layout(step.target, "matrix").name)
    lines = [
        f"const int i = {ITEM};",
        f"{name}[i] = column_running({upper});",
        f"{name}[i + 2] = column_running({lower}) + column_last({name}[i]);",
    ]
    return unrolled("j", step.columns // 4, lines)


def print_stage_last_rows(step: StageLastRows, scope: Scope) -> list[str]:
    """The last four lanes hold the last row of a warp."""
    declared, place = _row_of_warp(step.buffer, scope)
    first, second = (
        text_of(step.value, matrix_element(item), scope, "float") for item in ("i + 2", "i + 3")
    )
    lines = ["const int i = 2 * j;", f"store_pair_f32({place}, {first}, {second});"]
    last = [declared, *unrolled("j", step.columns // 4, lines, step=2)]
    return guarded("lane >= 28", last)


def print_reduce_lanes(step: ReduceLanes, scope: Scope) -> list[str]:
    """Each lane its own elements, then over the warp."""
    target, name = scope.layout(step.target, "scalar"), scope.fragment(step.target)
    type_name, each = element_type(target.dtype), step.extent // LANES
    value = _lane_value(step.value, lane_element("e", each), scope, type_name)
    joined = "own + next" if step.primitive == "sum" else _join(step.primitive, type_name)
    lines = [
        f"{type_name} own;",
        *unrolled(
            "e", each,
            [f"const {type_name} next = {value};", f"own = e ? {joined} : next;"],
        ),
        f"{name} = warp_{step.primitive}(own);",
    ]  # fmt: skip
    return block("", lines)


def print_scan_lanes(step: ScanLanes, scope: Scope) -> list[str]:
    """Each lane its own elements, then what the lanes before it come to."""
    target, name = scope.layout(step.target, "lanes"), scope.fragment(step.target)
    type_name, each = element_type(target.dtype), step.extent // LANES
    value, added = (
        _lane_value(step.value, lane_element("e", each), scope, type_name, binding)
        for binding in (TERNARY, MULTIPLIED)
    )
    lines = [
        f"{type_name} own;",
        *unrolled("e", each, [f"{name}[e] = own = e ? own + {added} : {value};"]),
        f"const {type_name} before = lanes_before(own);",
        *unrolled("e", each, [f"{name}[e] += before;"]),
    ]
    return block("", lines)


def _lane_value(
    value: Expression, element: Element, scope: Scope, type_name: str, binding: int = TERNARY
) -> str:
    return as_type(value_of(value, element, scope), type_name).within(binding)


def _join(primitive: str, type_name: str) -> str:
    return f"{'f' if type_name == 'float' else ''}{primitive}" + (
        "f(own, next)" if type_name == "float" else "(own, next)"
    )
