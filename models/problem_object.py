"""An error as one JSON object, in the manner of RFC 9457."""

from __future__ import annotations

from .errors import InvalidInput, Problem, ScheduleViolation, TwillError


def problem_object(error: TwillError) -> dict[str, object]:
    """Type, title, exit code and detail; for invalid input also each problem with its place."""
    described: dict[str, object] = {
        "type": "urn:twill:problem:" + error.title.lower().replace(" ", "-"),
        "title": error.title,
        "exit_code": error.exit_code,
        "detail": _detail(error),
    }
    if isinstance(error, InvalidInput):
        described["problems"] = [_described(problem) for problem in error.problems]
    if isinstance(error, ScheduleViolation):
        described["violations"] = list(error.violations)
    return described


def fault_object(error: BaseException) -> dict[str, object]:
    """What nobody foresaw: a fault of Twill."""
    return {
        "type": "urn:twill:problem:fault-of-twill",
        "title": TwillError.title,
        "exit_code": 70,
        "detail": f"{type(error).__name__}: {error}".split("\n", 1)[0],
    }


def _detail(error: TwillError) -> str:
    if isinstance(error, InvalidInput):
        return error.problems[0].message
    return str(error).split("\n", 1)[0]


def _described(problem: Problem) -> dict[str, object]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "cure": problem.cure,
    }
