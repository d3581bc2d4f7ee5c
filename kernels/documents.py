"""Which file a document on the command line is, and of which kind."""

from __future__ import annotations

import difflib
import os

from ..models.errors import InvalidInput, UsageError
from ..reader.yaml_text import load_yaml
from .graph_library import graph_names, graph_path
from .library import kernel_names, kernel_path


def find_document(path: str) -> str:
    """A file as it is; any other name is looked for in the library."""
    if is_path(path):
        return path
    if path in graph_names():
        return str(graph_path(path))
    if path in kernel_names():
        return str(kernel_path(path))
    known = (*kernel_names(), *graph_names())
    near = difflib.get_close_matches(path, known, n=1)
    cure = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
    raise UsageError(f"neither a file nor a document of the library: {path[:80]!r}", cure=cure)


def is_path(name: str) -> bool:
    """Whether a document is a file, and not looked for in the library."""
    return os.path.isfile(name) or name.endswith((".yaml", ".yml")) or os.sep in name


def is_graph(text: str, file: str) -> bool:
    """Whether a text is a graph and not a kernel; raises InvalidInput where it is neither."""
    value, _ = load_yaml(text, file)
    if isinstance(value, dict) and str(value.get("format", "")).startswith("twill-schedule/"):
        raise InvalidInput(
            "a stored schedule, and neither a kernel nor a graph",
            file=file, line=1, column=1,
            cure="give the document that it was made from, or the schedule to verify, show or emit",
        )  # fmt: skip
    if isinstance(value, dict) and ("graph" in value) != ("kernel" in value):
        return "graph" in value
    raise InvalidInput(
        "neither a kernel nor a graph",
        file=file, line=1, column=1, cure="begin with `kernel: NAME` or with `graph: NAME`",
    )  # fmt: skip
