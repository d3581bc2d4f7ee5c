"""The page at `/`: static files, from the package and from nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.responses import Response

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class PageFile:
    """Bytes and their media type."""

    content: bytes
    content_type: str


_FIRST = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Twill</title>
<h1>Twill</h1>
<p>Schedules of tiled GPU kernels, with proof.
<a href="openapi.json">The API</a> is described by OpenAPI.</p>
</html>
"""


def page_files() -> Mapping[str, PageFile]:
    """Every file of the page by its path below `/`; the empty path is the page itself."""
    return {"": PageFile(_FIRST.encode(), "text/html; charset=utf-8")}


def add_page(app: FastAPI, files: Mapping[str, PageFile] | None = None) -> None:
    """Serve these files and no others: what is asked for is a name, never a path on the disk."""
    for path, file in (files if files is not None else page_files()).items():
        _add_file(app, path, file)


def _add_file(app: FastAPI, path: str, file: PageFile) -> None:
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}

    async def serve() -> Response:
        return Response(file.content, headers=headers, media_type=file.content_type)

    app.add_api_route(f"/{path}", serve, methods=["GET"], include_in_schema=False)
