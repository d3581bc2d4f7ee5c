"""Whether work stands in machine code where a warp program has it: promise and finding, compared.

Of wgmma: what runs while each product is in flight. With Tensor Memory: the events of each role in
their order, and the work between them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import partial
from typing import TypeVar

from .emitter.elementwise_order import elementwise_events, work_of_period
from .emitter.overlap import COUNTED, product_shapes, promises
from .emitter.tensor_order import Expected, expected_events
from .models.errors import ProgramViolation
from .models.warp_program import WarpProgram
from .runtime.sass import SassFunction, disassemble
from .runtime.sass_converged import converged
from .runtime.sass_events import BEGIN, ELEMENTWISE, TENSOR_MEMORY, Event, find_events, sums
from .runtime.sass_loops import Loop, main_loops
from .runtime.sass_order import PRODUCTS, Flight, wait_regions

Pair = tuple[Expected, Event]
E = TypeVar("E", Expected, Event)

PERIOD = "a period"  # in place of an operation: all of them


@dataclass(frozen=True, slots=True)
class Overlap:
    """What should stand in one place of a steady state, and what does.

    Of a product of wgmma: what runs while it is in flight. With Tensor Memory: all that an
    operation does, between its own events; `misplaced` says of what does not stand there.
    """

    role: str
    operation: str
    promised: Mapping[str, int]
    found: Mapping[str, int]
    misplaced: tuple[str, ...] = ()  # a sentence each
    in_flight: bool = True

    @property
    def holds(self) -> bool:
        """Whether everything stands where it should."""
        enough = all(self.found.get(opcode, 0) >= n for opcode, n in self.promised.items())
        return enough and not self.misplaced

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong, a sentence each."""
        if self.holds:
            return ()
        if self.in_flight:
            what = f"the wait for {self.operation} stands above work that should overlap with it"
            return (f"{self.role}: {what}",)
        return tuple(f"{self.role}: {self.operation}: {what}" for what in self.misplaced)


def find_overlaps(program: WarpProgram, cubin: bytes) -> tuple[Overlap, ...]:
    """Promise and machine code side by side, for every role with a steady state that has any.

    ProgramViolation where the loops of the machine code are not those of the roles.
    """
    function = disassemble(cubin)[program.kernel]
    if program.tensors:
        return tuple(_of_tensor_memory(program, function))
    if any(role.stripe_rows for role in program.roles):
        return tuple(_of_elementwise(program, converged(function)))
    return tuple(_of_wgmma(program, function))


# ---- wgmma


def _of_wgmma(program: WarpProgram, function: SassFunction) -> Iterator[Overlap]:
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


# ---- Tensor Memory


def _of_tensor_memory(program: WarpProgram, function: SassFunction) -> Iterator[Overlap]:
    bodies = [find_events(function, loop) for loop in main_loops(function, *TENSOR_MEMORY)]
    wanted = {role.name: expected_events(program, role) for role in program.roles if role.steady}
    if len(bodies) != len(wanted):
        raise ProgramViolation(
            (f"{len(wanted)} roles with a steady state, {len(bodies)} loops in machine code",)
        )
    for role, expected in wanted.items():
        # The assembler places loops as it likes.
        body = min(bodies, key=partial(_distance, expected))
        bodies.remove(body)
        yield from compare(role, expected, body)


# ---- no products


def _of_elementwise(program: WarpProgram, function: SassFunction) -> Iterator[Overlap]:
    bodies = [
        find_events(function, loop, elementwise=True) for loop in main_loops(function, *ELEMENTWISE)
    ]
    roles = [role for role in program.roles if role.steady]
    if len(bodies) != len(roles):
        raise ProgramViolation(
            (f"{len(roles)} roles with a steady state, {len(bodies)} loops in machine code",)
        )
    for role in roles:
        expected = elementwise_events(program, role)
        body = min(bodies, key=partial(_distance, expected))
        bodies.remove(body)
        yield from compare(role.name, expected, body)
        if promised := work_of_period(role):
            yield _whole_work(role.name, promised, body)


