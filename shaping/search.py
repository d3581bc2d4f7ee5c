"""The best shape of a kernel by throughput: shapes that MinII rules out are not solved."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ..extractor.build import build_problem
from ..extractor.computed import has_unlike_work, unlike_arguments
from ..extractor.shapes import listed_shapes, with_shape
from ..models.answer import Status
from ..models.errors import InvalidKernel, Problem
from ..models.kernel import KernelDocument
from ..models.profile import GpuProfile
from ..models.shape import rounded, shape_text, throughput
from ..models.shape_search import ShapeCandidate, ShapeSearch
from ..models.solve_options import SolveOptions
from ..reader.located import Located
from ..solver.question import Stop
from ..solver.search import find_schedule
from ..solver.solution import Solution
from .priced import Priced, price_shape
from .turns import best_of, in_order, solve_in_turn, status_of

SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Asking:
    """How shapes are solved; a stop ends it, and what was found by then is the answer."""

    seconds: float = SECONDS  # of each shape
    stop: Stop = field(default_factory=Stop)
    say: Callable[[str], None] = lambda sentence: None  # before each solve
    every: bool = False  # solve also what the bounds rule out


@dataclass(frozen=True, slots=True)
class BestShape:
    """The table of all shapes, and the document of the best one if there is any."""

    search: ShapeSearch
    document: Located[KernelDocument] | None


def search_shapes(
    document: Located[KernelDocument], profile: GpuProfile, asking: Asking | None = None
) -> BestShape:
    """Solve shapes, best bound first, until no bound left comes before the best shape proved.

    Raises InvalidKernel where there is nothing to choose, or the kernel is refused in every shape.
    """
    return SearchOverShapes(document, profile, asking or Asking()).run()


class SearchOverShapes:
    """`search_shapes`, which another thread may ask what is known so far."""

    def __init__(
        self, document: Located[KernelDocument], profile: GpuProfile, asking: Asking
    ) -> None:
        """Begins with `run`."""
        self._document, self._profile, self._asking = document, profile, asking
        self._started = time.perf_counter()
        self._priced: tuple[Priced, ...] = ()
        self._rows: list[ShapeCandidate] = []

    def run(self) -> BestShape:
        """Raises InvalidKernel as `search_shapes` does."""
        priced = in_order(_priced(self._document, self._profile, self._asking))
        if all(shape.row.status == "refused" for shape in priced):
            raise _none_left(self._document, priced)
        self._priced = priced
        solver = _Solver(self._document, self._profile, self._asking, len(priced))
        for row in solve_in_turn(priced, solver.solve, every=self._asking.every):
            self._rows.append(row)
        return self._found(tuple(self._rows))

    def so_far(self) -> BestShape | None:
        """What is known while `run` is at work; None before it has all bounds."""
        if not self._priced:
            return None
        rows = tuple(self._rows)
        left = (shape.row for shape in self._priced[len(rows) :])
        return self._found((*rows, *map(_interrupted, left)))

    def _found(self, rows: tuple[ShapeCandidate, ...]) -> BestShape:
        priced = self._priced
        best = best_of(priced, rows)
        search = ShapeSearch(
            kernel=self._document.value.kernel,
            gpu=self._profile.profile,
            status=status_of(priced, rows, best),
            unit=next(shape.unit for shape in priced if shape.row.status != "refused"),
            best=best,
            solves=sum(row.seconds > 0 for row in rows),
            candidates=rows,
            notes=tuple(_notes(priced)),
            seconds=round(time.perf_counter() - self._started, 3),
        )
        if best is None:
            return BestShape(search, None)
        shape = rows[best].shape
        return BestShape(search, with_shape(self._document, self._profile.target, shape))


def _priced(
    document: Located[KernelDocument], profile: GpuProfile, asking: Asking
) -> Iterator[Priced]:
    for place, shape in enumerate(listed_shapes(document, profile.target)):
        if asking.stop.requested:
            yield Priced(place, ShapeCandidate(shape=shape, status="unknown"))
        else:
            yield price_shape(place, shape, document, profile)


def _none_left(document: Located[KernelDocument], priced: tuple[Priced, ...]) -> InvalidKernel:
    """Each shape and why it is refused."""
    line, column = document.key_position("sizes")
    problems = tuple(
        Problem(f"{shape_text(p.row.shape)}: {p.row.reason}", document.file, line, column, p.cure)
        for p in priced
    )
    return InvalidKernel(problems[0].message, problems=problems)


@dataclass(slots=True)
class _Solver:
    document: Located[KernelDocument]
    profile: GpuProfile
    asking: Asking
    shapes: int
    solved: int = 0

    def solve(self, shape: Priced) -> ShapeCandidate:
        row, asking = shape.row, self.asking
        if asking.stop.requested:
            return _interrupted(row)
        self.solved += 1
        most = f"at most {row.most_throughput:,.1f}"
        asking.say(f"solve {self.solved} ({self.shapes} shapes): {shape_text(row.shape)}, {most}")
        shaped = with_shape(self.document, self.profile.target, row.shape)
        problem = build_problem(shaped, self.profile)
        options = SolveOptions(seconds=asking.seconds, objectives=(), blame_work=0)
        return _told(row, find_schedule(problem, options, stop=asking.stop))


def _interrupted(row: ShapeCandidate) -> ShapeCandidate:
    return row.model_copy(update={"reason": "interrupted"}) if row.status == "unknown" else row


def _told(row: ShapeCandidate, solution: Solution) -> ShapeCandidate:
    interval = solution.schedule.initiation_interval if solution.schedule is not None else None
    lower = solution.certificate.lower_bound if solution.certificate is not None else row.minimum
    told = {
        "status": _proved(solution, interval, lower),
        "reason": "" if interval == lower else solution.reason,
        "initiation_interval": interval,
        "lower_bound": lower,
        "throughput": None if interval is None else rounded(throughput(row.work, interval)),
        "seconds": max(0.001, round(solution.effort.seconds, 3)),
    }
    return row.model_copy(update=told)


def _proved(solution: Solution, interval: int | None, lower: int | None) -> Status:
    """Which of the schedules with the least interval is best was not asked."""
    settled = solution.status == "feasible" and interval == lower
    return "optimal" if settled else solution.status


def _notes(priced: tuple[Priced, ...]) -> Iterator[str]:
    """Said where lists change what is computed: then the most work in a cycle need not be best."""
    computed = [shape.computed for shape in priced if shape.computed is not None]
    arguments = unlike_arguments(computed)
    if arguments:
        yield (
            f"the lists change the shape of {', '.join(arguments)}: "
            "shapes are compared that do not compute the same"
        )
    elif has_unlike_work(computed):
        yield (
            "the lists change how much useful work goes into an element of the result: "
            "more of it in a cycle need not be done sooner"
        )
