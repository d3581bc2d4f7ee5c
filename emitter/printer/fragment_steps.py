"""Steps on fragments: assignments and reductions over columns, element by element."""

from __future__ import annotations

from ...models.kernel import ElementType
from ...models.quad_step import SumQuads
from ...models.warp_expression import Expression, FragmentElement, Rounded
from ...models.warp_step import Assign, ReduceColumns
from . import stripes
from .expressions import Element, element_of, matrix_element, text_of, value_of
from .fragments import element_type, registers_of
from .scope import Scope
from .text import block, unrolled
from .values import MULTIPLIED, as_type


def print_assign(step: Assign, scope: Scope) -> list[str]:
    """One loop over the registers of the target."""
    target, name = scope.layout(step.target), scope.fragment(step.target)
    if target.layout == "operand":
        lines = [
            f"{name}[i >> 1] = {packed_pair(step.value, target.dtype, ('i', 'i + 1'), scope)};"
        ]
        return unrolled("i", 2 * registers_of(target), lines, step=2)
    type_name = element_type(target.dtype)
    if target.layout == "scalar":
        return [f"{name} = {text_of(step.value, Element(), scope, type_name)};"]
    if target.layout == "rows" and scope.by_row:
        element = element_of("rows", "", row_threads=scope.row_threads)
        value = text_of(step.value, element, scope, type_name)
        return [f"{name} = {value};"]
    variable = {"matrix": "i", "rows": "r", "columns": "j", "lanes": "e"}[target.layout]
    each, row_threads = registers_of(target), scope.row_threads
    element = element_of(target.layout, variable, each, row_threads=row_threads)
    value = text_of(step.value, element, scope, type_name)
    return unrolled(variable, registers_of(target), [f"{name}[{variable}] = {value};"])


def packed_pair(value: Expression, dtype: ElementType, items: tuple[str, str], scope: Scope) -> str:
    """Two neighbours in a row, rounded and packed."""
    while isinstance(value, Rounded) and value.dtype == dtype:
        value = value.operand  # packing rounds
    if isinstance(value, FragmentElement):
        held = scope.role.fragment(value.name)
        if held.layout == "operand" and held.dtype == dtype:
            return f"{scope.fragment(value.name)}[({items[0]}) >> 1]"
    if (words := stripes.packed_word(value, dtype, items[0], scope)) is not None:
        return words
    elements = [matrix_element(item, scope.row_threads) for item in items]
    pair = [text_of(value, element, scope, "float") for element in elements]
    return f"pack_{dtype}({', '.join(pair)})"


def print_reduce_columns(step: ReduceColumns, scope: Scope) -> list[str]:
    """Four partial results in each thread, two for a row, then across the lanes of the row.

    Four, since the results of one chain of additions come no faster than its latency.
    """
    target, name = scope.layout(step.target, "rows"), scope.fragment(step.target)
    type_name = element_type(target.dtype)
    element = matrix_element("i", scope.row_threads)
    value = as_type(value_of(step.value, element, scope), type_name)
    joined = _joined(step, "part[i & 3]", value.within(MULTIPLIED), type_name)
    first = f"i < 4 ? {value.text} : {joined}"
    if scope.by_row:
        pairs = [_joined(step, f"part[{r}]", f"part[{r + 2}]", type_name) for r in (0, 1)]
        joined = _joined(step, pairs[0], pairs[1], type_name)
        whole = f"{name} = {stripes.over_row(step.primitive, joined, scope.row_threads)};"
        each = step.columns // scope.row_threads
        lines = unrolled("i", each, [f"part[i & 3] = {first};"])
        return block("", [f"{type_name} part[4];", *lines, whole])
    result = _joined(step, "part[2 * r]", "part[2 * r + 1]", type_name)
    if not step.partial:
        result = f"quad_{step.primitive}({result})"
    return block(
        "",
        [
            f"{type_name} part[4];",
            *unrolled("i", step.columns // 2, [f"part[i & 3] = {first};"]),
            *unrolled("r", 2, [f"{name}[r] = {result};"]),
        ],
    )


def print_sum_quads(step: SumQuads, scope: Scope) -> list[str]:
    """Across the lanes of each row."""
    name = scope.fragment(scope.layout(step.target, "rows").name)
    return unrolled("r", 2, [f"{name}[r] = quad_sum({name}[r]);"])


def _joined(step: ReduceColumns, left: str, right: str, type_name: str) -> str:
    if step.primitive == "sum":
        return f"{left} + {right}"
    function = f"f{step.primitive}f" if type_name == "float" else step.primitive
    return f"{function}({left}, {right})"
