"""Schedule documents and what is made of them: pictures, traces, certificates, CUDA."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from starlette.responses import Response

from .artefacts import CONTENT_TYPES
from .described import content
from .routes import DigestPath, JobPath, Reader, The, made_response
from .service import Made

router = APIRouter(prefix="/v1", tags=["results"])
IMMUTABLE = "private, max-age=31536000, immutable"
REVALIDATED = "private, no-cache"
_DRAWING = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_OPERATIONS = {
    "schedule.json": ("getDocument", "The schedule document, as `twill solve --json` prints it."),
    "certificate.json": ("getCertificate", "Why no smaller initiation interval exists."),
    "trace.json": ("getTrace", "A trace for ui.perfetto.dev; one cycle is one nanosecond."),
    "timeline.svg": ("getTimeline", "Prologue, steady state and epilogue as a picture."),
    "page.json": ("getPage", "What the page draws; its form may change with any version."),
    "kernel.cu": ("getCuda", "CUDA source of the schedule, printed and not compiled; 404 says "
                             "why a schedule cannot be emitted."),
}  # fmt: skip


@router.get(
    "/results/{digest}",
    operation_id="getResult",
    **content("application/json", "A schedule document, which never changes.", 404, 422),
)
async def result(request: Request, the: The, caller: Reader, digest: DigestPath) -> Response:
    """A schedule document by its digest, for whoever has a job that it answers."""
    made = Made(await the.documents.of_digest(caller.owner, digest), f'"{digest}"')
    return made_response(request, made, "application/json", Cache_Control=IMMUTABLE)


def _route(name: str) -> Callable[..., Awaitable[Response]]:
    async def artefact(request: Request, the: The, caller: Reader, id: JobPath) -> Response:
        made = await the.artefact(caller.owner, id, name)
        headers = {"Cache-Control": REVALIDATED}
        if name.endswith(".svg"):
            headers["Content-Security-Policy"] = _DRAWING
        return made_response(request, made, CONTENT_TYPES[name], **headers)

    artefact.__name__ = name.replace(".", "_")
    artefact.__doc__ = _OPERATIONS[name][1]
    return artefact


for _name, (_operation, _about) in _OPERATIONS.items():
    router.add_api_route(
        f"/schedules/{{id}}/{_name}",
        _route(_name),
        methods=["GET"],
        operation_id=_operation,
        **content(CONTENT_TYPES[_name], _about, 404, 422),
    )
