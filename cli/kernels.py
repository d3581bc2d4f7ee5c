"""`twill kernels`: the kernels and graphs that come with Twill."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from .completion import complete_document
from .output import print_answer
from .tables import table_text


def kernels(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", autocompletion=complete_document, help="Show this kernel or graph."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """List the library, or show one document of it. `twill solve NAME` solves it."""
    if name is not None:
        text, document = _document(name)
        print_answer(json.dumps(document, indent=2) if as_json else text)
        return 0
    rows = list(_rows())
    print_answer(json.dumps(rows, indent=2) if as_json else table_text(rows))
    return 0


def _rows() -> list[dict[str, str]]:
    from ..kernels.graph_library import graph_names, load_graph
    from ..kernels.library import kernel_names, load_kernel

    kernel = [(name, "kernel", load_kernel(name).value.summary) for name in kernel_names()]
    graph = [(name, "graph", load_graph(name).value.summary) for name in graph_names()]
    return [
        {"name": name, "form": form, "summary": " ".join(summary.split())}
        for name, form, summary in (*kernel, *graph)
    ]


def _document(name: str) -> tuple[str, object]:
    from ..kernels.graph_library import graph_names, load_graph
    from ..kernels.library import load_kernel

    if name in graph_names():
        graph = load_graph(name)
        return graph.text, graph.value.model_dump(mode="json", by_alias=True)
    kernel = load_kernel(name)
    return kernel.text, kernel.value.model_dump(mode="json", by_alias=True)
