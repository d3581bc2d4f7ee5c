"""Sensitivity and robustness in plain sentences; each says what its numbers say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..models.sensitivity import CostPoint, CostSide, Range, Robustness
from .explanation_sentences import MOST_SHARES, listed, outcome

DIFFERENCE = 10
"""Per cent of the two points that the elasticity is taken from."""


def cost_sentence(
    name: str,
    points: Sequence[CostPoint],
    sides: tuple[CostSide, CostSide],
    elasticity: float | None,
    before: int | None,
    seconds: float,
) -> str:
    """What a cost does to II, and how far the strategy stays best; `sides`: dearer, cheaper."""
    at = {point.percent: point for point in points}
    said = [
        f"{DIFFERENCE} % {word}{_as_rounded(at[percent])} {_found(at[percent], before, seconds)}"
        for word, percent in (("dearer", DIFFERENCE), ("cheaper", -DIFFERENCE))
        if percent in at
    ]
    if elasticity is not None:
        said.append(f"elasticity {elasticity:g}")
    return f"{name}: {'; '.join(said)}. {_strategy(points, *sides)}"


def cost_name(cost: str, stated: str) -> str:
    """A cost with what is stated of it."""
    return f"{cost} ({stated})" if stated else cost


def quiet_sentence(names: Sequence[str], most: int, before: int | None) -> str:
    """Costs that move nothing at any point; empty if there is none."""
    if not names or before is None:
        return ""
    what = "none of these moves" if len(names) > 1 else "this does not move"
    return (
        f"At each point checked within {most} %, {what} II from {before:,}, "
        f"and no other strategy is better: {listed(names)}."
    )


def absent_sentence(names: Sequence[str]) -> str:
    """Costs that the problem does not follow from; empty if there is none."""
    if not names:
        return ""
    if len(names) > MOST_SHARES:
        return f"{len(names)} other figures of the profile do not enter the problem."
    return f"What does not enter the problem: {listed(names)}."


def _as_rounded(point: CostPoint) -> str:
    if point.rounded_percent == point.percent:
        return ""
    return f" ({point.rounded_percent:+g} % in whole cycles)"


def _found(point: CostPoint, before: int | None, seconds: float) -> str:
    best = point.best
    told = outcome(best.status, best.upper, best.lower, before, seconds)
    if not point.attained_by:
        return told
    tie = "a tie of " if len(point.attained_by) > 1 else ""
    return f"{told}, attained by {tie}{listed(point.attained_by)}"


def _strategy(points: Sequence[CostPoint], dearer: CostSide, cheaper: CostSide) -> str:
    checked = [point.percent for point in points]
    most, least = max(checked, default=0), min(checked, default=0)
    if (dearer.holds_to, cheaper.holds_to) == (most, least) and most > 0 > least:
        return (
            f"This strategy stays best at each of the {len(checked)} points checked, "
            f"from {least:+d} % to {most:+d} %."
        )
    told = [*_side("Dearer", points, dearer, 1), *_side("Cheaper", points, cheaper, -1)]
    return " ".join(told)


def _side(word: str, points: Sequence[CostPoint], side: CostSide, sign: int) -> Iterator[str]:
    of_side = [p for p in points if p.percent * sign > 0]
    if not of_side:
        return
    said = []
    if side.holds_to:
        said.append(f"this strategy stays best at each point checked to {side.holds_to:+d} %")
    if side.open_at is not None:
        said.append(f"at {side.open_at:+d} % it is not decided")
    for point in of_side:
        if point.percent == side.beaten_from:
            said.append(f"at {point.percent:+d} % another is better, {_against(point)}")
    none = sorted((p.percent for p in of_side if p.verdict == "infeasible"), key=abs)
    if none:
        said.append(f"at {none[0]:+d} % no schedule exists")
    yield f"{word}: {', '.join(said)}."


def _against(point: CostPoint) -> str:
    held = point.held
    if held.status == "infeasible":
        return f"with II {point.best.upper:,} where this one has no schedule"
    this = f"{held.upper:,}" if held.status == "optimal" else f"{held.lower:,} or more"
    return f"with II {point.best.upper:,} against {this}"


def robust_sentences(robustness: Robustness, seconds: float) -> Iterator[str]:
    """The worst case, its price, and what becomes of the schedule at hand."""
    robust, nominal = robustness.robust, robustness.nominal.upper
    within = (
        f"While every duration is within {robustness.percent:g} % of what is stated, "
        "rounded outwards to whole cycles"
    )
    if robust.status == "infeasible":
        yield f"{within}, no schedule holds for sure: none exists with all at their longest."
    elif robust.status == "optimal":
        yield (
            f"{within}, the least interval at which one schedule holds is "
            f"{outcome(robust.status, robust.upper, robust.lower, nominal, seconds)}."
        )
        yield "No strategy does better in the worst case, even if it is timed anew for each case."
    else:
        yield f"{within}: {outcome(robust.status, robust.upper, robust.lower, nominal, seconds)}."
    yield _at_hand(robustness)
    yield from _held(robustness.held, robust)
    if robustness.schedule is not None:
        yield (
            "The verifier finds nothing wrong with the robust schedule at "
            f"{robustness.checked_corners} corners of the box and at {robustness.checked_points} "
            "points drawn within it."
        )


def _at_hand(robustness: Robustness) -> str:
    slack = f"{robustness.slack_percent:g} %"
    if robustness.nominal_holds:
        return f"The schedule at hand holds there too, and while none is more than {slack} longer."
    breaks = (
        "one constraint breaks"
        if len(robustness.broken) == 1
        else (
            f"{len(robustness.broken)} constraints break, {robustness.broken[0].split()[0]} first"
        )
    )
    return (
        f"The schedule at hand does not hold there: with all durations {robustness.percent:g} % "
        f"longer, {breaks}; it holds while none is more than {slack} longer."
    )


def _held(held: Range, robust: Range) -> Iterator[str]:
    if held.status == "infeasible" and robust.status != "infeasible":
        yield "Its strategy has no schedule at the longest durations."
    elif held.upper is not None and held.upper == robust.lower:
        yield "Its strategy is the best in the worst case."
    elif held.lower is not None and robust.upper is not None and held.lower > robust.upper:
        yield f"Its strategy needs {held.lower:,} cycles or more at the longest durations."
    elif held.status in ("feasible", "unknown"):
        yield "Whether its strategy is the best in the worst case is not decided."
