"""What the command prints: for people, and as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from ..models.errors import InvalidInput, TwillError
from .cases import Case
from .check import CaseResult, Comparison
from .manifest import Manifest
from .timing import Clocks, Measurement

AGAIN = "the same again"  # a second name under which the kernel is timed: the noise


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that one run of the command found out."""

    manifest: Manifest
    device: str
    results: tuple[CaseResult, ...]  # empty if the bundle has no reference
    timed: Case | None
    measurement: Measurement | None

    @property
    def passed(self) -> bool:
        """Whether every case is right."""
        return all(result.passed for result in self.results)


def as_text(findings: Findings) -> str:
    """The findings as a table."""
    manifest = findings.manifest
    head = f"{manifest.kernel} for {manifest.target} on {findings.device}, {manifest.compiler}"
    parts = [head, _results(findings.results)]
    if findings.measurement is not None and findings.timed is not None:
        parts.append(_times(findings.timed, findings.measurement))
    return "\n".join(parts)


def as_object(findings: Findings) -> dict[str, object]:
    """The findings as plain values."""
    manifest, measurement = findings.manifest, findings.measurement
    return {
        "kernel": manifest.kernel,
        "target": manifest.target,
        "device": findings.device,
        "compiler": manifest.compiler,
        "passed": findings.passed,
        "cases": [
            {
                "extents": dict(result.case.extents),
                "passed": result.passed,
                "outputs": [comparison.as_json() for comparison in result.comparisons],
            }
            for result in findings.results
        ],
        "timed_extents": dict(findings.timed.extents) if findings.timed else None,
        "timing": measurement.as_json() if measurement else None,
    }


def problem_object(error: TwillError) -> dict[str, object]:
    """An error in the manner of RFC 9457, as all commands of Twill print it."""
    described: dict[str, object] = {
        "type": "urn:twill:problem:" + error.title.replace(" ", "-"),
        "title": error.title,
        "exit_code": error.exit_code,
        "detail": str(error).partition("\n")[0],
    }
    if isinstance(error, InvalidInput):
        described["detail"] = error.problems[0].message
        described["problems"] = [
            {"file": p.file, "line": p.line, "column": p.column, "message": p.message,
             "cure": p.cure}
            for p in error.problems
        ]  # fmt: skip
    return described


def report_error(error: TwillError, *, as_json: bool) -> int:
    """Print an error as a problem object, or in words on standard error; returns its exit code."""
    if as_json:
        print_object(problem_object(error))
    else:
        print(f"{error.title}: {error}", file=sys.stderr)
    return error.exit_code


def print_object(described: dict[str, object]) -> None:
    """Print plain values as JSON."""
    print(json.dumps(described, indent=2, allow_nan=False))


def _results(results: Sequence[CaseResult]) -> str:
    if not results:
        return "no reference.npz: nothing was compared"
    head = ("case", "output", "elements", "wrong", "worst element")
    rows = [
        (_extents(result.case), c.output, f"{c.elements:,}", f"{c.failures:,}", _worst(c))
        for result in results
        for c in result.comparisons
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    )
    verdict = "right" if all(r.passed for r in results) else "WRONG"
    return "\n".join([*lines, f"result: {verdict}"])


def _worst(one: Comparison) -> str:
    place = ", ".join(map(str, one.worst_at))
    text = f"[{place}] {one.got:.6g}, not {one.expected:.6g} +- {one.allowed:.2g}"
    if one.passed:
        text = f"[{place}] off by {abs(one.got - one.expected):.2g} of {one.allowed:.2g}"
    if one.first_at is not None and one.first_at != one.worst_at:
        text = f"{text}, first at [{', '.join(map(str, one.first_at))}]"
    return f"{text}, {one.not_a_number:,} NaN" if one.not_a_number else text


def _times(timed: Case, measurement: Measurement) -> str:
    lines = [f"times at {_extents(timed)}"]
    for name, one in measurement.timings.items():
        lines.append(
            f"  {name}: median {one.median_us:.1f} us, p10 {one.p10_us:.1f}, p90 {one.p90_us:.1f}, "
            f"{one.samples} samples"
        )
    for when, clocks in (("before", measurement.before), ("after", measurement.after)):
        if clocks is not None:
            lines.append(f"  {when}: {_clocks(clocks)}")
    return "\n".join(lines)


def _clocks(clocks: Clocks) -> str:
    return f"{clocks.sm_mhz:.0f} MHz, {clocks.power_w:.0f} W, {clocks.temperature_c:.0f} °C"


def _extents(case: Case) -> str:
    return " ".join(f"{name}={extent}" for name, extent in case.extents.items()) or "fixed size"
