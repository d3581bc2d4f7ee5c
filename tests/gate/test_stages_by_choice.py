"""A certificate may say that fewer stages were asked for; then it is not the least II of all."""

from pathlib import Path

import pytest

from twill.drawing.sentences import certificate_sentences
from twill.gate.verification import verify_answer
from twill.models.answer import Answer
from twill.models.rows import schedule_rows
from twill.models.schedule_text import schedule_text
from twill.solver.certificate import model_choices
from twill.solver.complete import complete_schedule
from twill.solver.objective_values import OBJECTIVES
from twill.tests.support.gate import SEARCHED, checked

SLOWER = 1000


def slower_within(answer: Answer, stages: int) -> Answer:
    """Consistent in itself: a slower schedule, said to be the least within so many stages."""
    assert answer.schedule is not None
    assert answer.certificate is not None
    cycles = {p.operation: p.issue_cycle for p in answer.schedule.placements}
    groups = {p.operation: p.warp_group for p in answer.schedule.placements}
    slower = complete_schedule(answer.problem, SLOWER, cycles, groups)
    last = answer.certificate.exclusions[-1]
    exclusion = last.model_copy(
        update={"last": SLOWER - 1, "proved_by": (), "because": (), "because_is_least": False}
    )
    bound = answer.certificate.stage_bound.model_copy(update={"stages": stages, "kind": "rule"})
    objectives = tuple(
        o.model_copy(update={"value": OBJECTIVES[o.objective](answer.problem, slower)})
        for o in answer.certificate.objectives
    )
    lie = answer.certificate.model_copy(
        update={
            "schedule_digest": slower.digest(),
            "least_initiation_interval": SLOWER,
            "lower_bound": SLOWER,
            "stage_bound": bound,
            "exclusions": (*answer.certificate.exclusions[:-1], exclusion),
            "objectives": objectives,
            "model": tuple(model_choices(answer.problem, bound)),
        }
    )
    rows = schedule_rows(answer.problem, slower)
    return answer.model_copy(update={"schedule": slower, "certificate": lie, **rows}).sealed()


def test_a_schedule_of_more_stages_than_were_asked_for_is_wrong(repository: Path) -> None:
    """No schedule at all has one stage here: that excludes nothing below one that has three."""
    answer = Answer.model_validate_json((repository / SEARCHED).read_text())
    verified = verify_answer(slower_within(answer, 1), "-")
    assert [check.name for check in verified.failed] == ["stage bound"]
    assert "the schedule takes 3" in verified.failed[0].sentence


def test_what_was_left_out_by_choice_is_said_and_solved(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = repository / SEARCHED
    answer = Answer.model_validate_json(file.read_text())
    restricted = slower_within(answer, 3)
    assert "that 4 to 8 stages, left out by choice, are no better" in (
        verify_answer(restricted, "-").trusted
    )
    said = "up to 3 stages from first issue to last result were covered, by choice; whether longer"
    assert said in " ".join(certificate_sentences(restricted))
    file.write_text(schedule_text(restricted))
    schedule = checked(capsys, code=1)[SEARCHED]
    assert schedule["state"] == "better"
    assert schedule["after"]["initiation_interval"] == 572
    assert schedule["notes"] == ["it was solved with fewer stages than could help"]


def test_nothing_is_said_where_nothing_was_left_out(repository: Path) -> None:
    answer = Answer.model_validate_json((repository / SEARCHED).read_text())
    assert not any("by choice" in sentence for sentence in verify_answer(answer, "-").trusted)
