"""From samples to results: medians and spreads, and what is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..models.calibration import CalibrationSamples, Run
from ..models.errors import InvalidInput
from .derivation import Derivation, Values
from .family import Family

LARGEST_SPREAD = 0.1  # of the median, between the quartiles
FENCE = 1.5  # of the distance between the quartiles
FINE_CYCLES = 2.0  # a spread of so few cycles is not refused


@dataclass(frozen=True, slots=True)
class Result:
    """One result: the middle of its repetitions, or why it is none."""

    derivation: Derivation
    family: Family
    outcome: Literal["measured", "refused", "not run"]
    median: float = 0.0
    spread: float = 0.0  # between the quartiles
    repetitions: int = 0
    reason: str = ""  # of a refusal

    @property
    def value(self) -> int | float:
        """As the profile has it."""
        return self.derivation.rounded(self.median)


def results_of(samples: CalibrationSamples, families: Iterable[Family]) -> tuple[Result, ...]:
    """One for each derivation of the families, in their order.

    A microbenchmark whose samples are missing leaves results out.
    """
    cycles = {run.name: per_iteration(run) for run in samples.runs}
    return tuple(
        _result(derivation, family, cycles)
        for family in families
        for derivation in family.derivations
    )


def per_iteration(run: Run) -> Values:
    """Cycles of one iteration, by repetition: what is the same at both lengths falls out.

    A launch that was disturbed would spoil the repetition of every result that needs it, so times
    far outside of the quartiles are moved to Tukey's fences. Where a quarter is disturbed, so are
    the quartiles, and the result is refused.
    """
    short, long = map(_fenced, (run.short, run.long))
    return np.asarray((long - short) / (run.lengths[1] - run.lengths[0]))


def _fenced(cycles: tuple[int, ...]) -> Values:
    low, high = np.percentile(cycles, (25, 75))
    beyond = FENCE * (high - low)
    return np.clip(np.asarray(cycles, np.float64), low - beyond, high + beyond)


def check_origin(samples: CalibrationSamples, families: Iterable[Family]) -> None:
    """Raise InvalidInput if samples are of another version of a family, or of no family here."""
    expected = {
        benchmark.name: (family.digest, benchmark.lengths)
        for family in families
        for benchmark in family.benchmarks
    }
    for run in samples.runs:
        if run.name not in expected:
            raise InvalidInput(
                f"{run.name}: no such microbenchmark for this GPU",
                cure="give the profile that it was packed for with --gpu",
            )
        if (run.source, run.lengths) != expected[run.name]:
            raise InvalidInput(
                f"{run.name}: the samples are of another version of this microbenchmark",
                cure="pack and run the calibration again, or use the version that packed it",
            )


def _result(derivation: Derivation, family: Family, cycles: Mapping[str, Values]) -> Result:
    if not set(derivation.needs) <= set(cycles):
        return Result(derivation, family, "not run")
    needed = [cycles[name] for name in derivation.needs]
    if len({len(each) for each in needed}) > 1:
        return Result(derivation, family, "refused", reason="its runs differ in number")
    for name, each in zip(derivation.needs, needed, strict=True):
        if np.median(each) <= 0:
            return Result(derivation, family, "refused", reason=f"{name} took no time")
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        values = derivation.formula(*needed)
    low, median, high = (float(q) for q in np.percentile(values, (25, 50, 75)))
    reason = _reason(derivation, median, high - low)
    outcome: Literal["measured", "refused"] = "refused" if reason else "measured"
    return Result(derivation, family, outcome, median, high - low, len(values), reason)


def _reason(derivation: Derivation, median: float, spread: float) -> str:
    """Why a result is refused; nothing if it is sane and steady."""
    if not np.isfinite(median) or not np.isfinite(spread):
        return "not a number"
    if not derivation.least <= median <= derivation.most:
        span = f"{derivation.least:g} to {derivation.most:g} {derivation.unit}"
        return f"{median:.4g} is outside of what is sane, {span}"
    allowed = LARGEST_SPREAD * abs(median)
    if derivation.unit == "cycles":
        allowed = max(allowed, FINE_CYCLES)
    if spread > allowed:
        return f"unsteady: median {median:.4g}, but {spread:.4g} between the quartiles"
    return ""
