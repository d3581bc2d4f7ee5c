"""One run of CP-SAT: one worker, a fixed seed, limits, and a stop from any thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ortools.sat.python import cp_model
from ortools.sat.python.cp_model import IntVar

from ...models.errors import LimitReached
from ...models.schedule import Schedule
from ..complete import complete_schedule
from ..question import Limit, Stop
from .variables import Literal, Variables

SEED = 1
REPEAT_STOP_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Deadline:
    """A limit whose clock runs: work is granted to each run, seconds to all runs together."""

    work: float | None
    end: float | None  # of the monotonic clock

    @classmethod
    def of(cls, limit: Limit) -> Deadline:
        """Start the clock of a limit."""
        return cls(limit.work, None if limit.seconds is None else time.monotonic() + limit.seconds)

    @property
    def seconds_left(self) -> float | None:
        """What is left of the seconds; None if they are not limited."""
        return None if self.end is None else max(0.0, self.end - time.monotonic())


@dataclass(frozen=True, slots=True)
class Found:
    """What one run found, and whether it looked everywhere.

    If so, the schedule is the best there is; and where there is none, none exists.
    """

    schedule: Schedule | None
    proved: bool


def run(
    variables: Variables,
    deadline: Deadline,
    stop: Stop,
    on_schedule: Callable[[Schedule], None] | None = None,
) -> Found:
    """Solve the model, with its objective if it has one; what is found is hinted to the next run.

    Raises LimitReached if its numbers are too large for the integers of CP-SAT.
    """
    if stop.requested or deadline.seconds_left == 0:
        return Found(None, proved=False)
    solver = _solver(deadline)
    callback = None if on_schedule is None else _Incumbents(variables, on_schedule)
    with _interruptible(solver, stop):
        status = solver.solve(variables.model, callback)
    if status == cp_model.MODEL_INVALID:
        raise LimitReached(f"CP-SAT cannot hold these numbers: {variables.model.validate()}")
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Found(None, proved=status == cp_model.INFEASIBLE)
    _hint(variables, solver)
    schedule = _schedule(variables, solver.value, solver.boolean_value)
    return Found(schedule, proved=status == cp_model.OPTIMAL)


def _solver(deadline: Deadline) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.num_workers = 1
    parameters.random_seed = SEED
    # The relaxation never helped: what excludes a schedule here is clauses, not bounds.
    parameters.linearization_level = 0
    parameters.catch_sigint_signal = False
    # The symmetries that matter are broken by the model; OR-Tools 9.15 fails an internal lookup
    # while it searches for more on some small problems.
    parameters.symmetry_level = 0
    if deadline.work is not None:
        parameters.max_deterministic_time = deadline.work
    if deadline.seconds_left is not None:
        parameters.max_time_in_seconds = deadline.seconds_left
    return solver


@contextmanager
def _interruptible(solver: cp_model.CpSolver, stop: Stop) -> Iterator[None]:
    over = threading.Event()

    def insist() -> None:
        # A stop that comes just before the search begins is lost on it.
        while not over.is_set():
            solver.stop_search()
            over.wait(REPEAT_STOP_SECONDS)

    withdraw = stop.register(lambda: threading.Thread(target=insist, daemon=True).start())
    try:
        yield
    finally:
        over.set()
        withdraw()


def _hint(variables: Variables, solver: cp_model.CpSolver) -> None:
    model = variables.model
    model.clear_hints()  # type: ignore[no-untyped-call]
    for index, value in enumerate(solver.response_proto.solution):
        model.add_hint(model.get_int_var_from_proto_index(index), value)


def _schedule(
    variables: Variables, value: Callable[[IntVar], int], holds: Callable[[Literal], bool]
) -> Schedule:
    """The schedule of an assignment, its first issue moved to cycle 0.

    No constraint knows which slot is 0, so moving all operations together changes none of them.
    """
    cycles = {v: value(cycle) for v, cycle in variables.issue_cycle.items()}
    first = min(cycles.values())
    group_of = {c: w for (c, w), literal in variables.in_group.items() if holds(literal)}
    groups = {v: group_of[c] for v, c in variables.classes.of.items()}
    moved = {v: cycle - first for v, cycle in cycles.items()}
    return complete_schedule(variables.problem, variables.initiation_interval, moved, groups)


class _Incumbents(cp_model.CpSolverSolutionCallback):
    """Hands every schedule on as soon as CP-SAT has it."""

    def __init__(self, variables: Variables, on_schedule: Callable[[Schedule], None]) -> None:
        super().__init__()
        self._variables = variables
        self._on_schedule = on_schedule

    def on_solution_callback(self) -> None:
        self._on_schedule(_schedule(self._variables, self.value, self.boolean_value))
