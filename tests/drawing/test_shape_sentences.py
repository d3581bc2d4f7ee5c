"""What is said of a search over shapes, most of all of one that a limit ended."""

import pytest

from twill.drawing.shape_sentences import shape_headline, shape_notes, shape_reasons, shape_rows
from twill.models.shape import Shape
from twill.models.shape_search import ShapeCandidate, ShapeSearch


def row(n: int, status: str, **told: object) -> ShapeCandidate:
    fields = {"shape": Shape(sizes={"N": n}, split={"N": 2}), "status": status, "work": 1000}
    return ShapeCandidate.model_validate({**fields, **told})


BEST = row(64, "optimal", minimum=10, initiation_interval=10, lower_bound=10, throughput=100.0)
FOUND = row(64, "feasible", minimum=5, initiation_interval=10, lower_bound=8, throughput=100.0)


def search(status: str, *rows: ShapeCandidate, best: int | None = 0) -> ShapeSearch:
    return ShapeSearch.model_validate(
        {
            "kernel": "k", "gpu": "g", "status": status, "unit": "elements", "best": best,
            "solves": 1, "candidates": rows, "notes": ("mind this",),
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (search("optimal", BEST), "; no shape has more; solved 1 of 1 shapes"),
        (search("feasible", BEST, row(8, "unknown", minimum=9)), "; others may have more: a limit"),
        (
            search("feasible", BEST, row(8, "unknown", minimum=10)),
            "; none has more, but one that loads less may have as much: a limit was reached",
        ),
        (search("feasible", FOUND), "; it or others may have more: a limit was reached"),
    ],
)
def test_how_sure_it_is(found: ShapeSearch, said: str) -> None:
    head = f"{found.status}: N = 64, split N = 2: 100.0 elements a cycle, II 10"
    assert shape_headline(found).startswith(f"{head}{said}")


def test_without_a_schedule() -> None:
    none = search("infeasible", row(8, "infeasible"), best=None)
    assert shape_headline(none) == "infeasible: no shape has a schedule; solved 1 of 1 shapes"
    unknown = search("unknown", row(8, "unknown"), best=None)
    assert "unknown: no shape was found to have a schedule" in shape_headline(unknown)


def test_ties_are_counted() -> None:
    tie, less = row(8, "outdone", minimum=10), row(16, "outdone", minimum=11)
    assert shape_notes(search("optimal", BEST, less)) == ("mind this",)
    one, note = shape_notes(search("optimal", BEST, tie, less))
    assert one.startswith("1 shape that was not solved is at best equal to it")
    assert note == "mind this"
    assert shape_notes(search("optimal", BEST, tie, tie))[0].startswith(
        "2 that were not solved are"
    )
    rows = shape_rows(search("optimal", BEST, tie, less))
    assert [r["status"] for r in rows] == ["optimal", "outdone: at best equal", "outdone"]
    assert [r[""] for r in rows] == ["*", "", ""]


def test_the_first_of_many_causes_and_how_many_there_are() -> None:
    refused = row(8, "infeasible", reason="a takes 3; b takes 4; c takes 5")
    said = shape_reasons(search("optimal", BEST, refused))
    assert said == ("N = 8, split N = 2: infeasible: a takes 3 (and 2 more)",)
