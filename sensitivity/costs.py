"""The costs that a problem follows from, and the problem at other values of one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from ..analysis.durations import OF_HANDOFF, field_times, operation_times
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
    """A cost; `at(factor)` is the problem in which it is so many times as dear."""

    name: str
    stated: str
    at: At


def costs_of(answer: Answer) -> tuple[Cost, ...]:
    """Of a kernel: the figures of its profile. Of a graph: the durations that it states."""
    if answer.sources.kernel is not None and answer.sources.profile is not None:
        return tuple(_figures(answer.sources.kernel, answer))
    return tuple(_durations(answer.problem))


def _figures(text: str, answer: Answer) -> Iterator[Cost]:
    document = read_document(text, answer.kernel, KernelDocument, InvalidKernel)
    profile = load_profile_text(answer.sources.profile or "")
    for figure in cost_figures(profile):
        yield Cost(figure.name, figure.stated, _priced(document, profile, figure))


def _priced(document: Located[KernelDocument], profile: GpuProfile, figure: CostFigure) -> At:
    return lambda factor: build_problem(document, with_cost(profile, figure, factor))


def _durations(problem: SchedulingProblem) -> Iterator[Cost]:
    for operation in problem.operations:
        yield Cost(f"duration of {operation.name}", "", _operation(problem, operation.name))
    yield Cost("hand-offs", "", lambda factor: field_times(problem, OF_HANDOFF, factor))
    yield Cost("waits", "", lambda factor: field_times(problem, ("wait_cycles",), factor))


def _operation(problem: SchedulingProblem, name: str) -> At:
    return lambda factor: operation_times(problem, name, factor)
