"""Errors as HTTP answers: problem objects of RFC 9457, from the one error tree."""

from __future__ import annotations

import json
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ..models.errors import DeviceFault, InvalidInput, LimitReached, Problem, TwillError
from ..models.problem_object import fault_object, problem_object
from .refusals import (
    MethodNotAllowed,
    NotFound,
    Refusal,
    Relayed,
    Unavailable,
    Unprocessable,
)

MEDIA_TYPE = "application/problem+json"
MOST_PROBLEMS = 20


def status_of(error: TwillError) -> int:
    """The HTTP status of an error that Twill raised on purpose."""
    if isinstance(error, Refusal):
        return error.status
    if isinstance(error, InvalidInput):
        return 422
    return 503 if isinstance(error, Unavailable | DeviceFault | LimitReached) else 500


def error_response(error: TwillError) -> Response:
    """The answer to a request that fails with this error."""
    if isinstance(error, Relayed):
        return problem_response(422 if error.problem["exit_code"] == 2 else 500, error.problem)
    headers = error.headers if isinstance(error, Refusal | Unavailable) else {}
    return problem_response(status_of(error), problem_object(error), headers)


def problem_response(
    status: int, problem: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> Response:
    """A problem object with its status."""
    content = json.dumps({**problem, "status": status})
    return Response(content, status, dict(headers or {}), MEDIA_TYPE)


def fault_response(error: BaseException) -> Response:
    """What nobody foresaw; details go to the log, not to the caller."""
    problem = fault_object(error) | {"detail": "a fault of Twill; the log of the service has more"}
    return problem_response(500, problem)


def add_handlers(app: FastAPI) -> None:
    """Have every error of the app answered by a problem."""

    async def twill_error(_: Request, error: Exception) -> Response:
        return error_response(error) if isinstance(error, TwillError) else fault_response(error)

    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return error_response(_refusal(error, request))

    async def validation_error(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return error_response(_unprocessable(error))

    app.add_exception_handler(TwillError, twill_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, validation_error)
    app.add_exception_handler(Exception, twill_error)


def _refusal(error: HTTPException, request: Request) -> Refusal:
    if error.status_code == 404:
        return NotFound("there is nothing at this path", "GET /openapi.json lists the paths")
    if error.status_code == 405:
        none = MethodNotAllowed(f"no {request.method[:16]} at this path")
        none.headers["Allow"] = _allowed(request, (error.headers or {}).get("Allow", "GET"))
        return none
    refusal = Refusal(str(error.detail))
    refusal.status = error.status_code
    return refusal


def _allowed(request: Request, told: str) -> str:
    """Every method of the path; a router tells those of the first route that it finds."""
    path = getattr(request.scope.get("route"), "path", "")
    methods = request.app.openapi()["paths"].get(path, {})
    return ", ".join(sorted(method.upper() for method in methods)) or told


def _unprocessable(error: RequestValidationError) -> InvalidInput:
    problems = tuple(
        Problem(f"{'.'.join(str(part) for part in found['loc'])}: {found['msg']}"[:500])
        for found in error.errors()[:MOST_PROBLEMS]
    )
    refusal = Unprocessable(problems[0].message)
    refusal.problems = problems
    return refusal
