"""Which constraints exclude a question: an infeasible set of them, none of which can be spared."""

from __future__ import annotations

from collections.abc import Collection

from ...models.problem import SchedulingProblem
from ..question import Core, Limit, Question, Stop, Verdict
from .asking import Patience, ask
from .model import FAMILIES, HELPERS

EVERY_FAMILY = tuple(name for name in FAMILIES if name not in HELPERS)


def core(
    question: Question,
    families: Collection[str] = EVERY_FAMILY,
    limit: Limit | None = None,
    stop: Stop | None = None,
) -> Core | None:
    """What excludes the question together, and whether nothing of it can be spared.

    Functional units and memories are told apart. None if the given families are not proved to
    exclude it. The limit is for all attempts together; where one of them is left unknown, what it
    was about stays, and the core is not called the least. Where several sets would do, lower
    numbers are preferred.
    """
    patience = Patience(limit or Limit(), stop or Stop())
    kept = [name for name in EVERY_FAMILY if name in families]
    if _verdict(question, kept, patience) is not Verdict.INFEASIBLE:
        return None
    is_least = True
    for name in reversed(kept.copy()):
        fewer = [other for other in kept if other != name]
        verdict = _verdict(question, fewer, patience)
        kept = fewer if verdict is Verdict.INFEASIBLE else kept
        is_least = is_least and verdict is not Verdict.UNKNOWN
    parts = [part for name in kept for part in _parts(question.problem, name)]
    for part in [part for part in parts if " " in part]:
        fewer = [other for other in parts if other != part]
        verdict = _verdict(question, fewer, patience)
        parts = fewer if verdict is Verdict.INFEASIBLE else parts
        is_least = is_least and verdict is not Verdict.UNKNOWN
    return Core(tuple(parts), is_least)


def core_faults(
    question: Question, claimed: Core, limit: Limit, stop: Stop
) -> tuple[tuple[str, ...], bool]:
    """What is wrong with a core, a sentence each; and whether all of it was decided in the limit.

    The limit is for each attempt.
    """
    faults = []
    verdict = _verdict(question, claimed.parts, Patience(limit, stop))
    unknown = verdict is Verdict.UNKNOWN
    if verdict is Verdict.FEASIBLE:
        faults.append(f"{', '.join(claimed.parts)} alone do not exclude it")
    for part in claimed.parts if claimed.is_least else ():
        fewer = [other for other in claimed.parts if other != part]
        verdict = _verdict(question, fewer, Patience(limit, stop))
        unknown = unknown or verdict is Verdict.UNKNOWN
        if verdict is Verdict.INFEASIBLE:
            faults.append(f"{part} can be spared")
    return tuple(faults), not unknown


def _verdict(question: Question, parts: Collection[str], patience: Patience) -> Verdict:
    return ask(question, patience, frozenset((*parts, *HELPERS)))[0]


def _parts(problem: SchedulingProblem, family: str) -> list[str]:
    """A family that is about several things, one by one."""
    machine = problem.machine
    if family == "C2":
        return [f"{family} {unit.name}" for unit in machine.units]
    if family == "C7":
        return [f"{family} {memory.name}" for memory in machine.memories]
    return [family]
