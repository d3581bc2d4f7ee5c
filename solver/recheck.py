"""A stored answer checked again without search: every claim that arithmetic can decide."""

from __future__ import annotations

from collections.abc import Container, Iterator

from ..models.answer import Answer
from ..models.certificate import Exclusion
from ..models.verification import Check
from .recheck_certificate import certificate_checks, check
from .recheck_schedule import schedule_checks, status_check
from .reproof import excluded_questions

_WITHOUT_OFFSETS = ", even without reservations at offsets"


def recheck(answer: Answer) -> Iterator[Check]:
    """Each check with what was seen; none of them asks a backend, and none of them raises."""
    seal = answer.sealed().seal
    yield check("seal", answer.seal == seal, f"the digest of the document is {seal}")
    yield status_check(answer)
    yield from schedule_checks(answer)
    yield from certificate_checks(answer)


def trusted(answer: Answer, settled: Container[str] = ()) -> Iterator[str]:
    """What the answer claims and only a search could check, a sentence each.

    `settled`: names of the checks of `--prove` that passed, whose claims are trusted no longer.
    """
    certificate = answer.certificate
    if certificate is None:
        return
    for exclusion in certificate.exclusions:
        if exclusion.by == "search":
            if "proof" not in settled:
                yield _searched(answer, exclusion)
            if exclusion.proved_by:
                yield f"that it was proved by {' and by '.join(exclusion.proved_by)}"
            if exclusion.because and "core" not in settled:
                spared = ", none of which can be spared" if exclusion.because_is_least else ""
                yield f"that this is because of {', '.join(exclusion.because)}{spared}"
    if left := answer.stages_left_out:
        yield f"that {_range(left[0], left[-1])} stages, left out by choice, are no better"
    proved = [o.objective.replace("_", " ") for o in certificate.objectives if o.proved]
    if proved:
        yield f"that {', '.join(proved)} cannot be smaller, one after the other"


def _searched(answer: Answer, exclusion: Exclusion) -> str:
    """What searches excluded; the last interval is enough where it speaks for all below it."""
    questions = [q for q, excluded in excluded_questions(answer) if excluded == exclusion]
    at = _range(questions[-1].initiation_interval, exclusion.last)
    within = f"within {questions[0].stages} stages"
    even = _WITHOUT_OFFSETS if exclusion.argument == "relaxation" else ""
    return f"that no schedule exists at initiation interval {at} {within}{even}"


def _range(first: int, last: int) -> str:
    return f"{first:,}" if first == last else f"{first:,} to {last:,}"
