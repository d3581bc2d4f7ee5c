"""What more a schedule has to obey so that it can be lowered, where the one found cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..models.errors import Unsupported
from ..models.problem import Dependence, LegalityRule, SchedulingProblem
from ..models.schedule import Schedule

TOGETHER = "lowered-together/1"


class Amendable(Unsupported):
    """A schedule that cannot be lowered, though another one of its problem could be.

    That is one with the operations of `together` in one warp group, with the dependences `orders`,
    and of at most `stages`; `asked` says the same in words.
    """

    def __init__(
        self, message: str, line: int | None = None, *, asked: str,
        together: Iterable[str] = (), orders: Iterable[Dependence] = (), stages: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message, line)
        self.asked, self._stages = asked, stages
        self._together, self._orders = frozenset(together), tuple(orders)

    def amended(self, problem: SchedulingProblem) -> SchedulingProblem:
        """The problem with what is asked, and the same of sub-tiles that are equal."""
        images = list(_images(problem, self._names()))
        rules = dict.fromkeys(problem.rules)
        if self._together:
            rules |= dict.fromkeys(_together(image[o] for o in self._together) for image in images)
        orders = dict.fromkeys(problem.dependences)
        orders |= dict.fromkeys(_moved(order, image) for image in images for order in self._orders)
        more = {"rules": tuple(rules), "dependences": tuple(orders)}
        if self._stages is None:
            return problem.model_copy(update=more)
        machine = problem.machine.model_copy(update={"most_stages": self._stages})
        return problem.model_copy(update={**more, "machine": machine})

    def _names(self) -> frozenset[str]:
        ends = (end for order in self._orders for end in (order.source, order.target))
        return self._together.union(ends)


def _images(problem: SchedulingProblem, names: frozenset[str]) -> Iterator[Mapping[str, str]]:
    """The operations themselves, and where the symmetries of the problem take them."""
    swaps = [{a: b for pair in s for a, b in (pair, pair[::-1])} for s in problem.symmetries]
    todo = [{name: name for name in sorted(names)}]
    seen = {tuple(todo[0].values())}
    while todo:
        image = todo.pop()
        yield image
        for swap in swaps:
            moved = {name: swap.get(other, other) for name, other in image.items()}
            if tuple(moved.values()) not in seen:
                seen.add(tuple(moved.values()))
                todo.append(moved)


def _together(names: Iterable[str]) -> LegalityRule:
    return LegalityRule(rule=TOGETHER, kind="together", operations=tuple(sorted(names)))


def _moved(order: Dependence, image: Mapping[str, str]) -> Dependence:
    ends = {"source": image[order.source], "target": image[order.target]}
    return order.model_copy(update=ends)


def with_fewer_stages(reason: Unsupported, schedule: Schedule) -> Unsupported:
    """The same reason, if fewer stages may help: iterations that overlap less are in step."""
    stages = 1 + max(schedule.stage(one.operation) for one in schedule.placements)
    if stages == 1:
        return reason
    return Amendable(
        reason.problems[0].message, asked=f"there are at most {stages - 1} stages",
        stages=stages - 1,
    )  # fmt: skip
