"""Events of a role in machine code, compared with those that its warp program has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TypeVar

from .emitter.expected_event import BEGIN, Expected
from .runtime.sass_events import Event

Pair = tuple[Expected, Event]
E = TypeVar("E", Expected, Event)
_OF_MEMORY = ("LDS", "STS", "STSM")


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
        """Whether everything stands where it should.

        Of what is not in flight, less may be found where work has passed into another operation.
        """
        enough = all(self.found.get(opcode, 0) >= n for opcode, n in self.promised.items())
        return not self.misplaced and (enough or not self.in_flight)

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong, a sentence each."""
        if self.holds:
            return ()
        if self.in_flight:
            what = f"the wait for {self.operation} stands above work that should overlap with it"
            return (f"{self.role}: {what}",)
        return tuple(f"{self.role}: {self.operation}: {what}" for what in self.misplaced)


def compare(role: str, expected: Sequence[Expected], found: Sequence[Event]) -> tuple[Overlap, ...]:
    """What each operation of a role should do and does, in the order of its first event."""
    wanted, there = loads_first(expected), loads_first(found)
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
        known = [wanted for wanted, _, _ in own]
        for wanted, _, found in own:
            if not wanted.is_at(found - usual):
                others = (other.of for other in known if other.is_at(found - usual))
                other = next(others, "something else")
                yield wanted, f"{wanted.name} is of {other}, not of {wanted.of}"


def _usual(moves: Sequence[int]) -> int:
    """That of more than half of them; none where there is no such."""
    ((move, count),) = Counter(moves).most_common(1)
    return move if 2 * count > len(moves) else 0


def _missing_work(pairs: Sequence[Pair]) -> Iterator[tuple[Expected, str]]:
    kinds = dict.fromkeys(kind for wanted, _ in pairs for kind in wanted.work)
    for kind in kinds:
        for wanted, promised, found in _gathered(pairs, kind):
            if found < promised:
                yield wanted, f"{found} of {promised} {kind} stand behind {wanted.said}"


def _gathered(pairs: Iterable[Pair], kind: str) -> list[tuple[Expected, int, int]]:
    """How much work of a kind there should be behind each event that it may not pass, and is."""
    found: list[tuple[Expected, int, int]] = []
    for wanted, there in pairs:
        event, promised, done = wanted, wanted.work.get(kind, 0), there.work.get(kind, 0)
        if kind in wanted.passed and found:
            event, before, other = found.pop()
            promised, done = promised + before, done + other
        found.append((event, promised, done))
    return found


def loads_first(events: Sequence[E]) -> list[E]:
    """Loads of shared memory and of Tensor Memory that follow one another are in no order."""
    found: list[E] = []
    for event in events:
        place = len(found)
        while event.name == "LDS" and place and found[place - 1].opcode == "LDTM":
            place -= 1
        found.insert(place, event)
    return found


def joined_memory(events: Sequence[E]) -> list[E]:
    """Loads that follow one another are one, and stores behind them: a tile is many of both."""
    found: list[E] = []
    run: dict[str, E] = {}
    for event in events:
        if event.opcode in _OF_MEMORY:
            run[event.opcode] = _both(run.get(event.opcode), event)
            continue
        found += [run[opcode] for opcode in _OF_MEMORY if opcode in run]
        run = {}
        found.append(event)
    found += [run[opcode] for opcode in _OF_MEMORY if opcode in run]
    return found


def _both(one: E | None, other: E) -> E:
    if one is None:
        return other
    names = [event.name.split(" x") for event in (one, other)]
    counts = [int(count) for _, *words in names for count in words]
    name = f"{one.opcode} x{sum(counts)}" if counts else one.name
    return replace(one.with_work(other.work), name=name)