def _whole_work(role: str, promised: Mapping[str, int], found: Sequence[Event]) -> Overlap:
    """The work of all operations together, of which the assembler may do some before an event.

    Nothing runs beside it in the role, and others only see the events.
    """
    there = sums(*(event.work for event in found))
    done = {kind: there.get(kind, 0) for kind in promised}
    missing = tuple(
        f"{done[kind]} of {count} {kind} stand in its loop"
        for kind, count in promised.items()
        if done[kind] < count
    )
    return Overlap(role, PERIOD, promised, done, missing, in_flight=False)


def _distance(expected: Sequence[Expected], found: Sequence[Event]) -> int:
    one = Counter((e.name, e.place) for e in expected)
    other = Counter((e.name, e.place) for e in found)
    return ((one - other) + (other - one)).total()


def compare(role: str, expected: Sequence[Expected], found: Sequence[Event]) -> tuple[Overlap, ...]:
    """What each operation of a role should do and does, in the order of its first event."""
    wanted, there = _loads_first(expected), _loads_first(found)
    misplaced: dict[str, list[str]] = {event.operation: [] for event in wanted}
    pairs: list[Pair] = []
    for tag, i, i_end, j, j_end in _matched(wanted, there):
        if tag == "equal":
            pairs += zip(wanted[i:i_end], there[j:j_end], strict=True)
            continue
        for event in wanted[i:i_end]:
            misplaced[event.operation].append(f"{event.said} does not stand where it should")
        for other in there[j:j_end]:
            misplaced[wanted[max(i, 1) - 1].operation].append(f"{other.name} should not stand here")
    for event, sentence in (*_other_places(pairs), *_missing_work(pairs)):
        misplaced[event.operation].append(sentence)
    return tuple(_overlap(role, name, wanted, pairs, misplaced[name]) for name in misplaced)


def _matched(
    wanted: Sequence[Expected], there: Sequence[Event]
) -> Sequence[tuple[str, int, int, int, int]]:
    names, others = [e.name for e in wanted], [e.name for e in there]
    return SequenceMatcher(None, names, others, autojunk=False).get_opcodes()


def _overlap(
    role: str, operation: str, wanted: Sequence[Expected], pairs: Sequence[Pair],
    misplaced: Sequence[str],
) -> Overlap:  # fmt: skip
    own = [event for event in wanted if event.operation == operation]
    there = [other for event, other in pairs if event.operation == operation]
    kinds = dict.fromkeys(name for event in own for name in event.work)
    promised = Counter(event.opcode for event in own if event.name != BEGIN)
    found = Counter(event.opcode for event in there if event.name != BEGIN)
    for kind in kinds:
        promised[kind] = sum(event.work.get(kind, 0) for event in own)
        found[kind] = sum(event.work.get(kind, 0) for event in there)
    sentences = tuple(dict.fromkeys(misplaced))
    return Overlap(role, operation, dict(promised), dict(found), sentences, in_flight=False)


def _other_places(pairs: Sequence[Pair]) -> Iterator[tuple[Expected, str]]:
    """Of an mbarrier or of columns that are not those expected.

    Places are counted from a register. What it holds is not known, but the same for all of them.
    """
    placed = [pair for pair in pairs if pair[0].place is not None and pair[1].place is not None]
    for base in dict.fromkeys(there.base for _, there in placed):
        own = [(w, w.place or 0, t.place or 0) for w, t in placed if t.base == base]
        usual = _usual([found - place for _, place, found in own])
        known = {place: wanted.of for wanted, place, _ in own}
        for wanted, place, found in own:
            if found - place != usual:
                other = known.get(found - usual, "something else")
                yield wanted, f"{wanted.name} is of {other}, not of {wanted.of}"


def _usual(moves: Sequence[int]) -> int:
    """That of more than half of them; none where there is no such."""
    ((move, count),) = Counter(moves).most_common(1)
    return move if 2 * count > len(moves) else 0


def _missing_work(pairs: Sequence[Pair]) -> Iterator[tuple[Expected, str]]:
    for wanted, there in pairs:
        for kind, promised in wanted.work.items():
            found = there.work.get(kind, 0)
            if found < promised:
                yield wanted, f"{found} of {promised} {kind} stand behind {wanted.said}"


def _loads_first(events: Sequence[E]) -> list[E]:
    """Loads of shared memory and of Tensor Memory that follow one another are in no order."""
    found: list[E] = []
    for event in events:
        place = len(found)
        while event.name == "LDS" and place and found[place - 1].opcode == "LDTM":
            place -= 1
        found.insert(place, event)
    return found
