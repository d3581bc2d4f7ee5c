"""The model of one question: every family in one list, and the differences known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ...models.errors import LimitReached
from ..question import Question
from .blocking_waits import blocking_wait_constraints
from .crossing import crossing_constraints, crossing_differences
from .dependence import dependence_constraints, dependence_differences
from .functional_units import functional_unit_constraints
from .group_domains import GroupDomains
from .issue_streams import issue_stream_constraints
from .labelled import Labelled
from .longest_paths import Difference, LongestPaths
from .memories import memory_constraints
from .registers import register_constraints
from .symmetry import symmetry_constraints
from .terms import TRUE
from .variables import Script, Variables
from .warp_groups import warp_group_constraints
from .write_after_read import write_after_read_constraints, write_after_read_differences

FAMILIES: Mapping[str, Callable[[Variables], Iterator[Labelled]]] = {
    "C1": dependence_constraints,
    "C2": functional_unit_constraints,
    "C3": issue_stream_constraints,
    "C4": blocking_wait_constraints,
    "C5": warp_group_constraints,
    "C6": crossing_constraints,
    "C7": memory_constraints,
    "C8": register_constraints,
    "C9": write_after_read_constraints,
    "symmetry": symmetry_constraints,
}

HELPERS = ("symmetry",)
"""No verdict is owed to these: of equal schedules one is asked for."""

EVERYTHING = frozenset(FAMILIES)
"""All parts of a model. `C7 tmem` instead of `C7` is what the family says of that memory alone."""

MOST_OPERATIONS = 1_500
"""Operations beyond which pairs of them take longer to write down than a question is worth."""

MOST_CHARACTERS = 100_000_000
"""Text beyond which a model would take more memory than a question is worth."""


@dataclass(frozen=True, slots=True)
class Model:
    """Unknowns with their definitions, and constraints by family."""

    script: Script
    constraints: tuple[tuple[str, Labelled], ...]
    excluded: bool  # a circuit of differences, or the window, alone admits no schedule


def build_model(
    question: Question,
    parts: frozenset[str] = EVERYTHING,
    given_up: Callable[[], bool] = lambda: False,
) -> Model | None:
    """The model of a question with the given families and helpers; None as soon as it is given up.

    Raises LimitReached where the model would be too large to build.
    """
    count = len(question.problem.operations)
    if count > MOST_OPERATIONS:
        raise LimitReached(f"{question.problem.name}: {count} operations are too many for Z3")
    paths = _longest_paths(question, parts)
    if paths.excluded:
        return Model(Script(), (), True)
    variables = Variables(question, parts, paths)
    constraints: list[tuple[str, Labelled]] = []
    size = 0
    for name, labelled in _constraints(variables, parts):
        size += len(labelled.formula)
        if size > MOST_CHARACTERS:
            raise LimitReached(f"{question.problem.name}: too large a model for Z3")
        if given_up():
            return None
        constraints.append((name, labelled))
    return Model(variables.script, tuple(constraints), False)


def _constraints(variables: Variables, parts: frozenset[str]) -> Iterator[tuple[str, Labelled]]:
    for name, family in FAMILIES.items():
        if any(part.split()[0] == name for part in parts):
            for labelled in family(variables):
                wanted = name in parts or f"{name} {labelled.about}" in parts
                if wanted and labelled.formula != TRUE:
                    yield name, labelled


def _longest_paths(question: Question, parts: frozenset[str]) -> LongestPaths:
    problem, interval = question.problem, question.initiation_interval
    differences: list[Difference] = []
    if "C1" in parts:
        differences += dependence_differences(problem, interval)
    if "C6" in parts:
        domains = GroupDomains.of(problem, legal="C5" in parts)
        differences += crossing_differences(problem, domains, interval)
    if "C9" in parts:
        differences += write_after_read_differences(problem, interval)
    names = [operation.name for operation in problem.operations]
    over = question.stages * interval
    latest = [over - operation.latency_cycles for operation in problem.operations]
    return LongestPaths(names, latest, differences)
