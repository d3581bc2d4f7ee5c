"""One stored schedule, checked in everything that needs no search, and proved again if asked."""

from __future__ import annotations

from collections.abc import Iterator

from ..models.answer import Answer, Sources
from ..models.errors import InvalidInput, UsageError
from ..models.solve_options import BOTH
from ..models.verification import Check, Reproof, Verification
from ..pipeline import texts_task
from ..solver.backends import load_backends
from ..solver.question import Core, Limit, Question, Stop
from ..solver.recheck import recheck, trusted
from ..solver.recheck_certificate import check
from ..solver.reproof import excluded_questions, reprove


def verify_answer(answer: Answer, file: str) -> Verification:
    """Every check of a stored schedule, without search and without anything but the file."""
    return Verification(
        file=file,
        kernel=answer.kernel,
        gpu=answer.gpu,
        status=answer.status,
        initiation_interval=answer.initiation_interval,
        checks=(*recheck(answer), *_texts(answer)),
        trusted=(*trusted(answer), *_without_texts(answer)),
    )


def with_reproofs(
    verified: Verification, answer: Answer, seconds: float | None, stop: Stop | None = None
) -> Verification:
    """The same with every exclusion that needed a search put to a backend again.

    `seconds` limits each question. A schedule found below is a failed check, and so is a family
    that is blamed and could be spared.
    """
    limit, halt = Limit(seconds=seconds), stop or Stop()
    found = tuple(reprove(answer, load_backends(BOTH), limit, halt))
    proof = (*_proof(answer, found), *_blame(answer, limit, halt))
    # A question that one backend left open and another answered is answered.
    kept = tuple(r for r in found if r.verdict != "unknown" or not _is_answered(r, found))
    settled = {each.name for each in proof if each.passed}
    return verified.model_copy(
        update={
            "reproofs": kept,
            "checks": (*verified.checks, *proof),
            "trusted": (*trusted(answer, settled), *_without_texts(answer)),
        }
    )


def smtlib_script(answer: Answer) -> str:
    """The largest excluded interval as SMT-LIB 2 text, `unsat` by any solver that reads it.

    Raises UsageError where nothing is excluded, LimitReached where it would be too large.
    """
    from ..solver.smt.smtlib import smtlib_text  # pulls in z3

    certificate = answer.certificate
    if certificate is None or certificate.lower_bound == 1:
        raise UsageError("no initiation interval is excluded", cure="leave --smtlib out")
    last, stages = certificate.lower_bound - 1, certificate.stage_bound.stages
    searched = (question for question, _ in excluded_questions(answer))
    return smtlib_text(next(searched, Question(answer.problem, last, stages)))


def _is_answered(open_one: Reproof, found: tuple[Reproof, ...]) -> bool:
    interval = open_one.initiation_interval
    return any(r.initiation_interval == interval and r.verdict != "unknown" for r in found)


def _proof(answer: Answer, found: tuple[Reproof, ...]) -> Iterator[Check]:
    below = [r for r in found if r.verdict == "feasible"]
    if below:
        at = f"{below[0].initiation_interval:,}"
        yield check("proof", False, f"{below[0].backend} found a schedule at {at}: not the least")
    elif not found and answer.certificate is not None:
        yield check("proof", True, "no interval had to be searched: the bounds exclude all")
    elif all(_is_answered(r, found) for r in found):
        yield check("proof", True, f"{_plural(len(found))} excluded once more")


def _blame(answer: Answer, limit: Limit, stop: Stop) -> Iterator[Check]:
    """Whether the families that are blamed exclude it alone, and each of them is needed."""
    from ..solver.smt.blame import core_faults  # pulls in z3

    for question, exclusion in excluded_questions(answer):
        if exclusion.because and question.initiation_interval == exclusion.last:
            core = Core(exclusion.because, exclusion.because_is_least)
            faults, decided = core_faults(question, core, limit, stop)
            said = "they exclude it alone" + (", and each is needed" if core.is_least else "")
            if faults or decided:
                yield check("core", not faults, "; ".join(faults) or said)


def _plural(count: int) -> str:
    return "1 question is" if count == 1 else f"{count} questions are"


def _has_texts(sources: Sources) -> bool:
    return sources.kernel is not None or sources.graph is not None


def _without_texts(answer: Answer) -> Iterator[str]:
    if not _has_texts(answer.sources):
        whose = f"{answer.kernel} on {answer.gpu}"
        cure = "; twill check compares it with its origin" if answer.origin is not None else ""
        yield f"that the problem inside is that of {whose}: no texts are stored{cure}"


def _texts(answer: Answer) -> Iterator[Check]:
    sources: Sources = answer.sources
    if not _has_texts(sources):
        return
    try:
        task = texts_task(answer)
    except InvalidInput as fault:
        yield check("texts", False, f"the texts inside are refused: {fault.problems[0].message}")
        return
    if task.problem != answer.problem:
        yield check("texts", False, "the texts inside give another problem")
    elif task.sources != sources:
        yield check("texts", False, "the digests are not those of the texts inside")
    else:
        yield check("texts", True, "the texts inside give this problem")
