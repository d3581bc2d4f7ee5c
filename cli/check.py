"""`twill check`: the gate on stored schedules."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .interrupt import run_interruptibly
from .output import check_writable, print_answer, print_note, write_file

# What reads and solves is imported when it is needed, so that help and errors come at once.
if TYPE_CHECKING:
    from ..gate.means import Means
    from ..models.answer import Origin
    from ..models.check_report import CheckedSchedule, CheckReport


class ReportFormat(StrEnum):
    """How the outcome is written."""

    text = "text"
    json = "json"
    junit = "junit"
    github = "github"
    markdown = "markdown"


def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATHS]...",
            help="Stored schedules, or folders of them. [default: those of the library]",
        ),
    ] = None,
    prove: Annotated[
        bool,
        typer.Option("--prove", help="Have what was excluded by search excluded once more."),
    ] = False,
    update: Annotated[
        bool, typer.Option("--update", help="Solve what has changed, and write its file anew.")
    ] = False,
    no_solve: Annotated[
        bool, typer.Option("--no-solve", help="Only say what has changed; takes no search.")
    ] = False,
    form: Annotated[
        ReportFormat, typer.Option("--format", "-f", help="What is printed.")
    ] = ReportFormat.text,
    report: Annotated[
        list[str] | None,
        typer.Option(
            "--report",
            metavar="FORMAT=FILE",
            help="Write the outcome to a file as well, in any format; may be repeated.",
        ),
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(
            "--time-limit", min=0.001, metavar="SECONDS", help="Of each solve and each proof."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress on standard error.")
    ] = False,
) -> int:
    """Check stored schedules: that they are what they say, and still optimal for their sources.

    A schedule is unchanged, still optimal but different, better or worse than it could be, or no
    longer valid; the outcome says which cost or operation moved. Exit codes: 0 all unchanged or
    equal (or updated); 1 better, worse, invalid or missing; 2 unreadable; 3 a limit was reached.
    """
    from ..gate.means import Means
    from .check_reports import report_text

    reports = [_report_file(entry) for entry in report or ()]
    for _, file in reports:
        check_writable(file)
    files = _files(tuple(paths or ()))
    means = Means(
        write=write_file,
        solves=not no_solve,
        proves=prove,
        updates=update,
        seconds=time_limit,
        say=(lambda _: None) if quiet else print_note,
    )
    finished = run_interruptibly(lambda: _checked(files, means), means.stop.request)
    outcome = finished.value
    if outcome is None:
        print_note("interrupted")
        os._exit(130)
    for chosen, file in reports:
        write_file(file, report_text(outcome, chosen.value))
    print_answer(report_text(outcome, "json" if as_json else form.value))
    return 130 if finished.interrupted else outcome.exit_code


def _files(paths: tuple[Path, ...]) -> dict[Path, Origin | None]:
    from ..gate.store import files_in, library_folder, library_origins

    if paths:
        return dict.fromkeys(files_in(paths))
    folder = library_folder()
    found: dict[Path, Origin | None] = dict.fromkeys(sorted(folder.glob("*.json")))
    found |= {folder / name: origin for name, origin in library_origins().items()}
    return dict(sorted(found.items()))


def _checked(files: dict[Path, Origin | None], means: Means) -> CheckReport:
    from ..models.check_report import CheckReport
    from ..models.version import VERSION

    began = time.monotonic()
    schedules = tuple(_each(files, means))
    seconds = round(time.monotonic() - began, 3)
    return CheckReport(version=VERSION, schedules=schedules, seconds=seconds)


def _each(files: dict[Path, Origin | None], means: Means) -> Iterator[CheckedSchedule]:
    from ..gate.check import check_file

    for file, origin in files.items():
        if means.stop.requested:
            return
        yield check_file(file, means, origin).model_copy(update={"file": _shown(file)})


def _shown(file: Path) -> str:
    """From the current folder where the file lies below it, as annotations need it."""
    try:
        return file.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return str(file)


def _report_file(entry: str) -> tuple[ReportFormat, Path]:
    from ..models.errors import UsageError

    name, equals, file = entry.partition("=")
    if not equals or not file or name not in list(ReportFormat):
        known = ", ".join(ReportFormat)
        cure = f"write FORMAT=FILE, such as junit=twill.xml; formats: {known}"
        raise UsageError(f"--report: {entry!r} is no format with a file", cure=cure)
    return ReportFormat(name), Path(file)
