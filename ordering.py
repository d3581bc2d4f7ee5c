"""Whether work stands in machine code where a warp program has it: promise and finding, compared.

The events of each role in their order, and the work between them. Of wgmma also what runs while
each product is in flight; of kernels without products, the work of a whole period.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .emitter import tensor_order, wgmma_order
from .emitter.elementwise_order import elementwise_events, work_of_period
from .emitter.expected_event import Expected
from .emitter.overlap import COUNTED, promises
from .event_order import Overlap, compare, joined_memory
from .models.warp_program import Role, WarpProgram
from .runtime.sass import SassFunction, disassemble
from .runtime.sass_batches import with_batches
from .runtime.sass_converged import converged
from .runtime.sass_events import (
    ELEMENTWISE,
    TENSOR_MEMORY,
    WGMMA,
    Event,
    find_events,
    sums,
)
from .runtime.sass_loops import Loop, main_loops
from .runtime.sass_order import Flight, wait_regions

PERIOD = "a period"  # in place of an operation: all of them


def find_overlaps(program: WarpProgram, cubin: bytes) -> tuple[Overlap, ...]:
    """Promise and machine code side by side, for every role with a steady state that has any.

    One fault alone where the loops of the machine code are not those of the roles.
    """
    function = disassemble(cubin)[program.kernel]
    if _is_elementwise(program):
        function = converged(function)
    loops = main_loops(function, *_opcodes(program))
    roles = [role for role in program.roles if role.steady]
    if len(loops) != len(roles):
        return (_other_loops(len(roles), len(loops)),)
    bodies = _bodies(program, function, loops, roles)
    in_flight = [overlap for body in bodies for overlap in _in_flight(body.role, body.loop)]
    in_order = [o for b in bodies for o in compare(b.role.name, b.expected, b.found)]
    whole = [o for b in bodies if _is_elementwise(program) for o in _whole_work(b.role, b.found)]
    return (*in_flight, *in_order, *whole)


@dataclass(frozen=True, slots=True)
class _Body:
    """A steady state in the warp program and in machine code."""

    role: Role
    loop: Loop
    expected: Sequence[Expected]
    found: Sequence[Event]


def _other_loops(roles: int, loops: int) -> Overlap:
    sentence = f"{roles} roles with a steady state, {loops} loops in machine code"
    counts = {"loops": roles}, {"loops": loops}
    return Overlap("all roles", PERIOD, *counts, (sentence,), in_flight=False)


def _bodies(
    program: WarpProgram, function: SassFunction, loops: Sequence[Loop], roles: Sequence[Role]
) -> list[_Body]:
    left = [(loop, _found(program, function, loop)) for loop in loops]
    bodies = []
    for role in roles:
        # The assembler places loops as it likes.
        expected = _expected(program, role)
        own = min(left, key=lambda one: _distance(expected, one[1]))
        left.remove(own)
        bodies.append(_Body(role, own[0], expected, own[1]))
    return bodies


def _is_elementwise(program: WarpProgram) -> bool:
    return any(role.stripe_rows for role in program.roles)


def _opcodes(program: WarpProgram) -> Sequence[str]:
    if _is_elementwise(program):
        return ELEMENTWISE
    return TENSOR_MEMORY if program.tensors else WGMMA


def _expected(program: WarpProgram, role: Role) -> Sequence[Expected]:
    if _is_elementwise(program):
        return elementwise_events(program, role)
    if program.tensors:
        return tensor_order.expected_events(program, role)
    return joined_memory(wgmma_order.expected_events(program, role))


def _found(program: WarpProgram, function: SassFunction, loop: Loop) -> Sequence[Event]:
    if _is_elementwise(program):
        return find_events(function, loop, elementwise=True)
    events = find_events(function, loop)
    return events if program.tensors else joined_memory(with_batches(events))


def _distance(expected: Sequence[Expected], found: Sequence[Event]) -> int:
    one = Counter((e.name, e.place) for e in expected)
    other = Counter((e.name, e.place) for e in found)
    return ((one - other) + (other - one)).total()


def _in_flight(role: Role, loop: Loop) -> Iterator[Overlap]:
    """Products of wgmma are awaited by who issued them; those with Tensor Memory are left out."""
    flights = wait_regions(loop.instructions, COUNTED, repeats=True)
    if len(flights) != len(promises(role)):  # serialized, as an advisory says
        flights = tuple(Flight(0, None, {}) for _ in promises(role))
    for promise, flight in zip(promises(role), flights, strict=True):
        yield Overlap(role.name, promise.operation, promise.counts, flight.counts)


def _whole_work(role: Role, found: Sequence[Event]) -> Iterator[Overlap]:
    """The work of all operations together, of which the assembler may do some before an event.

    Nothing runs beside it in the role, and others only see the events.
    """
    promised = work_of_period(role)
    if not promised:
        return
    there = sums(*(event.work for event in found))
    done: Mapping[str, int] = {kind: there.get(kind, 0) for kind in promised}
    missing = tuple(
        f"{done[kind]} of {count} {kind} stand in its loop"
        for kind, count in promised.items()
        if done[kind] < count
    )
    yield Overlap(role.name, PERIOD, promised, done, missing, in_flight=False)
