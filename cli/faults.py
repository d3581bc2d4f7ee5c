"""What becomes of an error: words for people or one JSON object, and an exit code."""

from __future__ import annotations

import json
import traceback
from typing import Literal

import typer

from ..models.errors import InvalidInput, TwillError
from .output import print_answer, print_note

Form = Literal["text", "json"]
Trace = Literal["trace", "no trace"]


def report_error(error: TwillError, form: Form) -> int:
    """Print an error that Twill raised on purpose; returns its exit code."""
    if form == "json":
        _print_object(_object(error))
    elif isinstance(error, InvalidInput):
        print_note("\n".join(str(problem) for problem in error.problems))
    else:
        print_note(f"{error.title}: {error}")
    return error.exit_code


def report_usage(error: typer.TyperException, form: Form) -> int:
    """Print an error of the command line itself; returns its exit code."""
    command = _command_of(error)
    message = error.format_message().replace("Value error, ", "")
    if form == "json":
        detail = {"file": None, "line": None, "column": None, "message": message}
        described = {
            "type": "urn:twill:problem:usage",
            "title": "usage",
            "exit_code": error.exit_code,
            "detail": message,
            "problems": [{**detail, "cure": f"see {command} --help"}],
        }
        _print_object(described)
    else:
        print_note(f"{command}: {message}\n    see {command} --help")
    return error.exit_code


def report_fault(error: BaseException, form: Form, trace: Trace) -> int:
    """Print what nobody foresaw: a fault of Twill; returns 70."""
    what = f"{type(error).__name__}: {error}".split("\n", 1)[0]
    if trace == "trace":
        print_note("".join(traceback.format_exception(error)).rstrip())
    if form == "json":
        from ..models.problem_object import fault_object

        _print_object(fault_object(error))
    else:
        hint = "" if trace == "trace" else "\n    twill --debug ... prints the traceback"
        print_note(f"This is a fault of Twill, not of your input: {what}{hint}")
        print_note("    please report it, with the input that led here (see CONTRIBUTING.md)")
    return 70


def _object(error: TwillError) -> dict[str, object]:
    from ..models.problem_object import problem_object

    return problem_object(error)


def _print_object(described: dict[str, object]) -> None:
    print_answer(json.dumps(described, indent=2))


def _command_of(error: typer.TyperException) -> str:
    context: typer.Context | None = getattr(error, "ctx", None)
    return context.command_path if context is not None else "twill"
