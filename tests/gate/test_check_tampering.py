"""The gate catches what is done to a stored schedule itself, with and without a new seal."""

from collections.abc import Callable
from pathlib import Path

import pytest

from twill.models.answer import Answer
from twill.models.rows import schedule_rows
from twill.models.schedule_text import schedule_text
from twill.models.version import VERSION
from twill.solver.complete import complete_schedule
from twill.solver.objective_values import OBJECTIVES
from twill.tests.support.gate import BOUNDED, SEARCHED, checked

Edit = Callable[[str, str, str], None]


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ('"lower_bound": 1024', '"lower_bound": 1023', "exclusions"),
        ('"recurrence": ', '"recurrence": 1', "bounds"),
        ('"held_spread": ', '"held_spread": 1', "stage bound"),
        ('"seal": "sha256:', '"seal": "sha256:0', "seal"),
        ('"twill", "', '"twill", "9', "seal"),
    ],
)
def test_a_tampered_certificate(
    old: str, new: str, name: str, edit: Edit, capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    edit(BOUNDED, old, new)
    schedule = checked(capsys, code=1)[BOUNDED]
    assert schedule["state"] == "invalid"
    assert name in {check["name"] for check in schedule["failed"]}
    checked(capsys, "--update")
    assert checked(capsys)[BOUNDED]["state"] == "unchanged"


def test_another_version_with_other_arithmetic_is_no_tampering(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The certificate was made by another version, whose stage bound was another."""
    file = repository / BOUNDED
    answer = Answer.model_validate_json(file.read_text())
    assert answer.certificate is not None
    stage_bound = answer.certificate.stage_bound.model_copy(update={"held_spread": 99})
    older = answer.certificate.model_copy(
        update={"stage_bound": stage_bound, "versions": (("twill", "0.0.9"),)}
    )

    file.write_text(schedule_text(answer.model_copy(update={"certificate": older})))
    assert VERSION != "0.0.9"
    schedule = checked(capsys)[BOUNDED]
    assert schedule["state"] == "different"
    assert any(reason.startswith("stage bound: ") for reason in schedule["reasons"])


def test_prove(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = checked(capsys, "--prove")
    (reproof,) = found[SEARCHED]["reproofs"]
    assert (reproof["initiation_interval"], reproof["verdict"]) == (571, "infeasible")
    assert reproof["standing"] == "again"  # both backends had excluded it
    assert found[BOUNDED]["reproofs"] == []


def test_a_certificate_that_claims_too_much_meets_a_backend(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Consistent in itself: a slower schedule, sealed, with an exclusion that no search gave."""

    file = repository / SEARCHED
    answer = Answer.model_validate_json(file.read_text())
    assert answer.schedule is not None
    assert answer.certificate is not None

    cycles = {p.operation: p.issue_cycle for p in answer.schedule.placements}
    groups = {p.operation: p.warp_group for p in answer.schedule.placements}
    slower = complete_schedule(answer.problem, 5000, cycles, groups)
    exclusion = answer.certificate.exclusions[-1].model_copy(update={"last": 4999})
    lie = answer.certificate.model_copy(
        update={
            "schedule_digest": slower.digest(),
            "least_initiation_interval": 5000,
            "lower_bound": 5000,
            "exclusions": (*answer.certificate.exclusions[:-1], exclusion),
            "objectives": tuple(
                o.model_copy(update={"value": OBJECTIVES[o.objective](answer.problem, slower)})
                for o in answer.certificate.objectives
            ),
        }
    )
    rows = schedule_rows(answer.problem, slower)
    changed = answer.model_copy(update={"schedule": slower, "certificate": lie, **rows})
    file.write_text(schedule_text(changed))
    assert checked(capsys)[SEARCHED]["state"] == "unchanged"  # without search, nothing tells
    schedule = checked(capsys, "--prove", code=1)[SEARCHED]
    assert schedule["state"] == "better"
    assert [check["name"] for check in schedule["failed"]] == ["proof", "core"]
    checked(capsys, "--prove", "--update")
    assert checked(capsys)[SEARCHED]["before"]["initiation_interval"] == 572


@pytest.mark.parametrize(
    ("blamed", "said"),
    [
        (("C1",), "core: C1 alone do not exclude it"),
        (("C1", "C2 tma", "C3", "C4", "C5"), "core: C1 can be spared; C4 can be spared"),
    ],
)
def test_families_that_are_blamed_wrongly_meet_a_backend(
    blamed: tuple[str, ...], said: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = repository / SEARCHED
    answer = Answer.model_validate_json(file.read_text())
    assert answer.certificate is not None
    last = answer.certificate.exclusions[-1]
    assert (last.because, last.because_is_least) == (("C2 tma", "C3", "C5"), True)
    lie = last.model_copy(update={"because": blamed})
    exclusions = (*answer.certificate.exclusions[:-1], lie)
    changed = answer.certificate.model_copy(update={"exclusions": exclusions})
    file.write_text(schedule_text(answer.model_copy(update={"certificate": changed})))
    assert checked(capsys)[SEARCHED]["state"] == "unchanged"  # without search, nothing tells
    schedule = checked(capsys, "--prove", code=1)[SEARCHED]
    assert (schedule["state"], schedule["reasons"]) == ("invalid", [said])
