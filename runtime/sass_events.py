"""What one role does in a loop that others can tell from outside, in order; and its work between.

Where a role waits, arrives, issues, or moves what lies in Tensor Memory: an event. The fences of
tcgen05 and `wait::ld` are no instructions that wait: a load is awaited by who reads its registers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from .sass import COPIES, Instruction, SassFunction
from .sass_blocks import Blocks
from .sass_loops import Loop, loops
from .sass_names import elementwise_name_of, name_of

WORK: Mapping[str, Mapping[str, int]] = {
    "MUFU.EX2": {"MUFU.EX2": 1},
    "MUFU.TANH": {"MUFU.TANH": 1},
    "MUFU.LG2": {"MUFU.LG2": 1},
    "F2FP": {"F2FP": 1},
    "FMNMX": {"FMNMX": 1, "FMNMX3": 2},
    "FFMA": {"FFMA": 1, "FADD": 1, "FMUL": 1, "FFMA2": 2, "FADD2": 2, "FMUL2": 2},
}
"""What is counted, by which opcodes, each with the operations that it does."""

TENSOR_MEMORY = ("UTCHMMA", "LDTM", "STTM", "UTMALDG")
"""By one of these the loop of a role with Tensor Memory is known, or that of its copies."""

WGMMA = ("HGMMA", "QGMMA", *COPIES, "STSM", "STS")
"""By one of these that of a role without."""

ELEMENTWISE = (*COPIES, "STS", "LDS")
"""By one of these that of a kernel without products: what it brings in, reads or hands on."""

BEGIN, BOUNDARY, TRYWAIT = "begin", "boundary", "TRYWAIT"
_MOST_STEPS = 8  # of an address, back to where it comes from
_TENSOR = re.compile(r"tmem\[(UR\d+)(?:\+(-?0x[0-9a-f]+))?\]")
_BARRIER = re.compile(r"\[(U?R\d+(?:\+UR\d+)?)(?:\+URZ)?(?:\+(-?0x[0-9a-f]+))?\]")
_ADDED = re.compile(
    r"(?:UIADD3(?: UPT UPT)?|UMOV|ULEA UR\d+) (UR\d+)(?: (-?0x[0-9a-f]+) URZ| 0x3)?"
)  # a constant, nothing, or 8 bytes for each slot of a ring
_MOVED = re.compile(r"\.x(\d+)")


@dataclass(frozen=True, slots=True)
class Event:
    """One event, and what is computed between it and the next."""

    name: str  # opcode, with what tells it from others of the opcode
    address: int  # of its instruction
    place: int | None = None  # of an mbarrier from the base, or a column, where the code says it
    base: str = ""  # the register that the place is counted from
    work: Mapping[str, int] = field(default_factory=dict)

    @property
    def opcode(self) -> str:
        """The first word of its name."""
        return self.name.split()[0]

    def with_work(self, work: Mapping[str, int]) -> Event:
        """The same event, with more work behind it."""
        return replace(self, work=sums(self.work, work))


def find_events(
    function: SassFunction, loop: Loop, *, elementwise: bool = False
) -> tuple[Event, ...]:
    """The events of a loop, in the order of addresses.

    `elementwise`: of a kernel without products, neighbouring loads of shared memory are one event.

    The copies of a wait that go round until it is over are left out. A wait is where its answer is
    needed: it may be asked for earlier. Stores that follow one another with work between them are
    one event, at the last of them.
    """
    inner = [o for o in loops(function) if set(o.instructions) < set(loop.instructions)]
    spinning = {i for o in inner for i in o.instructions}
    boundaries = {o.instructions[0] for o in inner if o.count("LDS") and not o.count("SYNCS")}
    line = [i for i in loop.instructions if i in boundaries or i not in spinning]
    addresses, asked = _Addresses(function, elementwise), dict[Instruction, Event]()
    found = [Event(BEGIN, loop.instructions[0].address)]
    for place, instruction in enumerate(line):
        event = addresses.event(instruction) if instruction not in boundaries else None
        if instruction in boundaries:
            found.append(Event(BOUNDARY, instruction.address))
        elif event is not None and event.name == TRYWAIT:
            asked[_answered(line[place:])] = event
        elif event is not None:
            found.append(event)
        else:
            found[-1] = _with_work(found[-1], instruction)
        if instruction in asked:
            found.append(replace(asked.pop(instruction), address=instruction.address))
    return tuple(_joined_moves(found) if elementwise else _joined(found))


def _answered(line: Sequence[Instruction]) -> Instruction:
    """What first reads the predicate of a wait; the wait itself where nothing does."""
    predicate = line[0].operands[0]
    for instruction in line[1:]:
        read = (*instruction.operands, (instruction.guard or "").lstrip("@!"))
        if predicate in read:
            return instruction
    return line[0]


def _with_work(event: Event, instruction: Instruction) -> Event:
    added = {
        name: count
        for name, opcodes in WORK.items()
        for opcode, count in opcodes.items()
        if instruction.matches(opcode)
    }
    if not added:
        return event
    return event.with_work(added)


def sums(*counts: Mapping[str, int]) -> dict[str, int]:
    """All counts together."""
    names = dict.fromkeys(name for one in counts for name in one)
    return {name: sum(one.get(name, 0) for one in counts) for name in names}


def _joined(events: Sequence[Event]) -> tuple[Event, ...]:
    """Stores are cut into instructions, between which the last work of a chain may stand."""
    found: list[Event] = []
    for event in events:
        if found and found[-1].opcode == event.opcode == "STTM":
            first = found.pop()
            width = _width(first.name) + _width(event.name)
            event = replace(event, name=f"STTM x{width}", place=first.place, base=first.base)
            found[-1] = found[-1].with_work(first.work)
        found.append(event)
    return tuple(found)


def _joined_moves(events: Sequence[Event]) -> tuple[Event, ...]:
    """Neighbouring loads of shared memory, and stores, are one event with the work of all."""
    found: list[Event] = []
    for event in events:
        if found and event.name in ("LDS", "STS") and found[-1].name == event.name:
            found[-1] = found[-1].with_work(event.work)
        else:
            found.append(event)
    return tuple(found)


def _width(name: str) -> int:
    return int(name.split(" x")[1])


class _Addresses:
    """Turns instructions into events, and their addresses into places."""

    def __init__(self, function: SassFunction, elementwise: bool) -> None:
        self._places = not elementwise
        self._name = elementwise_name_of if elementwise else name_of
        self._all = function.instructions
        self._index = {i.address: n for n, i in enumerate(self._all)}
        self._blocks = Blocks(function)

    def event(self, instruction: Instruction) -> Event | None:
        """What an instruction does that others can tell; None for work and bookkeeping."""
        at, opcode = instruction.address, instruction.opcode
        if instruction.matches("SYNCS"):
            return self._placed(TRYWAIT if TRYWAIT in opcode else "ARRIVE", instruction)
        if instruction.matches("UTCBAR") or instruction.matches("ARRIVES"):
            return self._placed(opcode.split(".")[0], instruction)
        if instruction.matches("UTCHMMA"):
            left, end = instruction.operands[0].split("[")[0], instruction.operands[-1]
            onto = "over" if end == "!UPT" else "onto"
            return self._tensor(f"UTCHMMA {left} {onto}", instruction, 2)
        if instruction.matches("LDTM") or instruction.matches("STTM"):
            width = _MOVED.search(opcode)
            name = f"{opcode[:4]} x{width[1] if width else 1}"
            return self._tensor(name, instruction, 0 if opcode.startswith("S") else 1)
        told = self._name(instruction)
        return None if told is None else Event(told, at)

    def _placed(self, name: str, instruction: Instruction) -> Event:
        """On an mbarrier: in a ring, where the first one of the ring lies.

        Not in an elementwise kernel: its vector registers hold addresses of several slots.
        """
        if not self._places:
            return Event(name, instruction.address)
        return self._located(name, instruction, _BARRIER)

    def _tensor(self, name: str, instruction: Instruction, operand: int) -> Event:
        """On columns of Tensor Memory."""
        return self._located(name, instruction, _TENSOR, operand)

    def _located(
        self, name: str, instruction: Instruction, pattern: re.Pattern[str], first: int = 0
    ) -> Event:
        found = next(filter(None, map(pattern.fullmatch, instruction.operands[first:])), None)
        if found is None:
            return Event(name, instruction.address)
        base, moved = self._source(self._index[instruction.address], found[1])
        return Event(name, instruction.address, moved + int(found[2] or "0", 16), base)

    def _source(self, index: int, register: str) -> tuple[str, int]:
        """The register that an address comes from, named with its definition, and what is added."""
        moved = 0
        for _ in range(_MOST_STEPS):
            defined = self._blocks.definition(index, register)
            if defined is None:
                return f"{register} at {index}", moved
            added = _ADDED.fullmatch(_text(self._all[defined]))
            if added is None:
                return f"{register} of {defined}", moved
            index, register = defined, added[1]
            moved += int(added[2] or "0", 16)
        return f"{register} before {index}", moved


def _text(instruction: Instruction) -> str:
    return " ".join((instruction.opcode, *instruction.operands[1:]))
