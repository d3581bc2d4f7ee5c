"""The command line: its commands, and the exit code of each run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from ..models.errors import TwillError
from ..models.version import VERSION
from . import (
    bench,
    calibrate,
    check,
    db,
    emit,
    explain,
    kernels,
    profiles,
    report,
    schema,
    serve,
    shapes,
    show,
    solve,
    sweep,
    verify,
)
from .faults import Form, Trace, report_error, report_fault, report_usage
from .output import print_answer, print_note

app = typer.Typer(
    name="twill",
    help="Optimal software pipelines and warp specialization for tiled GPU kernels, with proof.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help comes in half the time
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("solve")(solve.solve)
app.command("sweep")(sweep.sweep)
app.command("show")(show.show)
app.command("shapes")(shapes.shapes)
app.command("explain")(explain.explain)
app.command("verify")(verify.verify)
app.command("check")(check.check)
app.command("emit")(emit.emit)
app.command("bench")(bench.bench)
app.command("report")(report.report)
app.command("calibrate")(calibrate.calibrate)
app.command("profiles")(profiles.profiles)
app.command("kernels")(kernels.kernels)
app.command("schema")(schema.schema)
app.add_typer(serve.app, name="serve")
app.add_typer(db.app, name="db")


def _print_version(wanted: bool) -> None:
    if wanted:
        print_answer(f"twill {VERSION}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Options of all commands; `run` looks for --debug itself."""


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit code and never raises."""
    form: Form = "json" if "--json" in arguments else "text"
    trace: Trace = "trace" if "--debug" in arguments else "no trace"
    try:
        code = app(args=list(arguments) or ["--help"], prog_name="twill", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except TwillError as error:
        return report_error(error, form)
    except typer.TyperException as error:
        return report_usage(error, form)
    except (KeyboardInterrupt, typer.Abort):
        print_note("interrupted")
        return 130
    except Exception as error:
        return report_fault(error, form, trace)


def main() -> None:
    """The entry point of the installed command."""
    sys.exit(run(sys.argv[1:]))
