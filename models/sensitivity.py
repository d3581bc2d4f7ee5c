"""What wrong costs make of an initiation interval, cost by cost and in the worst case."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .answer import Status
from .document import Count, Document, Name, Positive
from .schedule import Schedule

SettledBy = Literal["bound", "comparison", "search", "nothing"]
"""bound: a known schedule holds at the MinII of the changed problem; comparison: at the interval
proved least for lower costs; search: a backend was asked; nothing: a limit was reached."""

Verdict = Literal["best", "beaten", "open", "infeasible"]
"""Of the strategy at hand: best: none is better, proved; beaten: another is, proved; open: a limit
was reached; infeasible: no strategy has a schedule."""

Percent = Annotated[int, Field(ge=-100, le=1000)]


class Range(Document):
    """What is proved of a least initiation interval: cycles from `lower` to `upper`."""

    status: Status
    lower: Positive | None  # no schedule is below; None: not known, or there is none at all
    upper: Positive | None  # a verified schedule has this one; equal to `lower` if optimal
    settled_by: SettledBy


class CostPoint(Document):
    """One cost at another value: the least interval with the strategy held, and with any."""

    percent: Percent  # by how much the cost differs from what is stated
    # The same once durations are whole cycles, rounded to tenths; other than `percent` where a
    # graph states few cycles.
    rounded_percent: float
    held: Range
    best: Range
    verdict: Verdict
    attained_by: tuple[str, ...]  # units and `recurrence` at MinII, if `best` equals it; a tie: all
    better_groups: tuple[tuple[Name, ...], ...] = ()  # of a strategy that beats the one held


class CostSide(Document):
    """One direction of a change, from what is stated outwards."""

    holds_to: Percent  # the strategy is best here and at every point checked before; 0: at no point
    beaten_from: Percent | None  # another is better here; nothing is known between the two
    open_at: Percent | None  # the first point at which a limit was reached


class CostSensitivity(Document):
    """One cost, and what its being wrong would mean."""

    cost: str  # path of the figure in the profile, or `duration of OPERATION`
    stated: str  # value and unit, and the kind of its source; empty for graphs
    points: tuple[CostPoint, ...]  # by percent
    # Share by which II differs between +10 % and -10 %, over the share by which the cost does (as
    # rounded), to hundredths: a difference of two proved optima. None if one is not proved, or if
    # rounding leaves no difference of the cost.
    elasticity: float | None
    dearer: CostSide
    cheaper: CostSide
    sentence: str


class Sensitivity(Document):
    """Every cost that the problem depends on, each changed alone."""

    nominal: Range  # at the stated costs
    strategy: tuple[tuple[Name, ...], ...]  # the operations of each warp group but the producer
    costs: tuple[CostSensitivity, ...]
    without_effect: tuple[str, ...]  # costs of the profile that change nothing in this problem
    not_reached: Count  # costs that a stop left out
    questions: Count
    searches: Count  # questions that needed a backend
    sentences: tuple[str, ...]


class Robustness(Document):
    """The least interval of one schedule that holds whatever the durations are within +-P %."""

    percent: float
    nominal: Range  # at the stated durations
    robust: Range  # with every duration at its upper end, which is the worst case
    price_percent: float | None  # of robust above nominal, rounded to hundredths
    held: Range  # the same with the strategy of the schedule at hand
    nominal_holds: bool  # the schedule at hand keeps every constraint within the box
    # The largest tenth of a per cent by which all durations may be longer before the schedule at
    # hand breaks a constraint; up to 100.
    slack_percent: float
    broken: tuple[str, ...]  # what it breaks at the upper end
    schedule: Schedule | None  # the robust one
    strategy: tuple[tuple[Name, ...], ...]  # of the robust schedule
    checked_corners: Count  # of the box, by the verifier
    checked_points: Count  # of the box, drawn with `seed`
    seed: Count
    searches: Count
    sentences: tuple[str, ...]
