"""Where a stored schedule comes from, and what lies there now."""

from __future__ import annotations

import os
from pathlib import Path

from ..gpu_profiles.library import profile_names
from ..kernels.documents import is_path
from ..models.answer import Answer, Origin, Sources
from ..models.errors import InvalidInput
from ..pipeline import Task, read_answer, read_task


def origin_of(document: str, gpu: str | None, file: Path) -> Origin:
    """What a schedule file says of where it comes from: the arguments, seen from its folder."""
    is_known = gpu is None or gpu in profile_names()
    return Origin(
        document=_seen_from(file, document) if is_path(document) else document,
        gpu=gpu if gpu is None or is_known else _seen_from(file, gpu),
    )


def origin_task(origin: Origin, file: str) -> Task:
    """The task at the origin of a schedule file, as its sources are now.

    Raises InvalidInput where they cannot be read any more, or no longer make sense.
    """
    gpu = None if origin.gpu is None else _beside(origin.gpu, file)
    return read_task(_beside(origin.document, file), gpu)


def read_with_texts(file: str) -> Answer:
    """A stored schedule, verified again, with its texts.

    Those that it does not hold are taken from its origin, if they still give its problem.
    """
    answer = read_answer(file)
    if answer.origin is None or answer.sources.kernel or answer.sources.graph:
        return answer
    try:
        task = origin_task(answer.origin, file)
    except InvalidInput:
        return answer
    if task.problem != answer.problem:
        return answer
    return answer.model_copy(update={"sources": task.sources})


def without_texts(sources: Sources) -> Sources:
    """The digests alone, for a file whose origin lies in the same repository."""
    return sources.model_copy(update={"kernel": None, "graph": None, "profile": None})


def _seen_from(file: Path, name: str) -> str:
    path = Path(os.path.relpath(name, file.parent)).as_posix()
    return path if "/" in path else f"./{path}"


def _beside(name: str, file: str) -> str:
    """A name that Twill knows as it is; a path from the folder of the schedule file."""
    written_as_path = "/" in name or name.endswith((".yaml", ".yml"))
    return str(Path(file).parent / name) if written_as_path else name
