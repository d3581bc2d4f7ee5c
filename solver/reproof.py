"""Excluding once more what a certificate says is excluded, if possible by another backend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from ..models.answer import Answer
from ..models.certificate import Backend, Exclusion
from ..models.verification import Reproof
from .backends import Backends
from .question import Limit, Question, Stop, Verdict
from .race import race
from .relaxation import relaxed_question

Standing = Literal["independent", "again", "unknown"]


def excluded_questions(answer: Answer) -> Iterator[tuple[Question, Exclusion]]:
    """What a search is said to have excluded: one question where one proof speaks for all.

    Elsewhere one for each initiation interval, largest first.
    """
    certificate = answer.certificate
    if certificate is None:
        return
    stages = certificate.stage_bound.stages
    for exclusion in reversed(certificate.exclusions):
        if exclusion.by == "search":
            if exclusion.argument == "relaxation":
                yield relaxed_question(answer.problem, exclusion.last), exclusion
                continue
            first = exclusion.last if exclusion.argument == "monotone" else exclusion.first
            for interval in range(exclusion.last, first - 1, -1):
                yield Question(answer.problem, interval, stages), exclusion


def first_provers(answer: Answer, question: Question, exclusion: Exclusion) -> tuple[Backend, ...]:
    """Backends that are known to have excluded it: by the certificate, or by the questions asked.

    In the race of a search nobody is named by the certificate; the effort tells whose verdict it
    was, where it is stored, but not of which problem: of a relaxation it says nothing.
    """
    if exclusion.argument == "relaxation":
        return exclusion.proved_by
    probes = answer.effort.probes if answer.effort is not None else ()
    raced = [
        probe.backend
        for probe in probes
        if probe.verdict == "infeasible"
        and (probe.initiation_interval, probe.stages)
        == (question.initiation_interval, question.stages)
        and probe.backend is not None
    ]
    return tuple(dict.fromkeys((*exclusion.proved_by, *raced)))


def reprove(
    answer: Answer, backends: Backends, limit: Limit, stop: Stop | None = None
) -> Iterator[Reproof]:
    """Put each excluded question to a backend that did not exclude it first, then to the others.

    Stops after a verdict of `feasible`: the certificate is wrong.
    """
    halt = stop or Stop()
    for question, exclusion in excluded_questions(answer):
        known = first_provers(answer, question, exclusion)
        for names, standing in _turns(tuple(backends.solve), known):
            reproof = _ask(question, names, standing, backends, limit, halt)
            yield reproof
            if reproof.verdict == "feasible":
                return
            if reproof.verdict == "infeasible" or halt.requested:
                break


def _turns(
    names: tuple[Backend, ...], known: tuple[Backend, ...]
) -> Iterator[tuple[tuple[Backend, ...], Standing]]:
    """Whom to ask together, in which order."""
    if not known:
        yield names, "unknown"
        return
    others = tuple(name for name in names if name not in known)
    if others:
        yield others, "independent"
    again = tuple(name for name in names if name in known)
    if again:
        yield again, "again"


def _ask(
    question: Question,
    names: Sequence[Backend],
    standing: Standing,
    backends: Backends,
    limit: Limit,
    stop: Stop,
) -> Reproof:
    finding = race(question, limit, stop, {name: backends.solve[name] for name in names})
    return Reproof(
        initiation_interval=question.initiation_interval,
        stages=question.stages,
        backend=finding.backend if finding.verdict is not Verdict.UNKNOWN else None,
        verdict=finding.verdict.value,
        standing=standing,
        seconds=round(finding.seconds, 3),
    )
