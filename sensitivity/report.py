"""Every cost of an answer changed alone, and the worst case of all of them together."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ..analysis.sensitivity_sentences import (
    absent_sentence,
    cost_name,
    cost_sentence,
    quiet_sentence,
)
from ..explaining import Asking
from ..models.answer import Answer
from ..models.errors import UsageError
from ..models.schedule import Schedule
from ..models.sensitivity import CostSensitivity, Range, Sensitivity
from .costs import Cost, costs_of
from .scan import STEPS, Pair, Scan, elasticity, side
from .solves import Found, Known, Solves
from .strategy import Groups, strategy_of, with_strategy


class Study:
    """One answer, its strategy, and everything that was solved about it so far."""

    def __init__(self, answer: Answer, asking: Asking) -> None:
        """Raises UsageError where the answer has no schedule, hence no strategy."""
        if answer.schedule is None or answer.initiation_interval is None:
            raise UsageError(
                f"no schedule to compare with: {answer.reason}",
                cure="solve with a larger --time-limit",
            )
        self.answer, self.asking = answer, asking
        self.schedule: Schedule = answer.schedule
        self.groups: Groups = strategy_of(answer.problem, answer.schedule)
        self.known = Known()
        best = Solves(asking, self.known)
        held = Solves(asking, self.known, lambda p: with_strategy(p, self.groups), best)
        self.pair = Pair(held, best)
        self.nominal = _nominal(answer)
        best.learn(answer.problem, Found(self.nominal, answer.schedule))

    @property
    def questions(self) -> int:
        """Different questions asked so far, the stated problem not among them."""
        return self.pair.best.questions + self.pair.held.questions - 1


def sensitivity(study: Study) -> Sensitivity:
    """What each cost of the problem does to the interval, and to the choice of strategy."""
    used, without = _split(study)
    asked, searched = study.questions, study.known.searches
    costs = tuple(_costs(study, used))
    found = Sensitivity(
        nominal=study.nominal,
        strategy=study.groups,
        costs=tuple(sorted(costs, key=lambda cost: -abs(cost.elasticity or 0))),
        without_effect=without,
        not_reached=len(used) - len(costs),
        questions=study.questions - asked,
        searches=study.known.searches - searched,
        sentences=(),
    )
    told = tuple(sentence for sentence in _sentences(found) if sentence)
    return found.model_copy(update={"sentences": told})


def _nominal(answer: Answer) -> Range:
    lower = answer.certificate.lower_bound if answer.certificate is not None else None
    proved = lower is not None and lower == answer.initiation_interval
    return Range(
        status="optimal" if proved else "feasible",
        lower=lower,
        upper=answer.initiation_interval,
        settled_by="search" if proved else "nothing",
    )


def _split(study: Study) -> tuple[list[Cost], tuple[str, ...]]:
    """Costs that the problem follows from, and those that it does not."""
    far = Fraction(max(STEPS), 100)
    used, without = [], []
    for cost in costs_of(study.answer):
        if study.asking.stop.requested:
            used.append(cost)  # whether it has an effect is not known
            continue
        changed = (cost.at(1 + far), cost.at(1 - far))
        if all(problem == study.answer.problem for problem in changed):
            without.append(cost.name)
        else:
            used.append(cost)
    return used, tuple(without)


def _costs(study: Study, used: list[Cost]) -> Iterator[CostSensitivity]:
    """What a stop cuts short says nothing of its cost and is left out."""
    for number, cost in enumerate(used, start=1):
        study.asking.say(f"{cost.name} ({number} of {len(used)})")
        changed = _changed(study, cost)
        if study.asking.stop.requested:
            return
        yield changed


def _changed(study: Study, cost: Cost) -> CostSensitivity:
    points = Scan(cost, study.pair, lambda: not study.asking.stop.requested).run()
    dearer, cheaper = side(points, 1), side(points, -1)
    share, before = elasticity(points, study.nominal), study.nominal.upper
    return CostSensitivity(
        cost=cost.name,
        stated=cost.stated,
        points=points,
        elasticity=share,
        dearer=dearer,
        cheaper=cheaper,
        sentence=cost_sentence(
            cost_name(cost.name, cost.stated),
            points,
            (dearer, cheaper),
            share,
            before,
            study.asking.seconds,
        ),
    )


def _sentences(found: Sensitivity) -> Iterator[str]:
    before = found.nominal.upper
    groups = "; ".join(", ".join(group) for group in found.strategy)
    yield f"The strategy at hand, by warp groups beside the producer: {groups or 'none'}."
    if found.nominal.status != "optimal":
        yield "Its interval is not proved least, so differences to it prove nothing."
    yield (
        f"Changed one by one: {len(found.costs)} costs. {found.questions:,} questions, "
        f"{found.searches:,} searched, the others settled by bounds and comparison."
    )
    if found.not_reached:
        yield f"Stopped: {found.not_reached} more costs were not changed."
    yield from (cost.sentence for cost in found.costs if not _is_quiet(cost, before))
    quiet = [cost_name(c.cost, c.stated) for c in found.costs if _is_quiet(c, before)]
    yield quiet_sentence(quiet, max(STEPS), before)
    yield absent_sentence(found.without_effect)


def _is_quiet(cost: CostSensitivity, before: int | None) -> bool:
    """Whether no point of it has another interval or another best strategy."""
    return all(
        point.verdict == "best" and point.best.upper == point.best.lower == before
        for point in cost.points
    )
