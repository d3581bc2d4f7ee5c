"""`/healthz`, `/readyz`, `/metrics`: for whoever runs the service."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import Connection
from starlette.responses import Response

from . import reading
from .described import content, problems
from .refusals import Unavailable
from .routes import Reader, The
from .schema import head, revision

router = APIRouter(tags=["operations"])
_OK = '{"status":"ok"}'


@router.get(
    "/healthz",
    operation_id="isAlive",
    responses={200: {"description": "The process answers."}, **problems()},
)
async def healthz() -> Response:
    """Whether the process is alive; asks nothing else."""
    return Response(_OK, media_type="application/json")


@router.get(
    "/readyz",
    operation_id="isReady",
    responses={200: {"description": "Jobs are accepted and solved."}, **problems()},
)
async def readyz(the: The) -> Response:
    """Whether jobs are accepted and solved: the database answers and solves are dispatched."""

    def look(connection: Connection) -> str | None:
        return revision(connection)

    if the.bell.closing.is_set():
        raise Unavailable("the service is shutting down")
    found = await the.read(look)
    if found != head():
        raise Unavailable(f"the database has revision {found}")
    if not the.dispatcher.is_alive:
        raise Unavailable("no solves are dispatched")
    return Response(_OK, media_type="application/json")


@router.get(
    "/metrics",
    operation_id="getMetrics",
    **content("text/plain", "Prometheus' text format.", cached=False),
)
async def metrics(the: The, caller: Reader) -> Response:
    """Requests, solves and retries since the start, and what is queued and running now."""
    live = await the.read(reading.count_live)
    text = the.metrics.text(live, the.executor.slots)
    return Response(text, media_type=CONTENT_TYPE_LATEST)
