"""What is asked in a request: its work, and the keys under which equal questions meet."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

from pydantic import ValidationError

from ..gpu_profiles.library import load_profile, profile_names
from ..kernels.graph_library import graph_names, load_graph
from ..kernels.library import kernel_names, load_kernel
from ..models.answer import FORMAT
from ..models.document import canonical_text
from ..models.errors import UsageError
from ..models.job import ScheduleRequest
from ..models.solve_options import SolveOptions
from ..models.version import VERSION
from ..models.work import Work
from ..pipeline import read_texts

PLACE = "document"
"""What errors call the document of a request."""


@dataclass(frozen=True, slots=True)
class Question:
    """The names in a request and its two keys; small, so that many can be remembered.

    `content_key` is the question alone: problem, texts, objectives, versions. `work_key` adds what
    an answer may cost. What is proved is the answer to a content key under any budget.
    """

    kernel: str
    gpu: str
    content_key: str
    work_key: str
    priority: int


def work_of(request: ScheduleRequest, *, megabytes: int, seconds: float) -> Work:
    """The texts and options of a request; raises UsageError for names that nobody knows."""
    return Work(
        document=request.document or _library_text(request.kernel or ""),
        place=PLACE,
        profile=request.profile if request.gpu is None else _profile_text(request.gpu),
        options=_options(request),
        memory_megabytes=megabytes,
        seconds=seconds,
    )


def _options(request: ScheduleRequest) -> SolveOptions:
    try:
        return SolveOptions(
            seconds=request.time_limit,
            objectives=request.objectives,
            top=request.top,
            prove=request.prove,
        )
    except ValidationError as fault:
        said = fault.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise UsageError(f"objectives: {said}", cure="name each once") from None


def question_of(work: Work, priority: int) -> Question:
    """Read and price the document; raises InvalidInput with line and column."""
    task = read_texts(work.document, work.place, work.profile)
    content = {
        "format": FORMAT,
        "problem": task.problem.digest(),
        # Problems do not say what a kernel computes, and an answer holds the texts.
        "document": _digest(work.document),
        "profile": _digest(work.profile) if work.profile is not None else None,
        "objectives": list(work.options.objectives),
        "top": work.options.top,
        "prove": work.options.prove,
        "versions": list(versions()),
    }
    content_key = _digest(canonical_text(content))
    return Question(
        kernel=task.kernel,
        gpu=task.gpu,
        content_key=content_key,
        work_key=_digest(content_key + work.canonical_json()),
        priority=priority,
    )


@cache
def versions() -> tuple[tuple[str, str], ...]:
    """Of what decides which schedule is found."""
    return (
        ("twill", VERSION),
        ("ortools", version("ortools")),
        ("z3", version("z3-solver")),
    )


def _library_text(name: str) -> str:
    return _known_documents()[name] if name in _known_documents() else _refuse_kernel(name)


@cache
def _known_documents() -> dict[str, str]:
    kernels = {name: load_kernel(name).text for name in kernel_names()}
    return kernels | {name: load_graph(name).text for name in graph_names()}


def _refuse_kernel(name: str) -> str:
    raise UsageError(f"no kernel {name[:64]!r} in the library", cure="GET /v1/kernels lists them")


def _profile_text(name: str) -> str:
    # Asked of the list first: the loader takes paths as well.
    if name not in _known_profiles():
        raise UsageError(f"unknown GPU {name[:64]!r}", cure="GET /v1/profiles lists them")
    return _known_profiles()[name]


@cache
def _known_profiles() -> dict[str, str]:
    return {name: load_profile(name).text for name in profile_names()}


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
