"""The best shape of a kernel by throughput: shapes that MinII rules out are not solved."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from .drawing.shape_sentences import shape_text
from .extractor.build import build_problem
from .extractor.language import parse_program
from .extractor.shapes import ShapedDocument, shaped_documents
from .extractor.useful_work import useful_work
from .models.answer import Status
from .models.errors import Infeasible, InvalidInput, InvalidKernel, Problem
from .models.kernel import KernelDocument
from .models.problem import SchedulingProblem
from .models.profile import GpuProfile
from .models.shape_search import ShapeCandidate, ShapeSearch, WorkUnit
from .reader.located import Located
from .solver.bounds import compute_bounds
from .solver.footprint import refuse_oversized
from .models.solve_options import SolveOptions
from .solver.question import Stop
from .solver.search import find_schedule
from .solver.solution import Solution

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


@dataclass(frozen=True, slots=True)
class _Known:
    """A shape before it is solved; without a problem it is settled already."""

    shaped: ShapedDocument
    row: ShapeCandidate
    unit: WorkUnit = "elements"
    problem: SchedulingProblem | None = None

    @property
    def most(self) -> Fraction:
        """Useful work for each cycle at MinII; 0 where no schedule can exist."""
        return _rate(self.row.work, self.row.minimum)


def search_shapes(
    document: Located[KernelDocument], profile: GpuProfile, asking: Asking | None = None
) -> BestShape:
    """Solve shapes, best bound first, until no bound left is better than the best shape found.

    Of equally good shapes the first in that order wins; at equal bounds it is the document's order.
    Raises InvalidKernel where there is nothing to choose, or the kernel is refused in every shape.
    """
    started = time.perf_counter()
    known = [_known(shaped, profile) for shaped in shaped_documents(document, profile.target)]
    if all(shape.row.status == "refused" for shape in known):
        raise _none_left(document, known)
    known.sort(key=lambda shape: (-shape.most, shape.row.status == "refused"))
    rows = tuple(_solved(known, asking or Asking()))
    best = _best(rows)
    search = ShapeSearch(
        kernel=document.value.kernel,
        gpu=profile.profile,
        status=_status(rows, best),
        unit=known[0].unit,
        best=best,
        solves=sum(row.seconds > 0 for row in rows),
        candidates=rows,
        seconds=round(time.perf_counter() - started, 3),
    )
    return BestShape(search, None if best is None else known[best].shaped.document)


def _known(shaped: ShapedDocument, profile: GpuProfile) -> _Known:
    """Bounds of one shape, or why it cannot be."""
    try:
        program = parse_program(shaped.document, profile.target)
        problem = build_problem(shaped.document, profile)
        work, unit = useful_work(program, program.loops[0])
        bounds = compute_bounds(problem)
        refuse_oversized(problem)
    except InvalidInput as fault:
        reason = fault.problems[0].message
        return _Known(shaped, ShapeCandidate(shape=shaped.shape, status="refused", reason=reason))
    except Infeasible as proof:
        row = ShapeCandidate(shape=shaped.shape, status="infeasible", reason=str(proof))
        return _Known(shaped, row)
    row = ShapeCandidate(
        shape=shaped.shape,
        status="unknown",
        work=work,
        minimum=bounds.minimum,
        most_throughput=_rounded(_rate(work, bounds.minimum)),
    )
    return _Known(shaped, row, unit, problem)


def _none_left(document: Located[KernelDocument], known: list[_Known]) -> InvalidKernel:
    line, column = document.key_position("sizes")
    problems = tuple(
        Problem(f"{shape_text(shape.row)}: {shape.row.reason}", document.file, line, column)
        for shape in known
    )
    return InvalidKernel(problems[0].message, problems=problems)


def _solved(known: list[_Known], asking: Asking) -> Iterator[ShapeCandidate]:
    best = Fraction(0)
    for shape in known:
        row = shape.row
        if shape.problem is not None:
            if shape.most <= best and not asking.every:
                row = _outdone(row, best)
            elif asking.stop.requested:
                row = row.model_copy(update={"reason": "interrupted"})
            else:
                asking.say(shape_text(row))
                row = _asked(row, shape.problem, asking)
        best = max(best, _rate(row.work, row.initiation_interval))
        yield row


def _outdone(row: ShapeCandidate, best: Fraction) -> ShapeCandidate:
    reason = f"not solved: its bound cannot beat {float(best):,.1f}"
    return row.model_copy(
        update={"status": "outdone", "reason": reason, "lower_bound": row.minimum}
    )


def _asked(row: ShapeCandidate, problem: SchedulingProblem, asking: Asking) -> ShapeCandidate:
    options = SolveOptions(seconds=asking.seconds, objectives=(), blame_work=0)
    solution = find_schedule(problem, options, stop=asking.stop)
    interval = solution.schedule.initiation_interval if solution.schedule is not None else None
    lower = solution.certificate.lower_bound if solution.certificate is not None else row.minimum
    told = {
        "status": _proved(solution, interval, lower),
        "reason": solution.reason if interval is None else "",
        "initiation_interval": interval,
        "lower_bound": lower,
        "throughput": None if interval is None else _rounded(_rate(row.work, interval)),
        "seconds": max(0.001, round(solution.effort.seconds, 3)),
    }
    return row.model_copy(update=told)


def _proved(solution: Solution, interval: int | None, lower: int | None) -> Status:
    """Which of the schedules with the least interval is best was not asked."""
    settled = solution.status == "feasible" and interval == lower
    return "optimal" if settled else solution.status


def _best(rows: tuple[ShapeCandidate, ...]) -> int | None:
    rates = [_rate(row.work, row.initiation_interval) for row in rows]
    return rates.index(max(rates)) if any(rates) else None


def _status(rows: tuple[ShapeCandidate, ...], best: int | None) -> Status:
    """Optimal: what no other shape can exceed, whatever its interval turns out to be."""
    open_rows = [row for row in rows if row.status in ("feasible", "unknown")]
    if best is None:
        return "unknown" if open_rows else "infeasible"
    found = _rate(rows[best].work, rows[best].initiation_interval)
    most = max((_rate(row.work, row.lower_bound or row.minimum) for row in open_rows), default=0)
    return "optimal" if most <= found else "feasible"


def _rate(work: int | None, cycles: int | None) -> Fraction:
    return Fraction(work, cycles) if work and cycles else Fraction(0)


def _rounded(rate: Fraction) -> float:
    return round(float(rate), 3)
