"""What routes share: who calls, what is in paths, and how answers look."""

from __future__ import annotations

import difflib
from typing import Annotated, cast

from fastapi import Depends, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.responses import Response

from ..models.job import FINAL
from .access import Known
from .job_view import job_text
from .refusals import Unprocessable
from .service import Made, Service
from .tables import AnyRow

RETRY_SECONDS = "2"
_BEARER = HTTPBearer(
    auto_error=False, scheme_name="key", description="A key of `twill serve keys create`."
)
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


def service_of(request: Request) -> Service:
    """The service of the app that answers."""
    return cast(Service, request.app.state.service)


async def _reader(request: Request, _: _Credentials) -> Known:
    return await _caller(request, "read")


async def _solver(request: Request, _: _Credentials) -> Known:
    return await _caller(request, "solve")


async def _caller(request: Request, scope: str) -> Known:
    _check_query(request)
    headers = request.headers
    client = request.client.host if request.client else ""
    known = await service_of(request).access.caller(
        headers.get("authorization"), scope, client, headers.get("host")
    )
    request.state.owner = known.owner
    return known


def _check_query(request: Request) -> None:
    """A parameter that is misspelt would choose nothing, and nobody would notice."""
    if not request.query_params:
        return
    known = {field.alias for field in request.scope["route"].dependant.query_params}
    for name in request.query_params:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            told = ", ".join(sorted(known)) or "none"
            cure = f"did you mean {near[0]}?" if near else f"known: {told}"
            raise Unprocessable(f"unknown parameter {name[:40]!r}", cure)


async def _the(request: Request) -> Service:  # plain functions would be called in a thread
    return service_of(request)


The = Annotated[Service, Depends(_the)]
Reader = Annotated[Known, Depends(_reader)]
Solver = Annotated[Known, Depends(_solver)]

JobPath = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="Id of a job.")]
DigestPath = Annotated[
    str, Path(pattern="^sha256:[0-9a-f]{64}$", description="Digest of a result.")
]
NamePath = Annotated[str, Path(pattern="^[A-Za-z_][A-Za-z0-9_.-]{0,95}$")]


def job_response(job: AnyRow, **headers: str) -> Response:
    """A job: 200 if it is over, 202 with a hint when to look again if not."""
    is_over = job.state in FINAL or job.detached_at is not None
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    if not is_over:
        told["Retry-After"] = RETRY_SECONDS
    return Response(job_text(job), 200 if is_over else 202, told, "application/json")


def made_response(request: Request, made: Made, content_type: str, **headers: str) -> Response:
    """Bytes with their ETag; 304 to whoever has them."""
    told = {"ETag": made.etag, **{name.replace("_", "-"): text for name, text in headers.items()}}
    if _has(request.headers.get("if-none-match"), made.etag):
        return Response(status_code=304, headers=told)
    return Response(made.content, 200, told, content_type)


def _has(told: str | None, etag: str) -> bool:
    if told is None:
        return False
    tags = (tag.strip().removeprefix("W/") for tag in told[:4096].split(","))
    return told.strip() == "*" or etag in tags
