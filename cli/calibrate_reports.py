"""What `twill calibrate` prints: for people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..gpu_profiles.figures import figures_of
from ..models.errors import Path as Place
from .tables import table_text

if TYPE_CHECKING:
    from ..calibration.calibrate import Calibration
    from ..calibration.results import Result
    from ..models.profile import GpuProfile


def family_rows(profile: GpuProfile, only: tuple[str, ...]) -> list[dict[str, str]]:
    """The families for a GPU, a row each."""
    from ..calibration.families import families_of

    return [
        {
            "family": family.name,
            "microbenchmarks": str(len(family.benchmarks)),
            "figures": str(sum(len(d.figures) for d in family.derivations)),
            "summary": family.summary,
        }
        for family in families_of(profile.lowering, only)
    ]


def as_text(found: Calibration, output: Path | None) -> str:
    """Figures beside what the profile said, other results, what was refused and not measured."""
    measured = [result for result in found.results if result.outcome == "measured"]
    figures = [row for result in measured for row in _figure_rows(result, found)]
    others = [_other_row(result) for result in measured if not _there(result, found)]
    tables = [table_text(rows).rstrip("\n") for rows in (figures, others) if rows]
    return "\n\n".join(
        [
            "\n".join([_head(found), *tables[:1]]),
            *tables[1:],
            "\n".join(
                [
                    *(f"refused: {r.derivation.name}: {r.reason}" for r in found.refused),
                    _left(found),
                    f"written to {output}" if output else "no profile written: give -o FILE",
                ]
            ),
        ]
    )


def _left(found: Calibration) -> str:
    """What keeps its source; the estimates among it are what a profile still guesses."""
    figures = figures_of(found.base.value)
    guessed = [_joined(p) for p in found.not_measured if figures[p].source.startswith("estimated")]
    return (
        f"{len(found.measured)} figures measured, {len(found.not_measured)} as before; "
        f"still estimated: {', '.join(guessed) or 'none'}"
    )


def _head(found: Calibration) -> str:
    samples = found.samples
    clocks = [samples.clock_before, samples.clock_after]
    known = " to ".join(f"{mhz:.0f}" for mhz in clocks if mhz is not None)
    return (
        f"{found.base.value.profile}: {samples.device}, driver {samples.driver}, "
        f"{samples.compiler}, {samples.date}" + (f", {known} MHz" if known else "")
    )


def as_object(found: Calibration, output: Path | None) -> dict[str, object]:
    """The same as plain values."""
    return {
        "gpu": found.base.value.profile,
        "device": found.samples.device,
        "driver": found.samples.driver,
        "compiler": found.samples.compiler,
        "date": found.samples.date,
        "clock_before": found.samples.clock_before,
        "clock_after": found.samples.clock_after,
        "profile": str(output) if output else None,
        "results": [_object(result, found) for result in found.results],
        "not_measured": [_joined(path) for path in found.not_measured],
    }


def _figure_rows(result: Result, found: Calibration) -> Iterator[dict[str, str]]:
    for path in _there(result, found):
        before = figures_of(found.base.value)[path].value
        yield {
            "figure": _joined(path),
            "measured": f"{result.value:g}",
            "before": f"{before:g}",
            "spread": f"{result.spread:.2g}",
            "unit": result.derivation.unit,
        }


def _other_row(result: Result) -> dict[str, str]:
    return {
        "beside the profile": result.derivation.name,
        "measured": f"{result.value:g}",
        "spread": f"{result.spread:.2g}",
        "unit": result.derivation.unit,
    }


def _object(result: Result, found: Calibration) -> dict[str, object]:
    is_measured = result.outcome == "measured"
    return {
        "name": result.derivation.name,
        "family": result.family.name,
        "outcome": result.outcome,
        "value": result.value if is_measured else None,
        "median": result.median if is_measured else None,
        "spread": result.spread if is_measured else None,
        "repetitions": result.repetitions,
        "unit": result.derivation.unit,
        "figures": [_joined(path) for path in _there(result, found)],
        "reason": result.reason or None,
    }


def _there(result: Result, found: Calibration) -> list[Place]:
    """The figures of a result that this profile has."""
    there = figures_of(found.base.value)
    return [path for path in result.derivation.figures if path in there]


def _joined(path: Place) -> str:
    return ".".join(map(str, path))
