"""Which constraints exclude a question: an infeasible set of them, none of which can be spared."""

from __future__ import annotations

from collections.abc import Collection

from ...models.problem import SchedulingProblem
from ..question import Limit, Question, Stop, Verdict
from .asking import Patience, ask
from .model import FAMILIES, HELPERS

EVERY_FAMILY = tuple(name for name in FAMILIES if name not in HELPERS)


def core(
    question: Question,
    families: Collection[str] = EVERY_FAMILY,
    limit: Limit | None = None,
    stop: Stop | None = None,
) -> tuple[str, ...] | None:
    """What excludes the question together and cannot be spared: `C1`, `C2 TC`, `C7 tmem`, ...

    The first word is a family; functional units and memories are told apart. None if the given
    families are not proved to exclude it. The limit is for all attempts together; what is left
    unknown stays. Where several sets would do, lower numbers are preferred.
    """
    patience = Patience(limit or Limit(), stop or Stop())
    kept = [name for name in EVERY_FAMILY if name in families]
    if not _excludes(question, kept, patience):
        return None
    for name in reversed(kept.copy()):
        fewer = [other for other in kept if other != name]
        if _excludes(question, fewer, patience):
            kept = fewer
    parts = [part for name in kept for part in _parts(question.problem, name)]
    for part in parts.copy():
        fewer = [other for other in parts if other != part]
        if " " in part and _excludes(question, fewer, patience):
            parts = fewer
    return tuple(parts)


def _excludes(question: Question, parts: Collection[str], patience: Patience) -> bool:
    verdict, _ = ask(question, patience, frozenset((*parts, *HELPERS)))
    return verdict is Verdict.INFEASIBLE


def _parts(problem: SchedulingProblem, family: str) -> list[str]:
    """A family that is about several things, one by one."""
    machine = problem.machine
    if family == "C2":
        return [f"{family} {unit.name}" for unit in machine.units]
    if family == "C7":
        return [f"{family} {memory.name}" for memory in machine.memories]
    return [family]
