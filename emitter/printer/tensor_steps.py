"""Tensor Memory in C++: products by one thread, loads and stores by all, the fences between."""

from __future__ import annotations

from functools import partial

from ...models.product_operand import TensorOperand
from ...models.tensor_memory_checks import allocated_columns
from ...models.tensor_memory_step import (
    CommitProducts,
    CommitRelease,
    FreeTensors,
    LoadTensor,
    StoreTensor,
    TensorFence,
    TensorProduct,
    WaitTensorLoads,
    WaitTensorStores,
)
from ...models.warp_expression import FragmentElement
from ..descriptors import instruction_depth
from ..tensor_descriptors import encode_instruction, encode_shared, operand_columns
from .expressions import matrix_element, text_of
from .fragments import registers_of
from .indices import atom
from .operands import descriptors
from .scope import Scope, refuse
from .tensor_functions import move_name
from .text import block, guarded, unrolled
from .wgmma import pin_name


def print_tensor_product(step: TensorProduct, scope: Scope) -> list[str]:
    """The instructions along K; by one thread of the role."""
    count, rest = divmod(step.depth, instruction_depth(step.dtype))
    if rest:
        raise refuse(f"{step.tensor}: a product over {step.depth} elements")
    setup = [f"constexpr u32 instruction = {encode_instruction(step):#x};"]
    each = partial(descriptors, depth=step.depth, encode=encode_shared, scope=scope, setup=setup)
    if isinstance(step.left, TensorOperand):
        function, lefts = "tensor_product_by", _columns(step.left, step, count, scope)
    else:
        function, lefts = "tensor_product", each("left", step.left)
    rights = each("right", step.right)
    target = scope.names.of("tensor", step.tensor)
    calls = [
        f"{function}({target}, {left}, {right}, instruction, {int(step.accumulate or k > 0)});"
        for k, (left, right) in enumerate(zip(lefts, rights, strict=True))
    ]
    lines = [*setup, *calls]
    return guarded(scope.leader, lines) if scope.leader else block("", lines)


def _columns(operand: TensorOperand, step: TensorProduct, count: int, scope: Scope) -> list[str]:
    """The address of each instruction's part of a left operand in Tensor Memory."""
    start = atom(scope.names.of("tensor", operand.tensor))
    each = operand_columns(step.dtype, step.depth) // count
    return [start.plus(k * each).text for k in range(count)]


def print_commit_products(step: CommitProducts, scope: Scope) -> list[str]:
    """By the thread that issued the products."""
    return guarded(scope.leader, [f"tensor_commit({scope.names.of('signal', step.signal)});"])


def print_commit_release(step: CommitRelease, scope: Scope) -> list[str]:
    """The same at the empty barrier of a slot."""
    return guarded(scope.leader, [f"tensor_commit({scope.barrier('empty', step.ring, step.age)});"])


def print_tensor_fence(step: TensorFence, scope: Scope) -> list[str]:
    """By all threads."""
    return [f"tensor_fence_{step.side}();"]


def print_load_tensor(step: LoadTensor, scope: Scope) -> list[str]:
    """Each warp its 32 lanes; the registers are not there before the wait."""
    fragment, name = scope.layout(step.target, "matrix"), scope.fragment(step.target)
    function = move_name("load", "f32", fragment.columns)
    load = f"{function}({name}, {_address(step.tensor, step.first_column, scope)});"
    if step.otherwise is None:
        return [load]
    value = text_of(step.otherwise, matrix_element("i", scope.row_threads), scope, "float")
    filled = unrolled("i", registers_of(fragment), [f"{name}[i] = {value};"])
    return [*block("if (trips > 0)", [load])[:-1], *block("} else", filled)]


def print_wait_tensor_loads(step: WaitTensorLoads, scope: Scope) -> list[str]:
    """The wait, then pins: the compiler takes registers for loaded when their load is issued."""
    fragments = [scope.layout(name, "matrix") for name in step.settled]
    pins = [f"{pin_name(f)}({scope.fragment(f.name)});" for f in fragments]
    return ["tensor_wait_loads();", *pins]


def print_store_tensor(step: StoreTensor, scope: Scope) -> list[str]:
    """Registers as they are; packed ones take half as many columns.

    What is stored is joined with a zero of what has to come before it. ptxas would put sums off
    until the next iteration reads them, with all that they are summed from in registers.
    """
    if not isinstance(step.value, FragmentElement):
        raise refuse(f"{step.tensor}: only a fragment can be stored")
    fragment = scope.layout(step.value.name, "matrix", "operand")
    element = "b32" if fragment.layout == "operand" else "f32"
    function = move_name("store", element, registers_of(fragment))
    name = scope.fragment(fragment.name)
    rows = [scope.fragment(scope.layout(row, "rows").name) for row in step.after]
    joined = [f"{name}[0] = stored_after({name}[0], {row}, nothing);" for row in rows]
    return [*joined, f"{function}({_address(step.tensor, 0, scope)}, {name});"]


def print_wait_tensor_stores(step: WaitTensorStores, scope: Scope) -> list[str]:
    """Of all threads of the warp."""
    return ["tensor_wait_stores();"]


def by_row_anchor(rows: list[str]) -> list[str]:
    """A zero that only memory knows: the address of Tensor Memory is loaded once more."""
    load = "const u32 nothing = tensors_address(tensors_slot) >> 31;"
    return block("", [load, *(f"{row} = anchored({row}, nothing);" for row in rows)])


def print_free_tensors(step: FreeTensors, scope: Scope) -> list[str]:
    """By the warp that allocated."""
    columns = allocated_columns(scope.program)
    return [f"if (warp == {scope.role.first_warp}) tensors_free(tensors, {columns});"]


def _address(tensor: str, column: int, scope: Scope) -> str:
    return (atom(scope.names.of("tensor", tensor)) + atom("lanes")).plus(column).text
