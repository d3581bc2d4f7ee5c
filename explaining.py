"""What limits a schedule, and what would change it: bounds and cores told, changes solved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from .analysis.explanation_sentences import (
    because_sentences,
    lever_sentence,
    load_sentence,
    next_sentence,
    outcome,
    rate_outcome,
    rate_sentence,
    recurrence_sentence,
)
from .analysis.what_ifs import (
    Change,
    crowding,
    problem_changes,
    unit_changes,
    used_units,
    with_unit_twice_as_fast,
)
from .drawing.sentences import headline, minimum_sentences
from .extractor.build import build_problem
from .extractor.shape_changes import Listed, ShapeChange
from .extractor.shapes import first_shape, with_shape
from .gpu_profiles.library import load_profile, load_profile_text, profile_names
from .models.answer import Answer, Status
from .models.certificate import Bounds, ResourceBound
from .models.errors import InvalidInput, InvalidKernel, UsageError
from .models.explanation import Explanation, Hop, Kind, Load, Share, WhatIf
from .models.kernel import KernelDocument
from .models.problem import SchedulingProblem
from .models.profile import GpuProfile
from .models.shape import Shape, rounded, shape_text, throughput
from .models.solve_options import SolveOptions
from .reader.documents import read_document
from .reader.located import Located
from .solver.bounds import compute_bounds, unit_shares
from .solver.legality import build_legality
from .solver.optimal_by_bound import is_optimal_by_bound
from .solver.question import Stop
from .solver.recurrence import critical_hops
from .solver.search import find_schedule

SECONDS = 60.0
AT_HAND = Shape()
Settled = Literal["bound", "search", "nothing"]


@dataclass(frozen=True, slots=True)
class Asking:
    """How changed problems are solved; a stop ends it after the one at hand."""

    seconds: float = SECONDS  # of each change
    stop: Stop = field(default_factory=Stop)
    say: Callable[[str], None] = lambda sentence: None  # before each solve


def explain(
    answer: Answer, asking: Asking | None = None, *,
    what_ifs: bool = True, listed: Listed | None = None,
) -> Explanation:  # fmt: skip
    """What limits the interval of an answer, with every change solved unless that is left out.

    `listed` is the document of the answer with its lists, whose other values are changes as well.
    Raises UsageError where nothing is limited: the answer has no bounds, for its rules or one
    circuit alone exclude every schedule.
    """
    if answer.bounds is None:
        raise UsageError(f"nothing to explain: {answer.reason}", cure="see its reason")
    bounds, interval = answer.bounds, answer.initiation_interval
    loads = tuple(_loads(answer.problem, bounds, interval))
    hops = _hops(answer.problem)
    certificate = answer.certificate
    last = certificate.exclusions[-1] if certificate and certificate.exclusions else None
    attained = _attained_by(bounds)
    changes = tuple(_what_ifs(answer, listed, asking or Asking())) if what_ifs else ()
    rate = None if listed is None or interval is None else listed.throughput(interval)
    told = (
        headline(answer)[:1].upper() + headline(answer)[1:] + ".",
        rate_sentence(rate, listed.work[1]) if listed is not None and rate is not None else "",
        *minimum_sentences(bounds, interval),
        *(load_sentence(load, interval) for load in loads if load.unit in attained),
        next_sentence(loads, bounds.minimum),
        recurrence_sentence(hops) if hops else "",
        lever_sentence(attained, interval, bounds.minimum) if interval is not None else "",
        *(because_sentences(last, interval) if interval is not None and last is not None else ()),
        *(change.sentence for change in changes),
    )
    return Explanation(
        kernel=answer.kernel,
        gpu=answer.gpu,
        status=answer.status,
        initiation_interval=interval,
        shape=Shape() if listed is None else listed.shape,
        throughput=None if rate is None else rounded(rate),
        work_unit=None if listed is None else listed.work[1],
        minimum=bounds.minimum,
        attained_by=attained,
        loads=loads,
        recurrence=bounds.recurrence,
        hops=hops,
        because=last.because if last is not None else (),
        because_is_least=last is not None and last.because_is_least,
        what_ifs=changes,
        sentences=tuple(sentence for sentence in told if sentence),
    )


def _attained_by(bounds: Bounds) -> tuple[str, ...]:
    units = [u.unit for u in bounds.resource_attained_by if bounds.resource == bounds.minimum]
    circuit = bounds.recurrence_attained_by is not None and bounds.recurrence == bounds.minimum
    return (*units, *(("recurrence",) if circuit else ()))


def _loads(problem: SchedulingProblem, bounds: Bounds, interval: int | None) -> Iterator[Load]:
    at = interval or bounds.minimum
    for unit in bounds.units:
        if unit.work:
            shares = tuple(_shares(problem, unit))
            percent = round(100 * unit.work / (unit.capacity * at), 1)
            yield Load(
                unit=unit.unit,
                work=unit.work,
                capacity=unit.capacity,
                bound=unit.bound,
                percent=percent,
                shares=shares,
            )


def _shares(problem: SchedulingProblem, unit: ResourceBound) -> Iterator[Share]:
    taken = unit_shares(problem, unit.unit)
    for name, work in sorted(taken.items(), key=lambda pair: -pair[1]):
        yield Share(operation=name, work=work, percent=round(100 * work / unit.work, 1))


def _hops(problem: SchedulingProblem) -> tuple[Hop, ...]:
    return tuple(
        Hop(source=source, target=target, latency_cycles=latency, distance=distance)
        for source, target, latency, distance in critical_hops(problem, build_legality(problem))
    )


def _what_ifs(answer: Answer, listed: Listed | None, asking: Asking) -> Iterator[WhatIf]:
    if listed is not None:
        yield from _reshaped(answer, listed, asking)
    for change in (*problem_changes(answer.problem), *_faster_units(answer)):
        if asking.stop.requested:
            return
        asking.say(f"with {change.words}")
        yield _solved(answer, change.kind, f"With {change.words}", change.problem, asking)
    for name in _other_gpus(answer):
        if asking.stop.requested:
            return
        asking.say(f"on {name}")
        words, profile = f"On {name}", load_profile(name).value
        try:
            shape = first_shape(_document(answer).value, profile.target, Shape())
            words += f" with {shape_text(shape)}" if shape_text(shape) else ""
            problem = _priced(answer, profile, shape)
        except InvalidInput as fault:
            yield _refused("gpu", words, fault.problems[0].message)
            continue
        yield _solved(answer, "gpu", words, problem, asking)


def _faster_units(answer: Answer) -> Iterator[Change]:
    profile = answer.sources.profile
    if answer.sources.kernel is None or profile is None:
        yield from unit_changes(answer.problem)
        return
    of = load_profile_text(profile)
    for unit in used_units(answer.problem):
        problem = _priced(answer, with_unit_twice_as_fast(of, unit))
        yield Change("unit", f"{unit} twice as fast", problem)


def _other_gpus(answer: Answer) -> tuple[str, ...]:
    if answer.sources.kernel is None:
        return ()
    return tuple(name for name in profile_names() if name != answer.gpu)


def _priced(answer: Answer, profile: GpuProfile, shape: Shape = AT_HAND) -> SchedulingProblem:
    return build_problem(with_shape(_document(answer), profile.target, shape), profile)


def _document(answer: Answer) -> Located[KernelDocument]:
    """One shape on its own GPU; on others there may be lists."""
    text = answer.sources.kernel
    assert text is not None
    return read_document(text, answer.kernel, KernelDocument, InvalidKernel)


def _reshaped(answer: Answer, listed: Listed, asking: Asking) -> Iterator[WhatIf]:
    for other in listed.changes():
        if asking.stop.requested:
            return
        asking.say(f"with {other.words}")
        yield _with_shape(answer, listed, other, asking)


def _with_shape(answer: Answer, listed: Listed, other: ShapeChange, asking: Asking) -> WhatIf:
    """Told by the useful work of a cycle as well: the interval is that of another iteration."""
    change = f"With {other.words}"
    if other.problem is None:
        return _refused(other.kind, change, other.reason)
    solved = _solved(answer, other.kind, change, other.problem, asking)
    after = throughput(other.work, solved.initiation_interval)
    before = listed.throughput(answer.initiation_interval)
    told = f"; {rate_outcome(after, before, listed.work[1])}" if solved.status == "optimal" else ""
    sentence = f"{solved.sentence[:-1]}{told}."
    return solved.model_copy(update={"throughput": rounded(after) or None, "sentence": sentence})


def _refused(kind: Kind, change: str, reason: str) -> WhatIf:
    return WhatIf(
        kind=kind,
        change=change,
        status="refused",
        initiation_interval=None,
        lower_bound=None,
        difference=None,
        settled_by="nothing",
        sentence=f"{change}: {reason}.",
    )


def _solved(
    answer: Answer, kind: Kind, change: str, problem: SchedulingProblem, asking: Asking
) -> WhatIf:
    """Without search where the schedule of before reaches the bound of the changed problem."""
    before = answer.initiation_interval
    if is_optimal_by_bound(problem, answer.schedule):
        return _told(kind, change, "optimal", before, before, before, asking, "bound")
    options = SolveOptions(seconds=asking.seconds, objectives=(), blame_work=0)
    solution = find_schedule(problem, options, stop=asking.stop)
    after = solution.schedule.initiation_interval if solution.schedule is not None else None
    lower = solution.certificate.lower_bound if solution.certificate is not None else None
    status = solution.status
    if status == "feasible" and after == lower:
        status = "optimal"  # only second objectives, which nobody asked for, are open
    by = _settled_by(problem, status, after)
    crowded = crowding(answer.problem, problem) if kind == "unit" else ""
    return _told(kind, change, status, after, lower, before, asking, by, crowded)


def _settled_by(problem: SchedulingProblem, status: Status, interval: int | None) -> Settled:
    if status not in ("optimal", "infeasible"):
        return "nothing"
    if status == "optimal" and interval == compute_bounds(problem).minimum:
        return "bound"
    return "search"


def _told(
    kind: Kind,
    change: str,
    status: Status,
    after: int | None,
    lower: int | None,
    before: int | None,
    asking: Asking,
    by: Settled,
    crowded: str = "",
) -> WhatIf:
    said = outcome(status, after, lower, before, asking.seconds)
    if after is not None and before is not None and after > before and crowded:
        said = f"{said}; {crowded}"
    return WhatIf(
        kind=kind,
        change=change,
        status=status,
        initiation_interval=after,
        lower_bound=lower,
        difference=None if after is None or before is None else after - before,
        settled_by=by,
        sentence=f"{change}: {said}.",
    )
