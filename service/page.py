"""The page at `/`: static files, from the package and from nowhere else."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.responses import Response

from ..drawing.page.files import POLICY, StaticFile, static_files


def add_page(app: FastAPI) -> None:
    """Serve these files and no others: what is asked for is a name, never a path on the disk."""
    for path, file in static_files().items():
        _add_file(app, path, file)


def _add_file(app: FastAPI, path: str, file: StaticFile) -> None:
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}

    async def serve() -> Response:
        return Response(file.content, headers=headers, media_type=file.content_type)

    app.add_api_route(f"/{path}", serve, methods=["GET"], include_in_schema=False)
