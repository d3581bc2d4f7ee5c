"""`twill show`: a stored schedule as text, SVG, page, trace or JSON."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .output import print_answer, write_file

if TYPE_CHECKING:
    from ..models.answer import Answer


class Format(StrEnum):
    """How a schedule is shown."""

    text = "text"
    svg = "svg"
    html = "html"
    perfetto = "perfetto"
    json = "json"


def show(
    schedule: Annotated[
        Path, typer.Argument(metavar="SCHEDULE", help="A file that `twill solve -o` wrote.")
    ],
    other: Annotated[
        Path | None,
        typer.Argument(metavar="OTHER", help="Another one to compare it with; html only."),
    ] = None,
    form: Annotated[Format, typer.Option("--format", "-f", help="What to write.")] = Format.text,
    cuda: Annotated[
        Path | None,
        typer.Option(
            "--cuda", metavar="FILE", help="html: its CUDA source, such as bundle/kernel.cu."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file instead of printing.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> int:
    """Show a stored schedule, which is verified again first.

    html is one file that any browser shows without network, or two schedules side by side; perfetto
    is a trace for ui.perfetto.dev and chrome://tracing, with one cycle as one nanosecond.
    """
    chosen = Format.json if as_json else form
    if chosen is Format.html:
        from .show_page import page_of_files

        text = page_of_files(schedule, other, cuda)
    else:
        from ..pipeline import read_answer

        _refuse_for_others(other, cuda)
        text = _shown(read_answer(str(schedule)), chosen)
    if output is None:
        print_answer(text)
    else:
        write_file(output, text)
    return 0


def _refuse_for_others(other: Path | None, cuda: Path | None) -> None:
    from ..models.errors import UsageError

    if other is not None or cuda is not None:
        raise UsageError(
            f"{'a second schedule' if other is not None else '--cuda'} is for --format html",
            cure="add --format html",
        )


def _shown(answer: Answer, form: Format) -> str:
    if form is Format.json:
        from ..models.schedule_text import schedule_text

        return schedule_text(answer)
    if form is Format.text:
        from .answer import answer_text

        return answer_text(answer)
    from ..models.errors import UsageError

    if answer.schedule is None:
        cure = "look at it with --format text"
        raise UsageError(f"there is no schedule to draw: {answer.status}", cure=cure)
    if form is Format.svg:
        from ..drawing.svg import draw_svg

        return draw_svg(answer)
    from ..drawing.perfetto import trace_text

    return trace_text(answer.problem, answer.schedule)
