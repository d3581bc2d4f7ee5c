"""Vectors between global memory and registers, element by element, within their bounds."""

from __future__ import annotations

from ...models.kernel import ElementType
from ...models.shared_step import CopyElement
from ...models.warp_program import Fragment
from ...models.warp_step import LoadVector, StoreRows
from . import stripes
from .arguments import ZERO, extent_of, inside, rows_before, widened
from .expressions import Element, element_of, text_of
from .fragments import element_type, registers_of
from .indices import atom
from .scope import Scope
from .text import block, guarded, unrolled
from .vector_pairs import loads_pairs

Vector = LoadVector | StoreRows | CopyElement
_STORED: dict[ElementType, str] = {
    "f32": "float", "i32": "int", "bf16": "u16", "fp16": "u16", "fp8e4m3": "u8", "bool": "u8",
}  # fmt: skip


def pointer_type(dtype: ElementType) -> str:
    """The type of an element in global memory."""
    return _STORED[dtype]


def print_load_vector(step: LoadVector, scope: Scope) -> list[str]:
    """A load for each register, 0 where the element lies outside."""
    target, name = (
        scope.layout(step.target, "columns", "rows", "scalar"),
        scope.fragment(step.target),
    )
    if loads_pairs(step, target, scope):
        return _pairs(step, target, scope)
    dtype, pointer = scope.tensor(step.argument).dtype, scope.names.of("argument", step.argument)
    variable = {"columns": "j", "rows": "" if scope.by_row else "r"}.get(target.layout, "")
    loaded = widened(f"{pointer}[{_base(step, scope)}at]", dtype)
    zero = ZERO[element_type(target.dtype)]
    register = f"{name}[{variable}]" if variable else name
    layout = target.layout
    assert layout in ("columns", "rows", "scalar")
    element = element_of(layout, variable, row_threads=scope.row_threads)
    lines = [
        f"const int at = {_place(step, element, scope)};",
        f"{register} = {_inside(step, scope)} ? {loaded} : {zero};",
    ]
    return unrolled(variable, registers_of(target), lines) if variable else block("", lines)


def _pairs(step: LoadVector, target: Fragment, scope: Scope) -> list[str]:
    """A load for each two registers."""
    dtype, pointer = scope.tensor(step.argument).dtype, scope.names.of("argument", step.argument)
    name = scope.fragment(step.target)
    # the column of the first of the two
    pair = Element(across=stripes.column("j", scope.row_threads) if scope.by_row else "4 * j")
    load = f"load_pair_{dtype}({pointer} + {_base(step, scope)}at, {name}[j], {name}[j + 1]);"
    lines = [
        f"const int at = {_place(step, pair, scope)};",
        f"{name}[j] = {name}[j + 1] = 0.0f;",
        f"if ({_inside(step, scope)}) {load}",
    ]
    return unrolled("j", registers_of(target), lines, step=2)


def print_store_rows(step: StoreRows, scope: Scope) -> list[str]:
    """One lane of each quad stores the two rows that the quad shares."""
    dtype, pointer = scope.tensor(step.argument).dtype, scope.names.of("argument", step.argument)
    element = element_of("rows", "r", row_threads=scope.row_threads)
    value = _narrowed(text_of(step.value, element, scope, element_type(dtype)), dtype)
    lines = [
        f"const int at = {_place(step, element, scope)};",
        f"if ({_inside(step, scope)}) {pointer}[{_base(step, scope)}at] = {value};",
    ]
    if scope.by_row:
        return block(stripes.one_of_row(scope.row_threads), lines)
    return guarded("(lane & 3) == 0", unrolled("r", 2, lines))


def print_copy_element(step: CopyElement, scope: Scope) -> list[str]:
    """4 bytes, or zeros; it counts as an arrival when they have landed."""
    pointer = scope.names.of("argument", step.argument)
    target, bar = (
        scope.address(step.buffer, scope.slot(step.ring, filled=True)),
        scope.barrier("full", step.ring, filled=True),
    )
    source = f"{pointer} + ({_base(step, scope)}at)"
    lines = [
        f"const int at = {_place(step, Element(), scope)};",
        f"copy_element({target}, {source}, {_inside(step, scope)}, {bar});",
    ]
    return guarded(scope.leader, lines) if scope.leader else block("", lines)


def _place(step: Vector, element: Element, scope: Scope) -> str:
    """The element of the last dimension."""
    start = (scope.index(step.index[-1]) * step.extent).plus(step.first)
    for lane, further in (("lane_row", element.down), ("lane_column", element.across)):
        if further:
            start = start + atom(lane) + atom(further)
    return start.text


def _base(step: Vector, scope: Scope) -> str:
    """Where the row of the leading indices begins, in 64 bits; empty for a plain vector."""
    total = rows_before(step.index[:-1], scope.tensor(step.argument).shape[1:], scope)
    return f"{total} + " if total else ""


def _inside(step: Vector, scope: Scope) -> str:
    """The condition of lying inside the argument, without what is sure."""
    shape = scope.tensor(step.argument).shape
    found = inside(step.index[:-1], shape[:-1], scope)
    if not scope.is_natural(step.index[-1]):
        found.append("at >= 0")
    return " && ".join([*found, f"at < {extent_of(shape[-1], scope).text}"])


def _narrowed(text: str, dtype: ElementType) -> str:
    if dtype in ("f32", "i32", "bool"):
        return text
    return f"({_STORED[dtype]})pack_{dtype}({text}, 0.0f)"
