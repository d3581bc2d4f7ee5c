"""What two ranges prove of a strategy, and how points make a side and a difference."""

import pytest

from twill.models.sensitivity import CostPoint, CostSide, Range, Verdict
from twill.sensitivity.scan import elasticity, side, verdict


def found(lower: int | None, upper: int | None) -> Range:
    status = "optimal" if lower == upper else "unknown" if upper is None else "feasible"
    return Range.model_validate(
        {"status": status, "lower": lower, "upper": upper, "settled_by": "nothing"}
    )


NONE = Range(status="infeasible", lower=None, upper=None, settled_by="search")


@pytest.mark.parametrize(
    ("held", "best", "said"),
    [
        (found(10, 10), found(10, 10), "best"),
        (found(10, 10), found(9, 9), "beaten"),
        (found(10, None), found(8, 9), "beaten"),  # no optimum is needed for that
        (found(8, 10), found(10, 10), "best"),  # nothing is below 10 with any strategy
        (found(9, 10), found(9, 10), "open"),
        (found(9, 10), found(9, 9), "open"),
        (found(10, 10), found(9, 10), "open"),
        (found(1, None), found(1, None), "open"),
        (NONE, found(9, 9), "beaten"),
        (NONE, found(8, 9), "beaten"),
        (NONE, found(8, None), "open"),
        (NONE, NONE, "infeasible"),
    ],
)
def test_verdicts_claim_what_is_proved(held: Range, best: Range, said: Verdict) -> None:
    assert verdict(held, best) == said


def points(**said: str) -> list[CostPoint]:
    """Points by percent, named like `p5` and `m10`."""
    return [
        CostPoint.model_validate(
            {
                "percent": int(name[1:]) * (1 if name[0] == "p" else -1),
                "rounded_percent": 0.0,
                "held": found(10, 10),
                "best": found(10, 10),
                "verdict": verdict,
                "attained_by": (),
            }
        )
        for name, verdict in said.items()
    ]


def sides(holds: int, beaten: int | None = None, open_at: int | None = None) -> CostSide:
    return CostSide(holds_to=holds, beaten_from=beaten, open_at=open_at)


def test_a_side_ends_at_the_first_point_that_does_not_hold() -> None:
    all_best = points(p1="best", p10="best", p50="best")
    assert side(all_best, 1) == sides(50)
    assert side(all_best, -1) == sides(0)
    again = points(p1="best", p10="beaten", p20="best")
    assert side(again, 1) == sides(1, 10)
    assert side(points(m1="beaten", p1="best"), -1) == sides(0, -1)


def test_what_is_not_decided_ends_what_is_claimed() -> None:
    open_first = points(m1="best", m2="open", m5="best", m10="beaten")
    assert side(open_first, -1) == sides(-1, -10, -2)


def test_where_no_schedule_exists_nothing_is_best() -> None:
    assert side(points(p1="best", p2="infeasible"), 1) == sides(1)


def at(percent: int, interval: int | None, rounded: float | None = None) -> CostPoint:
    (point,) = points(p1="best")
    change = float(percent) if rounded is None else rounded
    best = found(interval, interval) if interval is not None else found(5, 9)
    return point.model_copy(update={"percent": percent, "rounded_percent": change, "best": best})


def test_the_elasticity_is_a_difference_of_proved_optima() -> None:
    assert elasticity([at(10, 110), at(-10, 90)], found(100, 100)) == 1.0
    assert elasticity([at(10, 103), at(-10, 100)], found(100, 100)) == 0.15
    assert elasticity([at(10, 97), at(-10, 100)], found(100, 100)) == -0.15
    assert elasticity([at(10, None), at(-10, 90)], found(100, 100)) is None
    assert elasticity([at(10, 110)], found(100, 100)) is None
    assert elasticity([at(10, 110), at(-10, 90)], found(90, 100)) is None


def test_the_elasticity_is_that_of_whole_cycles() -> None:
    """A cycle that is 10 % longer is two cycles, and one that is 10 % shorter is one."""
    assert elasticity([at(10, 3, 100.0), at(-10, 2, 0.0)], found(2, 2)) == 0.5
    assert elasticity([at(10, 3, 0.0), at(-10, 3, 0.0)], found(3, 3)) is None
