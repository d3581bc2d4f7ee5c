"""What the search asks of Z3: a verdict on one question, and which families are to blame."""

from __future__ import annotations

from ...models.schedule import Schedule
from ..complete import complete_schedule
from ..question import Limit, Outcome, Question, Stop, Verdict
from .asking import Patience, Reading, ask
from .group_domains import GroupDomains


def solve(question: Question, limit: Limit, stop: Stop) -> Outcome:
    """Whether a schedule exists at this initiation interval within these stages.

    UNKNOWN if the limit is reached or a stop is asked for; work is deterministic. Raises
    LimitReached if the problem is too large to be put to Z3 at all.
    """
    verdict, reading = ask(question, Patience(limit, stop))
    schedule = _schedule(question, reading) if verdict is Verdict.FEASIBLE else None
    return Outcome(verdict, "z3", schedule)


def _schedule(question: Question, reading: Reading) -> Schedule:
    problem, interval = question.problem, question.initiation_interval
    issue_cycles = {
        o.name: interval * reading.get(f"k[{o.name}]", 0) + reading.get(f"r[{o.name}]", 0)
        for o in problem.operations
    }
    begin = min(issue_cycles.values())
    moved = {name: cycle - begin for name, cycle in issue_cycles.items()}
    domains = GroupDomains.of(problem, legal=True)
    groups = {o.name: _group(domains, o.name, reading) for o in problem.operations}
    return complete_schedule(problem, interval, moved, groups)


def _group(domains: GroupDomains, operation: str, reading: Reading) -> int:
    representative = domains.representative(operation)
    possible = domains.groups(representative)
    if len(possible) == 1:
        return possible[0]
    return next(w for w in possible if reading.get(f"g[{representative},{w}]", False))
