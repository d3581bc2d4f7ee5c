"""Which instructions of a kernel repeat: its natural loops."""

from __future__ import annotations

from dataclasses import dataclass

from .sass import Instruction, SassFunction, count

_ENDS = ("EXIT", "RET", "BRX", "JMX", "KILL", "BPT")


@dataclass(frozen=True, slots=True)
class Loop:
    """The instructions of one loop in the order of addresses, inner loops included."""

    instructions: tuple[Instruction, ...]

    def count(self, opcode: str) -> int:
        """How many instructions have the opcode, whatever its further modifiers."""
        return count(self.instructions, opcode)


def loops(function: SassFunction) -> tuple[Loop, ...]:
    """The natural loops of a kernel, shortest first.

    A backward branch alone makes no loop: a wait that was placed after the end of the kernel jumps
    back too. A branch closes a loop if its target comes before it on every path (dominates it).
    """
    if not function.instructions:
        return ()
    blocks = _Blocks(function)
    bodies: dict[int, set[int]] = {}
    for source, dominators in blocks.dominators().items():
        for target in blocks.successors[source]:
            if target in dominators:
                bodies.setdefault(target, {target}).update(blocks.body(target, source))
    found = [Loop(blocks.instructions(body)) for body in bodies.values()]
    return tuple(sorted(found, key=lambda loop: (len(loop.instructions), _first(loop))))


def main_loops(function: SassFunction, *opcodes: str) -> tuple[Loop, ...]:
    """The innermost loops with an instruction of one of the opcodes, in the order of addresses."""
    having = [loop for loop in loops(function) if any(map(loop.count, opcodes))]
    innermost = [
        loop
        for loop in having
        if not any(set(o.instructions) < set(loop.instructions) for o in having)
    ]
    return tuple(sorted(innermost, key=_first))


def _first(loop: Loop) -> int:
    return loop.instructions[0].address


class _Blocks:
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

    def body(self, head: int, tail: int) -> set[int]:
        """The blocks that reach the tail without passing the head, and the head."""
        before = _reverse(self.successors)
        body, waiting = {head}, [tail]
        while waiting:
            block = waiting.pop()
            if block not in body:
                body.add(block)
                waiting.extend(before[block])
        return body

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
