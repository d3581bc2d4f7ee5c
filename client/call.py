"""One request to the service as a value: what is sent, and how the reply is read.

`Client` and `AsyncClient` send the same calls; nothing here waits for anything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar
from uuid import uuid4

from pydantic import TypeAdapter, ValidationError

from ..models.answer import Answer
from ..models.errors import InvalidSchedule, ServiceFault, UsageError
from ..models.job import Job, ScheduleRequest, State
from ..reader.schedules import schedule_of

T = TypeVar("T")
Method = Literal["GET", "POST"]
_JOB = TypeAdapter(Job)
UNREADABLE = (
    ValidationError, ValueError, KeyError, TypeError, RecursionError, InvalidSchedule,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A method, a path below the address of the service, and what comes of the text of the reply.

    Every call may be sent again: a submission carries a key by which the service knows it.
    """

    method: Method
    path: str
    read: Callable[[str], T]
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """How an HTTP client is told."""
        return {
            "method": self.method, "url": self.path, "params": dict(self.query),
            "headers": dict(self.headers), "content": self.body,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """Some jobs, newest first, and where the next page begins; None: it was the last."""

    jobs: tuple[Job, ...]
    after: str | None


def submit(request: ScheduleRequest, idempotency_key: str | None = None) -> Call[Job]:
    """Ask for a schedule."""
    return Call(
        "POST", "/v1/schedules", read_job,
        headers={
            "Idempotency-Key": idempotency_key or uuid4().hex, "Content-Type": "application/json",
        },
        body=request.model_dump_json(exclude_defaults=True),
    )  # fmt: skip


def job(identity: str) -> Call[Job]:
    """How a job stands."""
    return Call("GET", _path(identity), read_job)


def cancel(identity: str) -> Call[Job]:
    """Give a job up; what it has found by then stays."""
    return Call("POST", f"{_path(identity)}/cancel", read_job)


def answer(identity: str) -> Call[Answer]:
    """The schedule document of a job that has a result."""
    return Call("GET", f"{_path(identity)}/schedule.json", _read_answer)


def jobs(
    state: State | None = None, kernel: str | None = None, gpu: str | None = None,
    after: str | None = None, limit: int = 100,
) -> Call[Page]:  # fmt: skip
    """A page of jobs."""
    chosen = {"state": state, "kernel": kernel, "gpu": gpu, "after": after, "limit": str(limit)}
    query = {name: value for name, value in chosen.items() if value is not None}
    return Call("GET", "/v1/schedules", _read_page, query=query)


def names(kind: Literal["kernels", "profiles"]) -> Call[tuple[str, ...]]:
    """The kernels or the GPU profiles that the service knows by name."""
    return Call("GET", f"/v1/{kind}", _read_names)


def events_path(identity: str) -> str:
    """Where the events of a job are streamed."""
    return f"{_path(identity)}/events"


def _path(identity: str) -> str:
    if len(identity) != 32 or not set(identity) <= set("0123456789abcdef"):
        raise UsageError(f"no id of a job: {identity[:80]!r}", cure="it has 32 hexadecimal digits")
    return f"/v1/schedules/{identity}"


# ---- replies


def read_job(text: str) -> Job:
    """A job; ServiceFault if the text is none."""
    return _checked(lambda: _JOB.validate_json(text))


def _read_answer(text: str) -> Answer:
    return _checked(lambda: schedule_of(text.encode(), "schedule.json"))


def _read_page(text: str) -> Page:
    def read() -> Page:
        value = json.loads(text)
        found = tuple(_JOB.validate_json(json.dumps(one)) for one in value["items"])
        return Page(found, value.get("after"))

    return _checked(read)


def _read_names(text: str) -> tuple[str, ...]:
    return _checked(lambda: tuple(_name_of(item) for item in json.loads(text)["items"]))


def _name_of(item: Any) -> str:
    return str(item["name"] if isinstance(item, dict) else item)


def _checked(read: Callable[[], T]) -> T:
    try:
        return read()
    except UNREADABLE as fault:
        first = str(fault).split("\n", 1)[0][:200]
        raise ServiceFault(f"the service sent what this version cannot read: {first}") from None
