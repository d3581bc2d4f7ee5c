"""`twill shapes`: the best of the sizes and splits that a kernel document lists."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .choices import EXIT_CODES
from .completion import complete_document
from .gpu_option import gpu_option
from .interrupt import run_interruptibly
from .output import check_writable, print_answer, print_note, write_file

# What solves is imported when it is needed, so that help and errors come at once.
if TYPE_CHECKING:
    from ..models.shape_search import ShapeSearch
    from ..shaping.search import BestShape


def shapes(
    document: Annotated[
        str,
        typer.Argument(
            metavar="DOCUMENT",
            autocompletion=complete_document,
            help="A kernel.yaml in which sizes or splits are lists.",
        ),
    ],
    gpu: Annotated[str | None, gpu_option("GPU profile. [default: h100-sxm]")] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Write the document with the best shape alone, for `solve`."
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--every", help="Solve also the shapes that bounds rule out.")
    ] = False,
    time_limit: Annotated[
        float,
        typer.Option("--time-limit", min=0.001, metavar="SECONDS", help="Of each solve."),
    ] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress on standard error.")
    ] = False,
) -> int:
    """Find the shape with the most useful work for each cycle, and prove that it is the best.

    Exit codes: 0 proved best; 1 no shape has a schedule; 2 invalid input; 3 a limit was reached
    before a proof; 130 interrupted.
    """
    from .. import pipeline
    from ..gpu_profiles.library import load_profile
    from ..shaping.search import Asking, SearchOverShapes

    if output is not None:
        check_writable(output)
    kernel = pipeline.read_kernel(document)
    profile = load_profile(pipeline.DEFAULT_GPU if gpu is None else gpu).value
    say = (lambda _: None) if quiet else print_note
    asking = Asking(seconds=time_limit, say=say, every=every)
    search = SearchOverShapes(kernel, profile, asking)
    finished = run_interruptibly(search.run, asking.stop.request)
    found = finished.value or search.so_far()
    if found is None:
        print_note("interrupted")
        os._exit(130)
    if output is not None:
        _write(found, output)
    print_answer(found.search.model_dump_json(indent=1) if as_json else _text(found.search))
    if finished.still_running:
        os._exit(130)  # a backend that does not stop would hold the process back
    return 130 if finished.interrupted else EXIT_CODES[found.search.status]


def _write(found: BestShape, file: Path) -> None:
    if found.document is None:
        print_note(f"{file} is not written: no shape has a schedule")
        return
    write_file(file, found.document.text)


def _text(search: ShapeSearch) -> str:
    from ..drawing.shape_sentences import shape_headline, shape_notes, shape_reasons, shape_rows
    from .tables import table_text

    head = (f"{search.kernel} on {search.gpu}", shape_headline(search), *shape_notes(search))
    table = "\n".join((*head, "", table_text(shape_rows(search))))
    return "\n".join((table, *shape_reasons(search)))
