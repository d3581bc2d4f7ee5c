"""What one iteration of a loop gets done, by which shapes of its tiles are compared."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from ..models.problem import SchedulingProblem
from ..models.shape import WorkUnit
from ..models.tile_operation import (
    CarriedOperand,
    LoopResultOperand,
    Operand,
    Operation,
    TileType,
    ValueOperand,
)
from ..models.tile_program import Loop, TileProgram


def useful_work(program: TileProgram, loop: Loop) -> tuple[int, WorkUnit]:
    """Multiply-adds of the loop's products; without products, elements that it loads.

    A loop that loads nothing either counts the elements that it stores, at least 1. What hardware
    does beyond the program, such as padding of products, is not counted.
    """
    products = [operation for operation in loop.operations if operation.kind == "dot"]
    if products:
        made = {operation.name: operation for operation in program.operations()}
        return sum(_multiply_adds(program, made, p) for p in products), "multiply-adds"
    for kind in ("load", "store", "reduce_add"):
        moved = sum(_moved(operation) for operation in loop.operations if operation.kind == kind)
        if moved:
            return moved, "elements"
    return 1, "elements"


def loaded_bytes(problem: SchedulingProblem) -> int:
    """Bytes that one iteration loads: the ring slots that its loads fill, padding included."""
    return sum(b.size for b in problem.buffers if problem.operation(b.opener).variable_latency)


def _moved(operation: Operation) -> int:
    return prod(dimension.extent for dimension in operation.memory_access.tile)


def _multiply_adds(
    program: TileProgram, made: Mapping[str, Operation], operation: Operation
) -> int:
    """M * N of the result, times K, the columns of the left operand."""
    return operation.type.elements * _type(program, made, operation.operands[0]).shape[1]


def _type(program: TileProgram, made: Mapping[str, Operation], operand: Operand) -> TileType:
    if isinstance(operand, CarriedOperand | LoopResultOperand):
        return program.loop(operand.loop).carried_local(operand.local).type
    assert isinstance(operand, ValueOperand), "a product multiplies tiles"
    return made[operand.operation].type
