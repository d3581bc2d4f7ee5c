"""Both backends and the brute-force oracle agree on the least initiation interval.

No question has fewer stages than the argued bound, unless the machine itself allows fewer.
"""

from collections.abc import Callable

import pytest

from twill.models.errors import Infeasible
from twill.models.problem import SchedulingProblem
from twill.solver.bounds import compute_bounds
from twill.solver.cp_sat.backend import solve as solve_by_cp_sat
from twill.solver.question import Limit, Outcome, Question, Stop, Verdict
from twill.solver.smt.backend import solve as solve_by_z3
from twill.solver.stage_bound import compute_stage_bound
from twill.solver.verifier import violations
from twill.tests.oracle.search import find_schedule
from twill.tests.support.random_problems import random_problem

SEEDS = 525
CHUNK = 25
BEYOND = 3  # intervals above MinII at which a schedule is looked for
BACKENDS: dict[str, Callable[[Question, Limit, Stop], Outcome]] = {
    "cp-sat": solve_by_cp_sat,
    "z3": solve_by_z3,
}


def minimum(problem: SchedulingProblem) -> int:
    """MinII; where a bound alone proves that there is no schedule, 1."""
    try:
        return compute_bounds(problem).minimum
    except Infeasible:
        return 1


def verdict(problem: SchedulingProblem, interval: int, stages: int, backend: str) -> Verdict:
    """What the backend says; a schedule that it shows must keep every constraint."""
    question = Question(problem, interval, stages)
    outcome = BACKENDS[backend](question, Limit(), Stop())
    assert (outcome.schedule is not None) == (outcome.verdict is Verdict.FEASIBLE)
    if outcome.schedule is not None:
        assert violations(problem, outcome.schedule) == ()
        ends = (outcome.schedule.issue_cycle(o.name) + o.latency_cycles for o in problem.operations)
        assert max(ends) <= stages * interval
    return outcome.verdict


def disagreements(seed: int) -> list[str]:
    """Over every II from MinII - 1 to the least, or to a few beyond MinII if there is none."""
    problem = random_problem(seed)
    least = minimum(problem)
    stages = compute_stage_bound(problem, least).stages
    found = []
    for interval in range(max(1, least - 1), least + BEYOND + 1):
        exists = find_schedule(problem, interval, stages) is not None
        expected = Verdict.FEASIBLE if exists else Verdict.INFEASIBLE
        if exists and interval < least:
            found.append(f"seed {seed}: a schedule at II {interval}, MinII is {least}")
        for backend in BACKENDS:
            said = verdict(problem, interval, stages, backend)
            if said is not expected:
                found.append(f"seed {seed}, II {interval}: oracle {expected}, {backend} {said}")
        if exists:
            break
    return found


@pytest.mark.parametrize(
    "seeds", [range(first, first + CHUNK) for first in range(0, SEEDS, CHUNK)], ids=str
)
def test_backends_and_oracle_agree(seeds: range) -> None:
    assert [sentence for seed in seeds for sentence in disagreements(seed)] == []


def test_the_problems_are_of_every_kind() -> None:
    """Each feature of the model is in at least 20 of the problems, with 2 to 7 operations."""
    problems = [random_problem(seed) for seed in range(SEEDS)]
    assert {len(problem.operations) for problem in problems} == set(range(2, 8))
    counts = {name: sum(map(has, problems)) for name, has in FEATURES.items()}
    assert {name: count for name, count in counts.items() if count < 20} == {}


def _some_dependence(field: str) -> Callable[[SchedulingProblem], bool]:
    return lambda problem: any(getattr(d, field) for d in problem.dependences)


def _some_operation(field: str) -> Callable[[SchedulingProblem], bool]:
    return lambda problem: any(getattr(o, field) for o in problem.operations)


def _allocated(how: str) -> Callable[[SchedulingProblem], bool]:
    return lambda p: bool(p.buffers) and any(m.allocation == how for m in p.machine.memories)


FEATURES: dict[str, Callable[[SchedulingProblem], bool]] = {
    **{
        field: _some_dependence(field)
        for field in (
            "distance",
            "blocking",
            "handoff_cycles",
            "staged_bytes",
            "send_cycles",
            "receive_cycles",
            "received_registers",
        )
    },
    **{field: _some_operation(field) for field in ("wait_cycles", "queue", "variable_latency")},
    "recurrence": lambda p: any(d.distance and d.source >= d.target for d in p.dependences),
    "order only": lambda p: any(d.value is None for d in p.dependences),
    "in place": lambda p: any(d.release == "start" for d in p.dependences),
    "one warp": lambda p: any(o.warps == 1 for o in p.operations),
    "several units": lambda p: any(len(o.reservations) > 1 for o in p.operations),
    "offset": lambda p: any(r.offset for o in p.operations for r in o.reservations),
    "wide unit": lambda p: any(u.capacity > 1 for u in p.machine.units),
    "meets itself": lambda p: any(
        r.cycles > minimum(p) for o in p.operations for r in o.reservations
    ),
    "shared buffer": lambda p: any(
        sum(v.buffer == b.name for v in p.values) > 1 for b in p.buffers
    ),
    "ring": _allocated("ring"),
    "pooled": _allocated("pooled"),
    "registers": lambda p: p.machine.registers is not None and any(v.registers for v in p.values),
    "together": lambda p: any(r.kind == "together" for r in p.rules),
    "apart": lambda p: any(r.kind == "apart" for r in p.rules),
    "most stages": lambda p: p.machine.most_stages is not None,
}
