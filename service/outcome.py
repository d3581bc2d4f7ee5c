"""What becomes of a solve, from the ending of its run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..executors.crash import is_death
from ..models.work import Ending, Work
from .cancelling import CANCELLED

PROVED = ("optimal", "infeasible")
NEAR_LIMIT = 0.9
"""An answer that took so much of its time was perhaps cut short in what follows the proof."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The final state of a solve, and its result."""

    state: Literal["done", "cancelled", "failed"]
    reason: str = ""
    status: str | None = None
    result: bytes | None = None
    digest: str | None = None  # of the result
    reusable: bool = False
    known: Mapping[str, int | None] = field(default_factory=dict)  # bound and interval


@dataclass(frozen=True, slots=True)
class Retry:
    """It is to run once more."""

    reason: str
    excused: bool


def time_limit(work: Work) -> float:
    """Seconds that a run of this work has."""
    return min(work.seconds, work.options.seconds or work.seconds)


def outcome_of(
    ending: Ending, seconds: float, *, cancelled: bool, closing: bool, may_retry: bool
) -> Outcome | Retry:
    """The outcome of a run that had so many seconds; `cancelled`: nobody waits for it any more."""
    try:
        return _outcome(ending, seconds, cancelled, closing, may_retry)
    except (ValueError, KeyError, TypeError, AttributeError):  # of ours; it must end all the same
        return Outcome("failed", "the answer of the solve cannot be read: a fault of Twill")


def _outcome(
    ending: Ending, seconds: float, cancelled: bool, closing: bool, may_retry: bool
) -> Outcome | Retry:
    if ending.stopped and closing and not cancelled:
        return Retry("the service was shut down", excused=True)
    if is_death(ending) and may_retry and not cancelled:
        return Retry(_detail(ending), excused=False)
    if ending.kind == "answer" and ending.answer is not None:
        return _answered(ending.answer, seconds, cancelled=cancelled and ending.stopped)
    if cancelled:
        return _ended("cancelled", CANCELLED, ending.answer)
    if ending.kind == "crashed" and _title(ending) == "limit reached" and ending.answer:
        return _ended("done", _detail(ending), ending.answer)
    return _ended("failed", _detail(ending), ending.answer)


def gave_up(attempts: int) -> Outcome:
    """The outcome of a solve whose service died under it too often."""
    return Outcome("failed", f"the service died under it, {attempts} times: it is not tried again")


def _answered(text: str, seconds: float, *, cancelled: bool) -> Outcome:
    if cancelled:
        return _ended("cancelled", CANCELLED, text)
    answer = json.loads(text)
    proved = answer["status"] in PROVED and answer["seconds"] < NEAR_LIMIT * seconds
    return _with_result("done", answer.get("reason", ""), text, answer, reusable=proved)


def _ended(state: Literal["done", "cancelled", "failed"], reason: str, text: str | None) -> Outcome:
    """Without a proof; a result only if there is something in it, or the solve is done."""
    answer = json.loads(text) if text is not None else {}
    if text is None or (state != "done" and answer.get("schedule") is None):
        return Outcome(state, reason)
    return _with_result(state, reason, text, answer, reusable=False)


def _with_result(
    state: Literal["done", "cancelled", "failed"],
    reason: str,
    text: str,
    answer: Mapping[str, Any],
    *,
    reusable: bool,
) -> Outcome:
    content = text.encode()
    certificate = answer.get("certificate") or {}
    return Outcome(
        state=state,
        reason=reason,
        status=answer["status"],
        result=content,
        digest="sha256:" + hashlib.sha256(content).hexdigest(),
        reusable=reusable,
        known={
            "initiation_interval": answer.get("initiation_interval"),
            "lower_bound": certificate.get("lower_bound"),
        },
    )


def _title(ending: Ending) -> str:
    return str(json.loads(ending.problem or "{}").get("title", ""))


def _detail(ending: Ending) -> str:
    detail = str(json.loads(ending.problem or "{}").get("detail", "it ended without an answer"))
    return detail.encode("utf-8", "replace").decode().replace("\0", "")[:2_000]  # what stores take
