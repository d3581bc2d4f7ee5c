"""`/v1/kernels`, `/v1/profiles`: what the service knows by name."""

from __future__ import annotations

import hashlib
import json
from functools import cache

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..gpu_profiles.library import load_profile, profile_names
from ..kernels.graph_library import graph_names, load_graph
from ..kernels.library import kernel_names, load_kernel
from .described import content
from .refusals import NotFound
from .routes import NamePath, Reader, made_response
from .service import Made

router = APIRouter(prefix="/v1", tags=["library"])
YAML = "application/yaml"
SHORT = "private, max-age=300"


@router.get(
    "/kernels", operation_id="listKernels", **content("application/json", "Names and summaries.")
)
def kernels(request: Request, caller: Reader) -> Response:
    """The kernels and graphs that a request may name: `{"items": [{name, form, summary}]}`."""
    return made_response(request, _kernels(), "application/json", Cache_Control=SHORT)


@router.get(
    "/kernels/{name}",
    operation_id="getKernel",
    **content(YAML, "The document, which can be changed and sent back.", 404, 422),
)
def kernel(request: Request, caller: Reader, name: NamePath) -> Response:
    """A kernel or graph document of the library."""
    return made_response(request, _kernel(name), YAML, Cache_Control=SHORT)


@router.get(
    "/profiles", operation_id="listProfiles", **content("application/json", "Names and summaries.")
)
def profiles(request: Request, caller: Reader) -> Response:
    """The GPUs that a request may name: `{"items": [{name, target, summary}]}`."""
    return made_response(request, _profiles(), "application/json", Cache_Control=SHORT)


@router.get(
    "/profiles/{name}",
    operation_id="getProfile",
    **content(YAML, "The profile, with unit and source of each figure.", 404, 422),
)
def profile(request: Request, caller: Reader, name: NamePath) -> Response:
    """A GPU profile."""
    return made_response(request, _profile(name), YAML, Cache_Control=SHORT)


@cache
def _kernels() -> Made:
    kernels = [(name, "kernel", load_kernel(name).value.summary) for name in kernel_names()]
    graphs = [(name, "graph", load_graph(name).value.summary) for name in graph_names()]
    return _list([
        {"name": name, "form": form, "summary": " ".join(summary.split())}
        for name, form, summary in (*kernels, *graphs)
    ])  # fmt: skip


def _kernel(name: str) -> Made:
    if name in kernel_names():
        return _made(load_kernel(name).text)
    if name in graph_names():
        return _made(load_graph(name).text)
    raise NotFound(f"no kernel {name[:64]!r}", "GET /v1/kernels lists them")


@cache
def _profiles() -> Made:
    known = [load_profile(name).value for name in profile_names()]
    return _list([
        {"name": one.profile, "target": one.target, "summary": one.summary} for one in known
    ])  # fmt: skip


def _profile(name: str) -> Made:
    if name not in profile_names():
        raise NotFound(f"no profile {name[:64]!r}", "GET /v1/profiles lists them")
    return _made(load_profile(name).text)


def _list(items: list[dict[str, str]]) -> Made:
    return _made(json.dumps({"items": items}))


def _made(text: str) -> Made:
    data = text.encode()
    return Made(data, f'"sha256:{hashlib.sha256(data).hexdigest()}"')
