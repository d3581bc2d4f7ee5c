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
from ..models.shape import Shape, rounded, shape_text, throughput
from ..models.shape_search import ShapeCandidate, ShapeSearch
from ..models.solve_options import SolveOptions
from ..reader.located import Located
from ..solver.question import Stop
from ..solver.search import find_schedule
from ..solver.solution import Solution
from .priced import Priced, Rank, price_shape

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
    started, asking = time.perf_counter(), asking or Asking()
    priced = _priced(document, profile, asking)
    if all(shape.row.status == "refused" for shape in priced):
        raise _none_left(document, priced)
    search = _Search(document, profile, asking)
    rows = tuple(search.solved(priced))
    best = _best(priced, rows)
    found = ShapeSearch(
        kernel=document.value.kernel,
        gpu=profile.profile,
        status=_status(priced, rows, best),
        unit=next(shape.unit for shape in priced if shape.row.status != "refused"),
        best=best,
        solves=sum(row.seconds > 0 for row in rows),
        candidates=rows,
        notes=tuple(_notes(priced)),
        seconds=round(time.perf_counter() - started, 3),
    )
    return BestShape(found, None if best is None else search.shaped(rows[best].shape))


def _priced(
    document: Located[KernelDocument], profile: GpuProfile, asking: Asking
) -> tuple[Priced, ...]:
    """Every shape, the best bound first; then those that need no solve, the refused ones last."""
    found = []
    for place, shape in enumerate(listed_shapes(document, profile.target)):
        if asking.stop.requested:
            found.append(Priced(place, ShapeCandidate(shape=shape, status="unknown")))
        else:
            found.append(price_shape(place, shape, document, profile))
    asked = [shape for shape in found if shape.row.status == "unknown"]
    asked.sort(key=lambda shape: shape.rank(shape.row.minimum), reverse=True)
    none = [shape for shape in found if shape.row.status == "infeasible"]
    return (*asked, *none, *(shape for shape in found if shape.row.status == "refused"))


def _none_left(document: Located[KernelDocument], priced: tuple[Priced, ...]) -> InvalidKernel:
    """Each shape and why it is refused."""
    line, column = document.key_position("sizes")
    problems = tuple(
        Problem(f"{shape_text(p.row.shape)}: {p.row.reason}", document.file, line, column, p.cure)
        for p in priced
    )
    return InvalidKernel(problems[0].message, problems=problems)


@dataclass(frozen=True, slots=True)
class _Search:
    document: Located[KernelDocument]
    profile: GpuProfile
    asking: Asking

    def solved(self, priced: tuple[Priced, ...]) -> Iterator[ShapeCandidate]:
        """A proved schedule rules out what even at its own MinII would come after it."""
        best: Rank | None = None
        for number, shape in enumerate(priced, start=1):
            row = shape.row
            if row.status == "unknown":
                row = self._row(shape, best, f"{number} of {len(priced)}")
            if row.status == "optimal":
                rank = shape.rank(row.initiation_interval)
                best = rank if best is None else max(best, rank)
            yield row

    def shaped(self, shape: Shape) -> Located[KernelDocument]:
        return with_shape(self.document, self.profile.target, shape)

    def _row(self, shape: Priced, best: Rank | None, number: str) -> ShapeCandidate:
        row, asking = shape.row, self.asking
        most = shape.rank(row.minimum)
        if row.minimum is not None and best is not None and most < best and not asking.every:
            return _outdone(row, most, best)
        if asking.stop.requested:
            return row.model_copy(update={"reason": "interrupted"})
        asking.say(f"{number}: {shape_text(row.shape)}, at most {row.most_throughput:,.1f}")
        problem = build_problem(self.shaped(row.shape), self.profile)
        options = SolveOptions(seconds=asking.seconds, objectives=(), blame_work=0)
        return _told(row, find_schedule(problem, options, stop=asking.stop))


def _outdone(row: ShapeCandidate, most: Rank, best: Rank) -> ShapeCandidate:
    words = "at best equal to" if most[0] == best[0] else "its bound is below"
    reason = f"not solved: {words} {float(best[0]):,.1f}"
    told = {"status": "outdone", "reason": reason, "lower_bound": row.minimum}
    return row.model_copy(update=told)


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


def _best(priced: tuple[Priced, ...], rows: tuple[ShapeCandidate, ...]) -> int | None:
    found = [n for n, row in enumerate(rows) if row.initiation_interval is not None]
    return max(found, key=lambda n: priced[n].rank(rows[n].initiation_interval), default=None)


def _status(
    priced: tuple[Priced, ...], rows: tuple[ShapeCandidate, ...], best: int | None
) -> Status:
    """Optimal: its interval is proved, and no other shape can come before it."""
    open_shapes = [n for n, row in enumerate(rows) if row.status in ("feasible", "unknown")]
    if best is None:
        return "unknown" if open_shapes else "infeasible"
    found = priced[best].rank(rows[best].initiation_interval)
    most = (priced[n].rank(rows[n].lower_bound or rows[n].minimum) for n in open_shapes)
    settled = rows[best].status == "optimal" and all(rank < found for rank in most)
    return "optimal" if settled else "feasible"


def _notes(priced: tuple[Priced, ...]) -> Iterator[str]:
    """Said where lists change what is computed, for then no shape is better than another."""
    computed = [shape.computed for shape in priced if shape.computed is not None]
    arguments = unlike_arguments(computed)
    if arguments:
        what = f"the shape of {', '.join(arguments)}"
    elif has_unlike_work(computed):
        what = "how much useful work goes into an element of the result"
    else:
        return
    yield f"the lists change {what}: not all shapes compute the same; compare those that do"
