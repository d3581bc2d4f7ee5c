"""Schedules as the solver first finds them, not the best: what lowers must be right as well."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from twill.emitter.lowering import lower
from twill.emitter.machine.late_warps import check_late_warps
from twill.emitter.machine.protocol import run_protocols
from twill.extractor.sample_cases import sample_cases
from twill.models.errors import Unsupported
from twill.solver.bounds import compute_bounds
from twill.solver.cp_sat.backend import solve
from twill.solver.question import Limit, Question, Stop
from twill.tests.support.emissions import emission, faults

PERCENT = (100, 110, 150, 200, 300)
"""Of MinII."""

ALLOWED = ("more than one copy at once", "a second version in registers", "twice before")
"""What may keep a schedule from being emitted."""


@pytest.mark.parametrize("stages", [2, 3, 5])
@pytest.mark.parametrize("name", ["gemm", "dual_gemm_swiglu", "flash_attention_forward"])
def test_a_schedule_is_right_or_refused_by_name(name: str, stages: int) -> None:
    given = emission(name, "b200")
    case = sample_cases(given.program)[0]
    minimum = compute_bounds(given.problem).minimum
    outcomes: Counter[str] = Counter()
    for percent in PERCENT:
        question = Question(given.problem, minimum * percent // 100, stages)
        found = solve(question, Limit(work=4.0), Stop()).schedule
        if found is None:
            continue
        try:
            program = lower(replace(given, schedule=found))
        except Unsupported as refused:
            outcomes[next((w for w in ALLOWED if w in str(refused)), str(refused))] += 1
            continue
        for trips in (0, 1, 2, 3, 4, 5, 11):
            run_protocols(program, trips, range(10))
        check_late_warps(program)
        assert faults(program, case, seed=percent) == 0
        outcomes["right"] += 1
    assert outcomes["right"] > 0
    assert set(outcomes) <= {"right", *ALLOWED}
