"""The basic blocks of a kernel: where control goes, and where a register got its value."""

from __future__ import annotations

import re
from functools import cached_property

from .sass import Instruction, SassFunction

_ENDS = ("EXIT", "RET", "BRX", "JMX", "KILL", "BPT")
_REGISTER = re.compile(r"(U?R)(\d+)")
_WIDTHS = {".64": 2, ".128": 4}


class Blocks:
    """The basic blocks of a kernel, each named by the index of its first instruction."""

    def __init__(self, function: SassFunction) -> None:
        self._all = function.instructions
        self._labels = function.labels
        self._starts = self._find_starts()
        ends = [*self._starts[1:], len(self._all)]
        self._end = dict(zip(self._starts, ends, strict=True))
        self.successors = {start: self._find_successors(start) for start in self._starts}
        self._follow_tables()

    def _follow_tables(self) -> None:
        """A jump table, which the listing leaves out, leads where nothing else does."""
        led_to = {target for targets in self.successors.values() for target in targets}
        rest = tuple(start for start in self._starts if start and start not in led_to)
        for start in self._starts:
            if self._all[self._end[start] - 1].matches("BRX"):
                self.successors[start] = rest

    def _find_starts(self) -> list[int]:
        starts = {0, *self._labels.values()}
        for index, instruction in enumerate(self._all):
            if (target := self._jump(instruction)) is not None:
                starts.update((index + 1, target))
            elif _leaves(instruction):
                starts.add(index + 1)
        return sorted(start for start in starts if start < len(self._all))

    def _jump(self, instruction: Instruction) -> int | None:
        if not instruction.matches("BRA") or instruction.target is None:
            return None
        return self._labels.get(instruction.target)

    def _find_successors(self, start: int) -> tuple[int, ...]:
        end = self._end[start]
        last = self._all[end - 1]
        target = self._jump(last)
        goes_on = end < len(self._all) and (_is_conditional(last) or not _leaves(last))
        jumps = () if target is None or target >= len(self._all) else (target,)
        return (*jumps, end) if goes_on else jumps

    def dominators(self) -> dict[int, set[int]]:
        """For each block that can be reached, the blocks on every path to it, itself included."""
        reached = self._reached()
        before = _reverse({block: self.successors[block] for block in reached})
        found = {block: set(reached) for block in reached}
        found[0] = {0}
        changed = True
        while changed:
            changed = False
            for block in reached:
                if block == 0:
                    continue
                new = set.intersection(*(found[b] for b in before[block])) | {block}
                changed = changed or new != found[block]
                found[block] = new
        return found

    def _reached(self) -> list[int]:
        reached: set[int] = set()
        waiting = [0]
        while waiting:
            block = waiting.pop()
            if block not in reached:
                reached.add(block)
                waiting.extend(self.successors[block])
        return sorted(reached)

    def reached_indices(self) -> list[int]:
        """Of all instructions that can be reached, in the order of addresses."""
        return [i for block in self._reached() for i in range(block, self._end[block])]

    def body(self, head: int, tail: int) -> set[int]:
        """The blocks that reach the tail without passing the head, and the head."""
        body, waiting = {head}, [tail]
        while waiting:
            block = waiting.pop()
            if block not in body:
                body.add(block)
                waiting.extend(self._before[block])
        return body

    @cached_property
    def _before(self) -> dict[int, list[int]]:
        return _reverse(self.successors)

    def definition(self, index: int, register: str) -> int | None:
        """The instruction that gave a register the value that it has at an index.

        None where it depends on the way that led there.
        """
        start = max(begin for begin in self._starts if begin <= index)
        waiting, seen, found = [(start, index)], set[int](), set[int]()
        while waiting:
            block, end = waiting.pop()
            last = next((i for i in range(end - 1, block - 1, -1) if self._writes(i, register)), -1)
            if last >= 0:
                found.add(last)
                continue
            further = set(self._before[block]) - seen
            seen |= further
            waiting += [(before, self._end[before]) for before in further]
        sure = len(found) == 1 and self._all[min(found)].guard is None
        return found.pop() if sure else None

    def _writes(self, index: int, register: str) -> bool:
        instruction = self._all[index]
        target = _REGISTER.fullmatch(instruction.operands[0]) if instruction.operands else None
        wanted = _REGISTER.fullmatch(register)
        if target is None or wanted is None or target[1] != wanted[1]:
            return False
        width = next((n for mark, n in _WIDTHS.items() if mark in instruction.opcode), 1)
        return 0 <= int(wanted[2]) - int(target[2]) < width

    def instructions(self, blocks: set[int]) -> tuple[Instruction, ...]:
        """The instructions of some blocks, in the order of addresses."""
        return tuple(i for b in sorted(blocks) for i in self._all[b : self._end[b]])


def _reverse(successors: dict[int, tuple[int, ...]]) -> dict[int, list[int]]:
    before: dict[int, list[int]] = {block: [] for block in successors}
    for block, targets in successors.items():
        for target in targets:
            before[target].append(block)
    return before


def _leaves(instruction: Instruction) -> bool:
    return instruction.matches("BRA") or any(instruction.matches(end) for end in _ENDS)


def _is_conditional(instruction: Instruction) -> bool:
    # `BRA P1, label` and `BRA.DIV UR4, label` are conditional without a guard.
    return instruction.guard is not None or len(instruction.operands) > 1
