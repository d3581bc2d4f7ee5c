"""What is chosen anew so that a schedule can be lowered, and the assembler has registers enough.

The best schedule may want what has no lowering yet: then that of a problem which asks for less is
taken. The same cyclic order of operations can be written from any of them on. What is live or in
flight there, and how much stands before the loop, decides whether ptxas finds registers without
spilling or serializing wgmma. No rule foresees it, so each beginning is tried, first role by role.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import islice, product

from .emitter.amendments import Amendable
from .emitter.inputs import Emission
from .emitter.lower.lower import Lower
from .emitter.lower.versions import SecondVersion
from .emitter.printer.marks import Marks
from .emitter.printer.printer import print_cuda
from .models.errors import LimitReached, Unsupported
from .models.problem import SchedulingProblem
from .models.solve_options import SolveOptions
from .models.warp_program import Role, WarpProgram
from .runtime.cache import compile_cached
from .runtime.nvrtc import Compiled
from .runtime.report import PtxasReport
from .solver.search import find_schedule

MOST_AMENDMENTS = 8  # times that one kernel is solved again so that it can be lowered
MOST_TOGETHER = 24  # combinations of beginnings that are compiled as a whole


def is_clean(report: PtxasReport) -> bool:
    """Whether nothing is spilled, nothing lies on the stack, and ptxas has no advice."""
    lost = report.spill_store_bytes + report.spill_load_bytes + report.stack_bytes
    return not lost and not report.advisories


def compile_program(program: WarpProgram, marks: Marks | None = None) -> tuple[str, Compiled]:
    """The source of a warp program, with marks where they are gathered; what NVRTC makes of it."""
    source = print_cuda(program, marks)
    return source, compile_cached(source, program.target, f"{program.kernel}.cu")


def compile_with_marks(program: WarpProgram) -> tuple[str, Compiled, Marks]:
    """The same with marks: before waits only, where those before all steps take too many registers.

    The first text is kept if neither compiles cleanly.
    """
    found = []
    for choice in (Marks(), Marks(waits_only=True)):
        source, compiled = compile_program(program, choice)
        found.append((source, compiled, choice))
        if is_clean(compiled.report):
            return found[-1]
    return found[0]


def fitted(emission: Emission, lower: Lower) -> WarpProgram:
    """The warp program whose roles begin where they compile cleanly, together if that is found."""
    program = lower(emission)
    clean = {
        role.name: _clean_beginnings(emission, lower, role)
        for role in program.roles
        if role.warps > 1
    }
    least, best = sys.maxsize, program
    for chosen in islice(product(*clean.values()), MOST_TOGETHER):
        begins = dict(zip(clean, chosen, strict=True))
        program = lower(emission, begins=begins)
        report = compile_program(program)[1].report
        if is_clean(report):
            return program
        if report.spill_store_bytes < least:
            least, best = report.spill_store_bytes, program
    return best


def _clean_beginnings(emission: Emission, lower: Lower, role: Role) -> list[int]:
    """Where the period of a role may begin so that the role alone compiles cleanly; else at 0."""
    found = []
    for number in range(len(role.operations)):
        program = lower(emission, begins={role.name: number})
        turned = next(other for other in program.roles if other.name == role.name)
        alone = program.model_copy(update={"roles": (turned,)})
        if is_clean(compile_program(alone)[1].report):
            found.append(number)
    return found or [0]


def with_margin(emission: Emission, more: int, seconds: float | None) -> Emission | None:
    """The same loop, solved with more registers of each thread kept for the assembler."""
    machine = emission.problem.machine
    registers = machine.registers
    assert registers is not None, "a profile limits registers"
    kept = registers.model_copy(update={"base": registers.base + more})
    problem = emission.problem.model_copy(
        update={"machine": machine.model_copy(update={"registers": kept})}
    )
    schedule = find_schedule(problem, SolveOptions(seconds=seconds)).schedule
    return None if schedule is None else replace(emission, problem=problem, schedule=schedule)


def lowerable(
    emission: Emission, lowered: Lower, seconds: float | None
) -> tuple[Emission, tuple[str, ...]]:
    """The same loop with the best schedule that can be lowered, and why it is not the one given.

    A sentence for each time that it was solved again. Raises Unsupported where no schedule can be.
    """
    changes: list[str] = []
    while True:
        try:
            lowered(emission)
        except SecondVersion:
            break
        except Amendable as reason:
            problem = reason.amended(emission.problem)
            if problem == emission.problem or len(changes) == MOST_AMENDMENTS:
                raise
            changes.append(f"{reason.problems[0].message}: {reason.asked}")
            emission = _solved_again(emission, problem, reason, seconds)
        else:
            break
    return emission, tuple(changes)


def _solved_again(
    emission: Emission, problem: SchedulingProblem, reason: Amendable, seconds: float | None
) -> Emission:
    solution = find_schedule(problem, SolveOptions(seconds=seconds, blame_work=0.0))
    message = reason.problems[0].message
    if solution.status == "infeasible":
        raise Unsupported(f"{message}; in no schedule {reason.asked}", reason.problems[0].line)
    if solution.schedule is None:
        raise LimitReached(f"{message}; no schedule was found in which {reason.asked}")
    return replace(emission, problem=problem, schedule=solution.schedule)
