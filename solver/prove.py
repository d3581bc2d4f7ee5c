"""Excluding what is below the least initiation interval once more, with each backend by itself."""

from __future__ import annotations

from ..models.certificate import Backend
from ..models.errors import Violation
from .certificate import Provers
from .probing import Prober
from .question import Limit, Question, Verdict


def prove_exclusions(prober: Prober, minimum: int, stages: int) -> Provers:
    """Which backends exclude the intervals that searching excluded, from `minimum` (MinII) on.

    In the monotone class II* - 1 speaks for all of them; otherwise each is asked. A backend that
    excluded it in the race has proved it; every other one gets its own limit, and is left out where
    that is reached. Raises Violation if one finds a schedule where another found none.
    """
    last = prober.lower - 1
    first = max(minimum, last) if prober.facts.monotone else minimum
    return {
        interval: tuple(
            backend
            for backend in prober.backends.solve
            if _excludes(prober, backend, interval, stages)
        )
        for interval in range(first, last + 1)
    }


def prove_question(prober: Prober, question: Question) -> Provers:
    """The same for one question about another problem, to which earlier verdicts do not apply."""
    interval, stages = question.initiation_interval, question.stages
    backends = prober.backends.solve
    return {interval: tuple(b for b in backends if _proves(prober, b, interval, stages))}


def _excludes(prober: Prober, backend: Backend, interval: int, stages: int) -> bool:
    known = prober.has_excluded(backend, interval, stages)
    return known or _proves(prober, backend, interval, stages)


def _proves(prober: Prober, backend: Backend, interval: int, stages: int) -> bool:
    if prober.exhausted:
        return False
    finding = prober.ask_alone(backend, interval, stages, _limit(prober))
    if finding.verdict is Verdict.FEASIBLE:
        raise Violation(
            f"{backend} found a schedule at initiation interval {interval}, "
            "which another backend proved impossible"
        )
    return finding.verdict is Verdict.INFEASIBLE


def _limit(prober: Prober) -> Limit:
    left = prober.limit(prober.options.prove_work)
    seconds = [s for s in (left.seconds, prober.options.prove_seconds) if s is not None]
    return Limit(min(seconds, default=None), left.work)
