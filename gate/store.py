"""Which files are stored schedules, what the library should have, and how they are written."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from ..gpu_profiles.library import profile_names
from ..kernels.graph_library import graph_names
from ..kernels.library import kernel_names
from ..models.answer import Answer, Origin
from ..models.errors import UsageError
from ..models.schedule_text import schedule_text
from .origin import without_texts


def library_folder() -> Path:
    """The folder of the library's own stored schedules."""
    return Path(str(files("twill.kernels"))) / "schedules"


def library_origins() -> dict[str, Origin]:
    """For each file that the library should have: where its schedule comes from."""
    kernels = {
        f"{kernel}@{gpu}.json": Origin(document=f"../{kernel}.yaml", gpu=gpu)
        for kernel in kernel_names()
        for gpu in profile_names()
    }
    graphs = {
        f"{graph}.json": Origin(document=f"../graphs/{graph}.yaml") for graph in graph_names()
    }
    return {**kernels, **graphs}


def file_name(kernel: str, gpu: str) -> str:
    """What the file of a stored schedule is called."""
    return f"{kernel}@{gpu}.json"


def files_in(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The given files, and every `.json` file at or below the given folders, in order.

    Raises UsageError for what is not there, and for a folder without any.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(path.rglob("*.json"))
            if not inside:
                cure = "store one: twill solve KERNEL.yaml --gpu GPU --store FOLDER"
                raise UsageError("holds no stored schedule", file=str(path), cure=cure)
            found.update(dict.fromkeys(inside))
        elif path.exists():
            found[path] = None
        else:
            cure = "give a stored schedule or a folder of them"
            raise UsageError("does not exist", file=str(path), cure=cure)
    return tuple(found)


def stored_text(answer: Answer, origin: Origin) -> str:
    """The text of a file that lies beside its sources: digests instead of their texts, no times."""
    kept = {"origin": origin, "sources": without_texts(answer.sources)}
    return schedule_text(answer.canonical().model_copy(update=kept))
