"""A stored schedule beside what its sources say now: its state, in numbers and sentences."""

from __future__ import annotations

from ..models.answer import Answer
from ..models.check_report import CheckedSchedule, Numbers, State
from ..pipeline import Task
from ..solver.optimal_by_bound import is_optimal_by_bound
from ..solver.verifier import violations


def numbers_of(answer: Answer) -> Numbers:
    """What is compared of a solve."""
    return Numbers(
        status=answer.status,
        initiation_interval=answer.initiation_interval,
        minimum=answer.bounds.minimum if answer.bounds is not None else None,
        schedule_length=answer.schedule_length,
        warp_groups=len(answer.warp_groups),
        stages=answer.stages,
    )


def broken_by(stored: Answer, now: Task) -> tuple[str, ...]:
    """Which constraints of the problem of now the stored schedule breaks."""
    if stored.schedule is None:
        return ()
    return violations(now.problem, stored.schedule)


def holds_at_its_bound(stored: Answer, now: Task) -> bool:
    """Whether the stored schedule is optimal for the problem of now by its bound alone."""
    is_optimal = stored.status == "optimal" and stored.schedule is not None
    return is_optimal and is_optimal_by_bound(now.problem, stored.schedule)


def compared(
    checked: CheckedSchedule, stored: Answer, fresh: Answer, broken: tuple[str, ...]
) -> CheckedSchedule:
    """The state of a stored schedule whose problem has changed and was solved again."""
    state, sentence = _state(stored, fresh, broken)
    reasons = checked.reasons
    if broken:
        reasons = (*reasons, *(f"the stored schedule breaks {sentence}" for sentence in broken))
    return checked.model_copy(
        update={
            "state": state,
            "sentence": sentence,
            "after": numbers_of(fresh),
            "reasons": reasons,
        }
    )


def _state(stored: Answer, fresh: Answer, broken: tuple[str, ...]) -> tuple[State, str]:
    before, after = stored.initiation_interval, fresh.initiation_interval
    if fresh.status == "unknown":
        return "open", f"II {_shown(before)}; {fresh.reason}"
    if after is None:
        if before is None:
            return "different", "still infeasible"
        return "invalid", f"no longer valid: II {before:,} before, and now {fresh.reason}"
    if before is None:
        return "better", f"was infeasible; II {after:,} exists now"
    if after < before:
        return "better", f"better II found: {before:,} -> {after:,} ({_share(before, after)})"
    if fresh.status != "optimal":
        return "open", f"II {before:,} -> at most {after:,}; {fresh.reason}"
    if after > before:
        return "worse", f"worse: II {before:,} -> {after:,} ({_share(before, after)})"
    if broken:
        return "invalid", f"no longer valid: another schedule reaches II {after:,}"
    return "different", f"still optimal but different: II {after:,}, of another problem"


def _share(before: int, after: int) -> str:
    return f"{100 * (after - before) / before:+.1f} %"


def _shown(interval: int | None) -> str:
    return "none" if interval is None else f"{interval:,}"
