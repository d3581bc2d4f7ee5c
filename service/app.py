"""The web application: routes, handlers of errors, and the description of the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRouter
from starlette.types import ASGIApp

from ..models.version import VERSION
from . import event_routes, health_routes, library_routes, result_routes, schedule_routes
from .answers import add_handlers
from .described import drop_nulls, schemas
from .frontier import Frontier
from .page import add_page
from .service import Service

TITLE = "Twill"
SUMMARY = "Optimal software pipelines and warp specialization for tiled GPU kernels, with proof."
ROUTERS: tuple[APIRouter, ...] = (
    schedule_routes.router,
    event_routes.router,
    result_routes.router,
    library_routes.router,
    health_routes.router,
)


def build_app(service: Service) -> ASGIApp:
    """The app of a service; its lifespan starts and closes what the service owns."""
    app = FastAPI(
        title=TITLE,
        summary=SUMMARY,
        version=VERSION,
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
        telemetry={"auto_configure": False},
    )
    app.state.service = service
    for router in ROUTERS:
        app.include_router(router)
    add_page(app)
    add_handlers(app)
    # As FastAPI documents it (Extending OpenAPI).
    app.openapi = lambda: openapi(app)  # type: ignore[method-assign]
    return Frontier(app, service.settings, service.metrics)


def openapi(app: FastAPI) -> dict[str, Any]:
    """The description of the API, made once."""
    if app.openapi_schema is None:
        described = get_openapi(
            title=app.title, version=app.version, summary=app.summary, routes=app.routes
        )
        found = described.setdefault("components", {}).setdefault("schemas", {})
        for unused in ("HTTPValidationError", "ValidationError"):
            found.pop(unused, None)
        found.update(schemas())
        drop_nulls(described)
        app.openapi_schema = described
    return app.openapi_schema


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    await service.open()
    try:
        yield
    finally:
        await service.close()
