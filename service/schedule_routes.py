"""`/v1/schedules`: submit, look, list, cancel."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Query, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from ..models.job import State
from . import reading
from .described import JOB, PAGE, SUBMIT
from .job_view import job_text
from .refusals import TooSlow, UnsupportedMedia
from .routes import JobPath, Reader, Solver, The, job_response

router = APIRouter(prefix="/v1/schedules", tags=["schedules"])
LIMIT = 100
_NAME = "^[A-Za-z_][A-Za-z0-9_.\\[\\]'-]{0,95}$"

IdempotencyKey = Annotated[
    str | None,
    Header(
        pattern="^[!-~]{1,255}$",
        description="The same key and body within 24 hours give the same job.",
    ),
]


@router.post("", operation_id="submitSchedule", **SUBMIT)
async def submit(
    request: Request, the: The, caller: Solver, idempotency_key: IdempotencyKey = None
) -> Response:
    """Ask for a schedule. Proved answers come at once (200), all others later (202).

    Requests for the same share one solve. A wrong document is refused with line and column.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise UnsupportedMedia("the body is no JSON", "send Content-Type: application/json")
    try:
        body = await request.body()
    except ClientDisconnect:
        raise TooSlow("the caller went away before the body was whole") from None
    job = await the.submit(caller.owner, body, idempotency_key)
    return job_response(job, Location=f"/v1/schedules/{job.id}")


@router.get("", operation_id="listSchedules", **PAGE)
async def schedules(
    the: The,
    caller: Reader,
    state: Annotated[State | None, Query()] = None,
    kernel: Annotated[str | None, Query(pattern=_NAME)] = None,
    gpu: Annotated[str | None, Query(pattern=_NAME)] = None,
    after: Annotated[
        str | None, Query(pattern="^[0-9a-f]{32}$", description="The last job of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=LIMIT)] = 20,
) -> Response:
    """The caller's jobs, newest first, page after page."""
    before = (await the.job(caller.owner, after)).number if after is not None else None
    found = await the.read(
        lambda connection: reading.list_jobs(
            connection,
            caller.owner,
            limit=limit + 1,
            before=before,
            state=state,
            kernel=kernel,
            gpu=gpu,
        )
    )
    rows = found[:limit]
    following = rows[-1].id if len(found) > limit else None
    items = ",".join(job_text(row) for row in rows)
    told = "null" if following is None else f'"{following}"'
    headers = {}
    if following is not None:
        asked = {"state": state, "kernel": kernel, "gpu": gpu, "limit": limit, "after": following}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        headers["Link"] = f'</v1/schedules?{query}>; rel="next"'
    return Response(f'{{"items":[{items}],"after":{told}}}', 200, headers, "application/json")


@router.get("/{id}", operation_id="getSchedule", **JOB)
async def schedule(the: The, caller: Reader, id: JobPath) -> Response:
    """How a job stands."""
    job = await the.job(caller.owner, id)
    return Response(job_text(job), media_type="application/json")


@router.delete("/{id}", operation_id="deleteSchedule", **JOB)
async def delete(the: The, caller: Solver, id: JobPath) -> Response:
    """The same as cancelling it; the record stays."""
    return await cancel(the, caller, id)


@router.post("/{id}/cancel", operation_id="cancelSchedule", **JOB)
async def cancel(the: The, caller: Solver, id: JobPath) -> Response:
    """Give a job up. The last caller of a shared solve stops it, keeping the best so far.

    A job that is over stays as it is.
    """
    return job_response(await the.cancel(caller.owner, id))
