"""What an operation costs on a GPU: latency, issue cycles and reservations, kept apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from ..models.dependence_graph import GraphOperation, MatrixWork, TransferWork, VectorWork
from ..models.errors import InvalidKernel
from ..models.kernel import ELEMENT_BYTES
from ..models.problem import Reservation
from ..models.profile import GpuProfile

PORT = "shared_port"


@dataclass(frozen=True, slots=True)
class Price:
    """Cycles of one operation. `held_cycles` is how long its main unit is held."""

    latency_cycles: int
    issue_cycles: int
    held_cycles: int
    reservations: tuple[Reservation, ...]


def ceiling(value: Fraction | int) -> int:
    """The least integer not below the value."""
    return -(-Fraction(value).numerator // Fraction(value).denominator)


def price(operation: GraphOperation, profile: GpuProfile) -> Price:
    """The price of an operation; InvalidKernel if the tensor core has no such shape."""
    work = operation.work
    if isinstance(work, MatrixWork):
        return _matrix(operation, work, profile)
    if isinstance(work, VectorWork):
        return _vector(work, profile)
    return _transfer(operation, work, profile)


def instruction_rows(work: MatrixWork, profile: GpuProfile) -> int:
    """M of the instructions of a product: the largest legal one that divides its rows."""
    legal = profile.tensor_core.shapes[work.dtype].rows
    fitting = [rows for rows in legal if work.rows % rows == 0]
    return max(fitting) if fitting else 0


def _matrix(operation: GraphOperation, work: MatrixWork, profile: GpuProfile) -> Price:
    core = profile.tensor_core
    _check_shape(operation, work, profile)
    rows = instruction_rows(work, profile)
    rate = core.multiply_adds[work.dtype][f"M{rows}"].exact
    held = ceiling(work.rows * work.columns * work.depth / rate)
    shape = core.shapes[work.dtype]
    passes = work.rows // rows
    count = passes * -(-work.columns // shape.most_columns) * (work.depth // shape.depth)
    element = ELEMENT_BYTES[work.dtype]
    read = passes * work.columns * work.depth * element
    if work.left_from == "shared":
        read += work.rows * work.depth * element * -(-work.columns // shape.most_columns)
    port = _port(read, held, profile)
    issue = core.issue.exact + core.issue_per_instruction.exact * count + core.order_token.exact
    return Price(
        latency_cycles=held + core.latency.whole,
        issue_cycles=ceiling(issue),
        held_cycles=held,
        reservations=(Reservation(unit="tensor_core", cycles=held), port),
    )


def _port(bytes_moved: int, cycles: int, profile: GpuProfile) -> Reservation:
    capacity = profile.units[PORT].capacity.whole
    quantity = min(capacity, -(-bytes_moved // cycles))
    return Reservation(unit=PORT, quantity=quantity, cycles=cycles)


def _check_shape(operation: GraphOperation, work: MatrixWork, profile: GpuProfile) -> None:
    shape = profile.tensor_core.shapes.get(work.dtype)
    text = f"{work.rows}x{work.columns}x{work.depth} {work.dtype}"
    if shape is None:
        legal = ", ".join(profile.tensor_core.shapes)
        raise InvalidKernel(
            f"{operation.name}: {profile.profile} multiplies no {work.dtype}",
            line=operation.line, cure=f"convert the operands to one of {legal}",
        )  # fmt: skip
    if (
        not instruction_rows(work, profile)
        or work.columns % shape.column_step
        or work.depth % shape.depth
    ):
        rows = " or ".join(map(str, shape.rows))
        raise InvalidKernel(
            f"{operation.name}: {text} is not a legal matrix shape on {profile.target}",
            line=operation.line,
            cure=f"make M a multiple of {rows}, N of {shape.column_step} and K of {shape.depth}",
        )


def _transfer(operation: GraphOperation, work: TransferWork, profile: GpuProfile) -> Price:
    transfers = profile.transfers
    link = ceiling(work.bytes / transfers.link.exact)
    reservations = [Reservation(unit="tma", cycles=link)]
    if work.streamed:
        reservations.append(
            Reservation(unit="dram", cycles=ceiling(work.bytes / transfers.dram.exact))
        )
    first = transfers.load_latency if operation.kind == "load" else transfers.store_latency
    held = max(block.cycles for block in reservations)
    return Price(
        latency_cycles=first.whole + held, issue_cycles=transfers.issue.whole, held_cycles=held,
        reservations=tuple(reservations),
    )  # fmt: skip


def _vector(work: VectorWork, profile: GpuProfile) -> Price:
    loads = _unit_loads(work, profile)
    rates = {unit: _rate(unit, profile) for unit in loads}
    columns = _tensor_memory_cycles(work, profile)
    cycles = max(1, columns, *(ceiling(loads[unit] / rates[unit]) for unit in loads))
    reservations = [
        Reservation(unit=unit, quantity=ceiling(amount / cycles), cycles=cycles)
        for unit, amount in sorted(loads.items())
        if not _slips(unit, amount / cycles, profile)
    ]
    latency = profile.vector.latency.whole
    if columns and profile.tensor_memory is not None:
        reservations.append(Reservation(unit="tensor_memory_port", cycles=columns))
        latency += profile.tensor_memory.load_latency.whole if work.loaded_elements else 0
        latency += profile.tensor_memory.store_latency.whole if work.stored_words else 0
    return Price(cycles + latency, cycles, cycles, tuple(reservations))


def _rate(unit: str, profile: GpuProfile) -> Fraction:
    """What one chain takes of a unit in a cycle."""
    vector = profile.vector
    full = profile.units[unit].capacity.exact
    if unit in vector.exclusive:
        return full
    return full * (vector.port_share if unit == PORT else vector.sustained_share).exact


def _slips(unit: str, quantity: Fraction, profile: GpuProfile) -> bool:
    """Whether so little of the port is needed that the operands of products leave room for it."""
    least = profile.units[unit].capacity.exact * profile.vector.least_port_share.exact
    return unit == PORT and quantity <= least


def _unit_loads(work: VectorWork, profile: GpuProfile) -> Mapping[str, Fraction]:
    """Thread instructions (bytes, for the port) that a chain asks of each unit.

    Every instruction takes an issue slot.
    """
    loads: dict[str, Fraction] = {}
    issued = Fraction(work.shuffles)
    for name, elements in work.instructions.items():
        cost = profile.vector.instructions[name]
        for unit, per_element in ((cost.unit, cost.per_element), *cost.extra.items()):
            amount = elements * per_element.exact
            loads[unit] = loads.get(unit, Fraction(0)) + amount
            issued += amount
    if work.shuffles:
        loads["shuffle"] = Fraction(work.shuffles)
    if work.shared_bytes:
        loads[PORT] = Fraction(work.shared_bytes)
        issued += Fraction(work.shared_bytes, 16)  # 16 bytes per thread instruction
    loads["issue"] = issued
    return {unit: amount for unit, amount in loads.items() if amount}


def _tensor_memory_cycles(work: VectorWork, profile: GpuProfile) -> int:
    memory = profile.tensor_memory
    if memory is None:
        return 0
    return ceiling(work.loaded_elements / memory.load_rate.exact) + ceiling(
        work.stored_words / memory.store_rate.exact
    )
