"""Putting a certificate together: bounds, exclusions, and the conditions under which they hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from ..models.certificate import (
    Backend,
    Bounds,
    Certificate,
    Exclusion,
    ObjectiveValue,
    StageBound,
)
from ..models.problem import SchedulingProblem
from ..models.schedule import Schedule
from ..models.version import VERSION
from .monotone import is_monotone
from .question import UNBLAMED, Core
from .verifier import FAMILIES

Provers = dict[int, tuple[Backend, ...]]
"""For an initiation interval that --prove asked about: the backends that excluded it."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known at the end of a search; holds no times, and not who was quicker."""

    problem: SchedulingProblem
    bounds: Bounds
    stage_bound: StageBound
    lower: int  # no schedule has a smaller initiation interval
    settled: bool  # the least initiation interval is known, or that there is none
    provers: Provers
    because: Core = UNBLAMED  # families that exclude the largest excluded II
    relaxed: bool = False  # a relaxation has no schedule, which excludes every II


def build_certificate(
    proof: Proof, schedule: Schedule | None, objectives: tuple[ObjectiveValue, ...]
) -> Certificate:
    """The certificate of a schedule, or of there being none."""
    least = schedule.initiation_interval if schedule is not None and proof.settled else None
    return Certificate(
        problem_digest=proof.problem.digest(),
        schedule_digest=None if schedule is None else schedule.digest(),
        least_initiation_interval=least,
        lower_bound=proof.lower,
        bounds=proof.bounds,
        monotone=is_monotone(proof.problem),
        stage_bound=proof.stage_bound,
        exclusions=tuple(_exclusions(proof)),
        objectives=objectives,
        verified=() if schedule is None else tuple(FAMILIES),
        model=tuple(model_choices(proof.problem, proof.stage_bound)),
        versions=tuple(backend_versions()),
    )


def _exclusions(proof: Proof) -> Iterator[Exclusion]:
    minimum, last = proof.bounds.minimum, proof.lower - 1
    if minimum > 1:
        yield Exclusion(first=1, last=minimum - 1, by="bound", argument="bound", proved_by=())
    if last < minimum:
        return
    if proof.relaxed or is_monotone(proof.problem):
        argument = "relaxation" if proof.relaxed else "monotone"
        yield _searched(minimum, last, argument, proof.provers.get(last, ()), proof.because)
        return
    first = minimum
    for interval in range(minimum, last + 1):
        proved_by = proof.provers.get(interval, ())
        if interval == last or proof.provers.get(interval + 1, ()) != proved_by:
            because = proof.because if interval == last else UNBLAMED
            yield _searched(first, interval, "each", proved_by, because)
            first = interval + 1


def _searched(
    first: int,
    last: int,
    argument: str,
    proved_by: tuple[Backend, ...],
    because: Core,
) -> Exclusion:
    return Exclusion.model_validate(
        {
            "first": first,
            "last": last,
            "by": "search",
            "argument": argument,
            "proved_by": proved_by,
            "because": because.parts,
            "because_is_least": because.is_least,
        }
    )


def model_choices(problem: SchedulingProblem, stage_bound: StageBound) -> Iterator[str]:
    """What of the model was chosen, and is not proved: granularity, rules, a limit of stages."""
    yield from problem.notes
    yield from sorted({rule.rule for rule in problem.rules})
    if stage_bound.kind == "rule":
        yield f"at most {stage_bound.stages} stages"


def backend_versions() -> Iterator[tuple[str, str]]:
    """Names and versions of Twill and of the backends that are installed."""
    yield "twill", VERSION
    for name, package in (("ortools", "ortools"), ("z3", "z3-solver")):
        try:
            yield name, version(package)
        except PackageNotFoundError:  # a backend that is not installed was not asked either
            continue
