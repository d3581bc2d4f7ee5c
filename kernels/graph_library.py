"""The graphs that come with Twill, by name."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from ..models.errors import InvalidGraph
from ..models.graph import GraphDocument
from ..reader.documents import read_file
from ..reader.located import Located


def graph_names() -> tuple[str, ...]:
    """Every graph document of the library, in alphabetical order."""
    return tuple(sorted(path.stem for path in _folder().glob("*.yaml")))


def graph_path(name: str) -> Path:
    """The file of a graph; KeyError for any name that `graph_names` does not list."""
    if name not in graph_names():
        raise KeyError(name)
    return _folder() / f"{name}.yaml"


def load_graph(name: str) -> Located[GraphDocument]:
    """The document of a graph of the library."""
    return read_file(graph_path(name), GraphDocument, InvalidGraph)


def _folder() -> Path:
    return Path(str(files(__package__))) / "graphs"
