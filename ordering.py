"""Whether work stands in machine code where a warp program has it: promise and finding, compared.

The events of each role in their order, and the work between them. Of wgmma also what runs while
each product is in flight.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

from .emitter import tensor_order, wgmma_order
from .emitter.expected_event import Expected
from .emitter.overlap import COUNTED, product_shapes, promises
from .event_order import Overlap, compare, joined_memory
from .models.errors import ProgramViolation
from .models.warp_program import WarpProgram
from .runtime.sass import SassFunction, disassemble
from .runtime.sass_batches import with_batches
from .runtime.sass_events import TENSOR_MEMORY, WGMMA, Event, find_events
from .runtime.sass_loops import Loop, main_loops
from .runtime.sass_order import PRODUCTS, Flight, wait_regions


def find_overlaps(program: WarpProgram, cubin: bytes) -> tuple[Overlap, ...]:
    """Promise and machine code side by side, for every role with a steady state that has any.

    ProgramViolation where the loops of the machine code are not those of the roles.
    """
    function = disassemble(cubin)[program.kernel]
    return (*_in_flight(program, function), *_in_order(program, function))


# ---- what is in flight


def _in_flight(program: WarpProgram, function: SassFunction) -> Iterator[Overlap]:
    """Products of wgmma are awaited by who issued them; those with Tensor Memory are left out."""
    bodies = list(main_loops(function, *PRODUCTS))
    roles = [role for role in program.roles if promises(role)]
    if len(bodies) != len(roles):
        raise ProgramViolation(
            (f"{len(roles)} steady states with products, {len(bodies)} loops in machine code",)
        )
    for role in roles:
        # The assembler places loops as it likes: those that multiply alike keep their order.
        body = next((b for b in bodies if shapes_of(b) == product_shapes(role)), bodies[0])
        bodies.remove(body)
        flights = wait_regions(body.instructions, COUNTED, repeats=True)
        if len(flights) != len(promises(role)):  # serialized, as an advisory says
            flights = tuple(Flight(0, None, {}) for _ in promises(role))
        for promise, flight in zip(promises(role), flights, strict=True):
            yield Overlap(role.name, promise.operation, promise.counts, flight.counts)


def shapes_of(body: Loop) -> tuple[str, ...]:
    """The shape of each wgmma of a loop, such as 64x128x16, in the order of addresses."""
    return tuple(i.opcode.split(".")[1] for i in body.instructions if any(map(i.matches, PRODUCTS)))


# ---- what stands in order


def _in_order(program: WarpProgram, function: SassFunction) -> Iterator[Overlap]:
    wanted, bodies = expected_of(program), found_in(program, function)
    if len(bodies) != len(wanted):
        raise ProgramViolation(
            (f"{len(wanted)} roles with a steady state, {len(bodies)} loops in machine code",)
        )
    for role, expected in wanted.items():
        # The assembler places loops as it likes.
        body = min(bodies, key=partial(_distance, expected))
        bodies.remove(body)
        yield from compare(role, expected, body)


def expected_of(program: WarpProgram) -> dict[str, Sequence[Expected]]:
    """The events of each role with a steady state, by name."""
    roles = [role for role in program.roles if role.steady]
    if program.tensors:
        return {role.name: tensor_order.expected_events(program, role) for role in roles}
    events = {role.name: wgmma_order.expected_events(program, role) for role in roles}
    return {name: joined_memory(found) for name, found in events.items()}


def found_in(program: WarpProgram, function: SassFunction) -> list[Sequence[Event]]:
    """The events of each loop of the machine code that is a steady state."""
    if program.tensors:
        return [find_events(function, loop) for loop in main_loops(function, *TENSOR_MEMORY)]
    found = [find_events(function, loop) for loop in main_loops(function, *WGMMA)]
    return [joined_memory(with_batches(events)) for events in found]


def _distance(expected: Sequence[Expected], found: Sequence[Event]) -> int:
    one = Counter((e.name, e.place) for e in expected)
    other = Counter((e.name, e.place) for e in found)
    return ((one - other) + (other - one)).total()
