"""What becomes of a reply that is no success: the error that it describes (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..models import errors
from ..models.errors import InvalidInput, Problem, ServiceFault, TwillError, UsageError

RETRIED = frozenset({429, 502, 503, 504})
"""Statuses after which the same call may succeed."""

_TYPES = {
    "urn:twill:problem:" + kind.title.replace(" ", "-").lower(): kind
    for kind in (
        InvalidInput, errors.InvalidKernel, errors.InvalidProfile, errors.InvalidGraph,
        errors.InvalidSchedule, UsageError,
    )
}  # fmt: skip
_CURES = {
    401: "give a key: TWILL_KEY in the environment, or `key=`",
    403: "ask whoever runs the service for a key with that right",
}


def refusal(status: int, text: str) -> TwillError:
    """The error for a reply of that status; it says who is at fault as the service did."""
    described = _object(text)
    detail = str(described.get("detail") or described.get("title") or f"HTTP status {status}")
    if status >= 500 or status in RETRIED:
        return ServiceFault(f"{detail[:500]} (HTTP status {status})")
    kind = _TYPES.get(str(described.get("type")), UsageError)
    problems = tuple(_problem(one) for one in _list(described.get("problems")))
    return kind(detail[:500], cure=_CURES.get(status), problems=problems)


def _object(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _problem(one: dict[str, Any]) -> Problem:
    def text(name: str) -> str | None:
        return None if one.get(name) is None else str(one[name])[:2_000]

    def number(name: str) -> int | None:
        return one[name] if isinstance(one.get(name), int) else None

    return Problem(
        text("message") or "not told", text("file"), number("line"), number("column"), text("cure")
    )
