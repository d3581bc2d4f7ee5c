"""What does not fit whatever the schedule: storage that one iteration alone needs at once."""

from __future__ import annotations

from collections.abc import Iterator

from ..models.errors import Infeasible
from ..models.problem import Buffer, SchedulingProblem


def refuse_oversized(problem: SchedulingProblem) -> None:
    """Raise Infeasible, one sentence per cause, if no initiation interval can help."""
    causes = (*_memories(problem), *_registers(problem))
    if causes:
        raise Infeasible("; ".join(causes))


def _memories(problem: SchedulingProblem) -> Iterator[str]:
    """A ring has at least one slot, and rings share their memory at fixed addresses (C7)."""
    for memory in problem.machine.memories:
        rings = memory.allocation == "ring"
        kept = [
            buffer
            for buffer in problem.buffers
            if buffer.memory == memory.name and (rings or _lives(problem, buffer))
        ]
        for buffer in kept:
            if buffer.size > memory.available:
                yield (
                    f"{buffer.name} takes {buffer.size} {memory.unit} of {memory.name}, "
                    f"which has {memory.available} (C7)"
                )
        needed = sum(buffer.size for buffer in kept)
        if rings and needed > memory.available and len(kept) > 1:
            yield (
                f"one slot for each of {', '.join(buffer.name for buffer in kept)} takes {needed} "
                f"{memory.unit} of {memory.name}, which has {memory.available} (C7)"
            )


def _lives(problem: SchedulingProblem, buffer: Buffer) -> bool:
    """Whether some slot of the steady state holds a copy in every schedule."""
    kept = (value for value in problem.values if value.buffer == buffer.name)
    return any(problem.operation(value.source).latency_cycles > 0 for value in kept)


def _registers(problem: SchedulingProblem) -> Iterator[str]:
    """A value lives at least as long as its operation takes (C8)."""
    registers = problem.machine.registers
    if registers is None:
        return
    for value in problem.values:
        lives = problem.operation(value.source).latency_cycles > 0
        if lives and registers.base + value.registers > registers.most:
            yield (
                f"{value.name} takes {value.registers} registers per thread beside the "
                f"{registers.base} that are set aside, a warp group has {registers.most} (C8)"
            )
