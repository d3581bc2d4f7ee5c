"""The costs that a problem follows from, and the problem at other values of one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from ..analysis.durations import (
    OF_HANDOFF,
    Belongs,
    of_fields,
    of_operation,
    some_times,
    total_cycles,
)
from ..analysis.figures import CostFigure, cost_figures, with_cost
from ..extractor.build import build_problem
from ..gpu_profiles.library import load_profile_text
from ..models.answer import Answer
from ..models.errors import InvalidKernel
from ..models.kernel import KernelDocument
from ..models.problem import SchedulingProblem
from ..models.profile import GpuProfile
from ..reader.documents import read_document
from ..reader.located import Located

At = Callable[[Fraction], SchedulingProblem]


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost; `at(factor)` is the problem in which it is so many times as dear.

    `rounded(factor)` is how many times as dear it is there once durations are whole cycles.
    """

    name: str
    stated: str
    at: At
    rounded: Callable[[Fraction], Fraction]


def costs_of(answer: Answer) -> tuple[Cost, ...]:
    """Of a kernel: the figures of its profile. Of a graph: the durations that it states.

    So too where the texts of the answer no longer give its problem.
    """
    text, profile = answer.sources.kernel, answer.sources.profile
    if text is not None and profile is not None:
        document = read_document(text, answer.kernel, KernelDocument, InvalidKernel)
        priced = load_profile_text(profile)
        if build_problem(document, priced) == answer.problem:
            return tuple(_figures(document, priced))
    return tuple(_durations(answer.problem))


def _figures(document: Located[KernelDocument], profile: GpuProfile) -> Iterator[Cost]:
    for figure in cost_figures(profile):
        at = _priced(document, profile, figure)
        yield Cost(figure.name, figure.stated, at, rounded=lambda factor: factor)


def _priced(document: Located[KernelDocument], profile: GpuProfile, figure: CostFigure) -> At:
    return lambda factor: build_problem(document, with_cost(profile, figure, factor))


def _durations(problem: SchedulingProblem) -> Iterator[Cost]:
    for operation in problem.operations:
        yield _of_some(f"duration of {operation.name}", problem, of_operation(operation.name))
    yield _of_some("hand-offs", problem, of_fields(*OF_HANDOFF))
    yield _of_some("waits", problem, of_fields("wait_cycles"))


def _of_some(name: str, problem: SchedulingProblem, belongs: Belongs) -> Cost:
    def at(factor: Fraction) -> SchedulingProblem:
        return some_times(problem, belongs, factor)

    def rounded(factor: Fraction) -> Fraction:
        before = total_cycles(problem, belongs)
        return Fraction(total_cycles(at(factor), belongs), before) if before else factor

    return Cost(name, "", at, rounded)
