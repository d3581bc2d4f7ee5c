"""What is asked of the next schedule, of all sub-tiles that are equal."""

from __future__ import annotations

import pytest

from twill.emitter.amendments import TOGETHER, Amendable, with_fewer_stages
from twill.emitter.inputs import Emission
from twill.fitting import lowerable
from twill.models.errors import Unsupported
from twill.models.problem import Dependence, SchedulingProblem
from twill.models.schedule import Schedule
from twill.models.warp_program import WarpProgram
from twill.tests.support.emissions import emission


def amended(reason: Amendable) -> SchedulingProblem:
    """As attention is, checked at birth."""
    problem = reason.amended(emission("flash_attention_forward").problem)
    return SchedulingProblem.model_validate_json(problem.canonical_json())


def test_equal_sub_tiles_are_asked_the_same() -> None:
    order = Dependence(source="p[1]", target="s[1]", latency_cycles=7, distance=1)
    problem = amended(Amendable("", asked="", together=("p[0]", "acc[0]"), orders=(order,)))
    together = {rule.operations for rule in problem.rules if rule.rule == TOGETHER}
    assert together == {("acc[0]", "p[0]"), ("acc[1]", "p[1]")}
    added = [d for d in problem.dependences if d.latency_cycles == 7]
    assert {(d.source, d.target) for d in added} == {("p[0]", "s[0]"), ("p[1]", "s[1]")}


def test_what_is_asked_twice_changes_nothing() -> None:
    reason = Amendable("", asked="", together=("p[0]", "acc[0]"))
    once = amended(reason)
    assert reason.amended(once) == once


def test_one_stage_cannot_be_fewer() -> None:
    given = emission("flash_attention_forward")
    reason = with_fewer_stages(Unsupported("turns"), given.schedule)
    assert isinstance(reason, Amendable)
    assert reason.amended(given.problem).machine.most_stages == 1
    placements = tuple(
        one.model_copy(update={"issue_cycle": 0}) for one in given.schedule.placements
    )
    flat = given.schedule.model_copy(update={"placements": placements})
    flat = Schedule.model_validate_json(flat.canonical_json())
    assert not isinstance(with_fewer_stages(Unsupported("turns"), flat), Amendable)


def test_what_no_schedule_has_is_said() -> None:
    given = emission("gemm")
    order = Dependence(source="acc[0]", target="a_tile", latency_cycles=0)

    def refusing(emission: Emission) -> WarpProgram:
        raise Amendable("a reason", 3, asked="loads follow products", orders=(order,))

    with pytest.raises(Unsupported, match="3: a reason; in no schedule loads follow products"):
        lowerable(given, refusing, None)
