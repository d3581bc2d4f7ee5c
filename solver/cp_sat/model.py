"""The model of one question: unknowns, nine families, and what is implied by them, as one list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

from ...models.errors import LimitReached
from ...models.problem import SchedulingProblem
from ..question import Question
from .anchor import add_anchor, widened
from .blocking_waits import add_blocking_wait_constraints
from .crossing import add_crossing_constraints, crossing_differences
from .dependence import add_dependence_constraints, dependence_differences
from .early_issue import add_early_components, add_first_issue
from .functional_units import add_functional_unit_constraints
from .group_classes import GroupClasses
from .issue_streams import add_issue_stream_constraints, add_stream_work
from .memories import add_memory_constraints, memory_differences
from .registers import add_register_constraints, register_differences
from .symmetry import add_group_precedence, add_sub_tile_order
from .variables import Variables
from .warp_groups import add_warp_group_constraints, define_groups
from .windows import DifferenceFamily, issue_windows
from .write_after_read import add_write_after_read_constraints, write_after_read_differences

Family = Callable[[Variables], None]

FAMILIES: tuple[Family, ...] = (
    add_dependence_constraints,  # C1
    add_functional_unit_constraints,  # C2
    add_issue_stream_constraints,  # C3
    add_blocking_wait_constraints,  # C4
    add_warp_group_constraints,  # C5
    add_crossing_constraints,  # C6
    add_memory_constraints,  # C7
    add_register_constraints,  # C8
    add_write_after_read_constraints,  # C9
)

IMPLIED: tuple[Family, ...] = (
    add_stream_work,  # C4i
    add_group_precedence,
    add_sub_tile_order,
    add_first_issue,
    add_early_components,
)

ANCHORED: tuple[Family, ...] = (
    add_stream_work,  # C4i
    add_group_precedence,
    add_sub_tile_order,
    add_anchor,
)
"""What is implied for questions of feasibility, in which slots count and the start does not."""

DIFFERENCES: dict[Family, DifferenceFamily] = {
    add_dependence_constraints: dependence_differences,
    add_crossing_constraints: crossing_differences,
    add_memory_constraints: memory_differences,
    add_register_constraints: register_differences,
    add_write_after_read_constraints: write_after_read_differences,
}

MOST_PAIRS = 1_000_000
"""Pairs of operations beyond which a model is not built."""

MOST_COPIES = 200_000
"""Copies of lives beyond which a model is not built."""

MOST_CYCLES = 2**48
"""The longest iteration whose sums stay within the integers of CP-SAT."""


def build_model(
    question: Question,
    families: Sequence[Family] = FAMILIES,
    implied: Sequence[Family] = IMPLIED,
) -> Variables | None:
    """The model of a question; None where differences of issue cycles alone admit no schedule.

    Raises LimitReached where the model would be too large to build.
    """
    problem, period = question.problem, question.initiation_interval
    _check_pairs(problem)
    _check_stages(question)
    classes = GroupClasses(problem)
    differences = chain.from_iterable(
        DIFFERENCES[family](problem, classes, period)
        for family in families
        if family in DIFFERENCES
    )
    windows = issue_windows(question, differences)
    if windows is None:
        return None
    if add_anchor in implied:
        windows = widened(windows, period)
    variables = Variables(question, windows, classes)
    for add in (define_groups, *families, *implied):
        add(variables)
    return variables


def _check_pairs(problem: SchedulingProblem) -> None:
    """Pairs on one unit, and pairs that may share an issue stream."""
    producing = sum(operation.variable_latency for operation in problem.operations)
    sharing = [producing, len(problem.operations) - producing]
    on_unit = [
        sum(r.unit == unit.name for o in problem.operations for r in o.reservations)
        for unit in problem.machine.units
    ]
    pairs = sum(n * (n - 1) // 2 for n in sharing + on_unit)
    if pairs > MOST_PAIRS:
        raise LimitReached(
            f"{problem.name}: {len(problem.operations)} operations make {pairs} pairs; "
            f"CP-SAT is asked about {MOST_PAIRS} at most"
        )


def _check_stages(question: Question) -> None:
    """Copies of lives, one per stage and warp group; and the cycles of an iteration."""
    problem, stages = question.problem, question.stages
    held = sum(bool(value.registers) for value in problem.values)
    received = sum(bool(dependence.received_registers) for dependence in problem.dependences)
    per_stage = (held + received) * problem.machine.warp_groups + len(problem.values)
    if per_stage * stages > MOST_COPIES or stages * question.initiation_interval > MOST_CYCLES:
        raise LimitReached(
            f"{problem.name}: {stages} stages of {question.initiation_interval} cycles are more "
            f"than CP-SAT is asked about"
        )
