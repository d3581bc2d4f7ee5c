"""Tampering with any field of a stored schedule is caught, and by a check that has a name.

Whoever changes a field and forgets the seal is caught by the seal. Whoever seals again is caught by
arithmetic, but for what only a search can tell.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from twill.gate.origin import without_texts
from twill.gate.verification import verify_answer
from twill.models.answer import Answer
from twill.models.certificate import Exclusion
from twill.models.errors import InvalidInput
from twill.models.schedule_text import schedule_text
from twill.models.solve_options import SolveOptions
from twill.pipeline import read_task, solve_file, solve_task
from twill.tests.support.tampering import (
    Place,
    other_value,
    places,
    value_at,
    with_value,
    without_item,
)

# Above MinII, so that the certificate rests on a search; with a second strategy.
ANSWER = solve_task(
    read_task("fp8_gemm_block_scales", "b200"), SolveOptions(prove=True, top=2)
).sealed()
DOCUMENT = json.loads(schedule_text(ANSWER))
LEAST, MINIMUM = 572, 521
LATENCY = DOCUMENT["problem"]["operations"][1]["latency_cycles"]

ONLY_SEARCH_TELLS = (
    ("certificate", "objectives", None, "proved"),
    ("certificate", "exclusions", None, "because_is_least"),
    ("certificate", "versions"),  # any version may have made it
    ("effort",),
    ("seconds",),
    ("origin",),
    ("sources",),  # with texts they are checked, below; without, against the files they name
    ("alternatives", None, "schedule"),  # what is as good may stand there as well
    ("seal",),
)


def is_below(place: Place, above: tuple[str | int | None, ...]) -> bool:
    """Whether a place lies at or under another; None stands for any item."""
    pairs = zip(place, above, strict=False)
    return len(place) >= len(above) and all(b is None or a == b for a, b in pairs)


def changes() -> Iterator[tuple[Place, Any]]:
    """The document without its texts, with each of its values changed in turn."""
    stored = ANSWER.model_copy(update={"sources": without_texts(ANSWER.sources)})
    document = json.loads(schedule_text(stored))
    for place in places(document):
        yield place, with_value(document, place, other_value(value_at(document, place)))


def read(document: Any) -> Answer | None:
    """The answer, if the document is one at all."""
    try:
        return Answer.model_validate_json(json.dumps(document))
    except (ValidationError, InvalidInput):
        return None


def failed(document: Any, *, sealed: bool) -> set[str]:
    """Names of the checks that fail; `form` where the document is not even read."""
    answer = read(document)
    if answer is None:
        return {"form"}
    return {c.name for c in verify_answer(answer.sealed() if sealed else answer, "-").failed}


def test_nothing_fails_as_it_was_written() -> None:
    assert failed(DOCUMENT, sealed=False) == set()
    assert ANSWER.certificate is not None
    assert (ANSWER.initiation_interval, ANSWER.certificate.bounds.minimum) == (LEAST, MINIMUM)
    assert ANSWER.certificate.exclusions[-1].proved_by == ("cp-sat", "z3")
    assert len(ANSWER.alternatives) == 1


def test_the_seal_catches_every_change() -> None:
    missed = []
    for place, changed in changes():
        answer = read(changed)
        if answer is not None and answer.seal == answer.sealed().seal:
            missed.append(place)
    assert missed == []


def test_whoever_seals_again_is_caught_by_arithmetic() -> None:
    places_changed = [
        (place, changed)
        for place, changed in changes()
        if not any(is_below(place, above) for above in ONLY_SEARCH_TELLS)
    ]
    assert len(places_changed) > 500
    uncaught = [place for place, changed in places_changed if not failed(changed, sealed=True)]
    assert uncaught == []


NAMED: list[tuple[Place, Any, str]] = [
    (("status",), "feasible", "status"),
    (("kernel",), "gemm", "problem"),
    (("gpu",), "b300", "problem"),
    (("initiation_interval",), LEAST - 1, "rows"),
    (("bounds", "minimum"), MINIMUM - 1, "bounds"),
    (("operations", 0, "issue_cycle"), 1, "rows"),
    (("warp_groups", 0, "name"), "compute-9", "rows"),
    (("rings", 0, "depth"), 9, "rows"),
    (("problem", "operations", 1, "latency_cycles"), LATENCY + 1, "problem"),
    (("schedule", "placements", 1, "issue_cycle"), 1, "constraints"),
    (("schedule", "rings", 0, "depth"), 1, "constraints"),
    (("schedule", "initiation_interval"), LEAST - 1, "constraints"),
    (("alternatives", 0, "schedule", "initiation_interval"), LEAST + 1, "alternatives"),
    (("certificate", "problem_digest"), "sha256:0", "problem"),
    (("certificate", "schedule_digest"), "sha256:0", "schedule"),
    (("certificate", "least_initiation_interval"), LEAST - 1, "least interval"),
    (("certificate", "lower_bound"), LEAST - 1, "exclusions"),
    (("certificate", "bounds", "recurrence"), 1, "bounds"),
    (("certificate", "monotone"), False, "class"),
    (("certificate", "stage_bound", "held_spread"), 1, "stage bound"),
    (("certificate", "stage_bound", "argued"), 8, "stage bound"),
    (("certificate", "stage_bound", "stages"), 9, "stage bound"),
    (("certificate", "exclusions", 0, "last"), MINIMUM - 2, "exclusions"),
    (("certificate", "exclusions", 1, "first"), MINIMUM + 1, "exclusions"),
    (("certificate", "exclusions", 1, "last"), LEAST - 2, "exclusions"),
    (("certificate", "exclusions", 1, "by"), "bound", "exclusions"),
    (("certificate", "exclusions", 1, "argument"), "each", "exclusions"),
    (("certificate", "exclusions", 1, "proved_by"), ["z3", "z3"], "exclusions"),
    (("certificate", "exclusions", 0, "because"), ["C1"], "blame"),
    (("certificate", "exclusions", 1, "because"), ["C2 gpu"], "blame"),
    (("certificate", "objectives", 0, "value"), 2, "objectives"),
    (("certificate", "objectives", 0, "objective"), "beauty", "objectives"),
    (("certificate", "verified"), ["C1"], "families"),
    (("certificate", "model"), [], "model"),
    (("certificate", "versions"), [], "versions"),
    (("certificate",), None, "status"),
    (("sources", "profile_digest"), "sha256:0", "texts"),
    (("sources", "kernel"), "kernel: gemm\n", "texts"),
    (("seal",), "", "seal"),
]


@pytest.mark.parametrize(("place", "value", "name"), NAMED, ids=[str(n[0]) for n in NAMED])
def test_a_tampered_field_is_caught_by_name(place: Place, value: Any, name: str) -> None:
    assert name in failed(with_value(DOCUMENT, place, value), sealed=name != "seal")


def test_one_strategy_is_not_two() -> None:
    (other,) = ANSWER.alternatives
    twice = ANSWER.model_copy(update={"alternatives": (other, other)}).sealed()
    (fault,) = verify_answer(twice, "-").failed
    assert (fault.name, fault.sentence) == ("alternatives", "strategy 3 is strategy 2 again")


def test_a_missing_exclusion_leaves_a_gap() -> None:
    for index in (0, 1):
        missing = without_item(DOCUMENT, ("certificate", "exclusions", index))
        assert "exclusions" in failed(missing, sealed=True)


def test_overlapping_exclusions_are_wrong() -> None:
    twice = without_item(DOCUMENT, ("certificate", "exclusions", 0))
    twice["certificate"]["exclusions"].insert(
        0,
        Exclusion(
            first=1, last=MINIMUM - 1, by="search", argument="monotone", proved_by=()
        ).model_dump(mode="json"),
    )
    assert "exclusions" in failed(twice, sealed=True)


def test_a_limit_of_stages_by_choice_is_told() -> None:
    task = read_task("paper_running_example")
    answer = solve_task(task, SolveOptions(stages=2)).sealed()
    verified = verify_answer(answer, "-")
    said = {check.name: check.sentence for check in verified.checks}
    assert verified.failed == ()
    assert "by choice no more than 2" in said["stage bound"]


def test_infeasible_is_checked_by_arithmetic_too(tmp_path: Any) -> None:
    file = tmp_path / "graph.yaml"
    file.write_text(
        "graph: g\nmachine: {units: {TC: 1}}\noperations: {A: {latency: 5, uses: {TC: 1}}, "
        "B: {latency: 5}}\ndependences: [A -> B -> A]\n"
    )
    answer = solve_file(str(file)).sealed()
    assert answer.status == "infeasible"
    assert verify_answer(answer, "-").failed == ()
    possible = solve_file("paper_running_example")
    lie = answer.model_copy(update={"problem": possible.problem}).sealed()
    assert {check.name for check in verify_answer(lie, "-").failed} >= {"bounds", "problem"}
