"""What `twill calibrate` prints: for people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

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
    """Results beside what the profile said, then what was refused and what was not measured."""
    samples = found.samples
    clocks = [samples.clock_before, samples.clock_after]
    known = " to ".join(f"{mhz:.0f}" for mhz in clocks if mhz is not None)
    head = (
        f"{found.base.value.profile}: {samples.device}, driver {samples.driver}, "
        f"{samples.compiler}, {samples.date}" + (f", {known} MHz" if known else "")
    )
    parts = [head]
    measured = [r for r in found.results if r.outcome == "measured"]
    if measured:
        parts.append(table_text([_row(result, found) for result in measured]).rstrip("\n"))
    parts += [f"refused: {r.derivation.name}: {r.reason}" for r in found.refused]
    names = ", ".join(_joined(path) for path in found.not_measured)
    parts.append(f"{len(found.measured)} figures measured; not measured, and as before: {names}")
    parts.append(f"written to {output}" if output else "no profile written: give -o FILE")
    return "\n".join(parts)


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


def _row(result: Result, found: Calibration) -> dict[str, str]:
    figures = tuple(_there(result, found))
    return {
        "what": result.derivation.name,
        "measured": f"{result.value:g}",
        "before": f"{_before(figures[0], found):g}" if figures else "",
        "spread": f"{result.spread:.2g}",
        "unit": result.derivation.unit,
        "figure": ", ".join(map(_joined, figures)) or "beside the profile",
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


def _there(result: Result, found: Calibration) -> Iterable[tuple[str | int, ...]]:
    """The figures of a result that this profile has."""
    from ..gpu_profiles.figures import figures_of

    there = figures_of(found.base.value)
    return [path for path in result.derivation.figures if path in there]


def _before(path: tuple[str | int, ...], found: Calibration) -> float:
    from ..gpu_profiles.figures import figures_of

    return figures_of(found.base.value)[path].value


def _joined(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path))
