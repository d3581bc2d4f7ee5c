"""One question put to Z3, within a limit."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import z3

from ..question import Limit, Question, Stop, Verdict
from .model import EVERYTHING, Model, build_model
from .smtlib import pieces

SETTINGS: Mapping[str, int] = {
    "random_seed": 1,
    # The older simplex: about twice as fast as the default on these differences of slots.
    "smt.arith.solver": 2,
}

UNITS_OF_WORK = 40_000_000  # Z3's resource units in one unit of work: about a second
MOST_UNITS = 2**32 - 1  # as far as Z3 counts: 107 units of work

Reading = Mapping[str, int | bool]
"""Values of unknowns by name; unknowns that do not matter are absent."""


@dataclass(slots=True)
class Patience:
    """What is left of a limit, for one question or for several; over at a stop."""

    limit: Limit
    stop: Stop
    _began: float = field(default_factory=time.monotonic)
    _spent: int = 0  # resource units

    @property
    def is_over(self) -> bool:
        """Whether the limit is used up, or a stop was asked for."""
        seconds = self.limit.seconds
        late = seconds is not None and self._elapsed >= seconds
        return late or self.stop.requested or self._units_left <= 0

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    @property
    def _units_left(self) -> int:
        if self.limit.work is None:
            return MOST_UNITS
        return min(MOST_UNITS, int(self.limit.work * UNITS_OF_WORK) - self._spent)

    def allow(self, solver: z3.Solver) -> None:
        """Give the solver what is left."""
        if self.limit.seconds is not None:
            left = self.limit.seconds - self._elapsed
            solver.set("timeout", max(1, int(1000 * left)))
        if self.limit.work is not None:
            solver.set("rlimit", max(1, self._units_left))

    def note(self, solver: z3.Solver) -> None:
        """Count what the solver has used."""
        statistics = solver.statistics()
        if "rlimit count" in statistics.keys():  # noqa: SIM118  (no mapping)
            self._spent += statistics.get_key_value("rlimit count")


def ask(
    question: Question, patience: Patience, parts: frozenset[str] = EVERYTHING
) -> tuple[Verdict, Reading]:
    """The verdict on the given families and helpers, with a reading exactly if it is FEASIBLE.

    Raises LimitReached where the model would be too large.
    """
    model = build_model(question, parts, lambda: patience.is_over)
    return (Verdict.UNKNOWN, {}) if model is None else decide(model, patience)


def decide(model: Model, patience: Patience) -> tuple[Verdict, Reading]:
    """The verdict on a model, with a reading exactly if it is FEASIBLE."""
    if model.excluded:
        return Verdict.INFEASIBLE, {}
    solver = _solver()
    withdraw = patience.stop.register(solver.ctx.interrupt)
    try:
        # Nothing interrupts the reader, so that it gets no more than a moment's work at once.
        for piece in pieces(model):
            if patience.is_over:
                return Verdict.UNKNOWN, {}
            solver.from_string(piece)
        patience.allow(solver)
        result = solver.check()
        patience.note(solver)
    finally:
        withdraw()
    if result == z3.sat:
        return Verdict.FEASIBLE, _reading(solver.model())
    return (Verdict.INFEASIBLE if result == z3.unsat else Verdict.UNKNOWN), {}


def _solver() -> z3.Solver:
    """A solver in a context of its own: calls run in several threads."""
    context = z3.Context()
    # Terms may be freed by whichever thread collects garbage.
    z3.Z3_enable_concurrent_dec_ref(context.ref())
    solver = z3.SolverFor("QF_LIA", ctx=context)
    for name, value in SETTINGS.items():
        solver.set(name, value)
    return solver


def _reading(found: z3.ModelRef) -> Reading:
    values: dict[str, int | bool] = {}
    for unknown in found.decls():
        value = found[unknown]
        values[unknown.name()] = value.as_long() if z3.is_int(value) else z3.is_true(value)
    return values
