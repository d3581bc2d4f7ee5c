"""Whether work stands in machine code where a warp program has it: promise and finding, compared.

The events of each role in their order, and the work between them. Of wgmma also what runs while
each product is in flight; of kernels without products, the work of a whole period.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

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
    reading = _reading_of(program)
    function = reading.prepared(disassemble(cubin)[program.kernel])
    loops = main_loops(function, *reading.opcodes)
    roles = [role for role in program.roles if role.steady]
    if len(loops) != len(roles):
        return (_other_loops(len(roles), len(loops)),)
    left = [(loop, reading.found(function, loop)) for loop in loops]
    bodies = list(_bodies(roles, [reading.expected(program, role) for role in roles], left))
    in_flight = [overlap for body in bodies for overlap in _in_flight(body.role, body.loop)]
    in_order = [o for b in bodies for o in compare(b.role.name, b.expected, b.found)]
    whole = [overlap for b in bodies for overlap in reading.whole(b.role, b.found)]
    return (*in_flight, *in_order, *whole)


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the machine code of one kind of kernel is read."""

    opcodes: Sequence[str]  # by one of them a steady state is known
    expected: Callable[[WarpProgram, Role], Sequence[Expected]]
    found: Callable[[SassFunction, Loop], Sequence[Event]]
    prepared: Callable[[SassFunction], SassFunction] = lambda function: function
    whole: Callable[[Role, Sequence[Event]], Iterator[Overlap]] = lambda role, found: iter(())


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
    roles: Sequence[Role], expected: Sequence[Sequence[Expected]],
    left: list[tuple[Loop, Sequence[Event]]],
) -> Iterator[_Body]:  # fmt: skip
    for role, events in zip(roles, expected, strict=True):
        # The assembler places loops as it likes.
        own = min(left, key=lambda one: _distance(events, one[1]))
        left.remove(own)
        yield _Body(role, own[0], events, own[1])


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


_ELEMENTWISE = _Reading(
    ELEMENTWISE,
    elementwise_events,
    partial(find_events, elementwise=True),
    prepared=converged,
    whole=_whole_work,
)
_TENSOR_MEMORY = _Reading(TENSOR_MEMORY, tensor_order.expected_events, find_events)
_WGMMA = _Reading(
    WGMMA,
    lambda program, role: joined_memory(wgmma_order.expected_events(program, role)),
    lambda function, loop: joined_memory(with_batches(find_events(function, loop))),
)


def _reading_of(program: WarpProgram) -> _Reading:
    if any(role.stripe_rows for role in program.roles):
        return _ELEMENTWISE
    return _TENSOR_MEMORY if program.tensors else _WGMMA
