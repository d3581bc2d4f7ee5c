"""Calibration as a whole: samples of a GPU and a base profile, to results and a new profile."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..gpu_profiles.figures import figures_of
from ..models.calibration import CalibrationSamples
from ..models.errors import InvalidInput
from ..models.errors import Path as Place
from ..models.profile import GpuProfile
from ..reader.documents import read_document
from ..reader.located import Located
from ..runtime.calibrate import today
from ..runtime.driver import Driver
from ..runtime.sampling import take_samples
from .build import pack
from .families import families_of
from .family import Family
from .profile_text import Replacement, with_measured
from .results import Result, check_origin, results_of

DIGEST_SHOWN = 12  # hexadecimal digits of a source in a profile


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a calibration gives: every result, and the base profile with those that are figures."""

    base: Located[GpuProfile]
    samples: CalibrationSamples
    results: tuple[Result, ...]
    profile_text: str

    @property
    def measured(self) -> frozenset[Place]:
        """The figures that were replaced."""
        results = (r for r in self.results if r.outcome == "measured")
        return frozenset(
            p for r in results for p in r.derivation.figures if p in figures_of(self.base.value)
        )

    @property
    def not_measured(self) -> tuple[Place, ...]:
        """The figures that keep their value and their source, in the order of the profile."""
        done = self.measured
        return tuple(path for path in figures_of(self.base.value) if path not in done)

    @property
    def refused(self) -> tuple[Result, ...]:
        """Results that are no figure, each with its reason."""
        return tuple(result for result in self.results if result.outcome == "refused")


def run_here(
    base: Located[GpuProfile],
    driver: Driver,
    only: Iterable[str],
    repetitions: int,
    watch: Callable[[str], None],
) -> CalibrationSamples:
    """Build the families and run them on a GPU of this machine."""
    families = families_of(base.value.lowering, only)
    with tempfile.TemporaryDirectory(prefix="twill-") as folder:
        bundle = pack(families, base.value, Path(folder))
        taken = take_samples(bundle, driver, today(), repetitions, watch)
    return CalibrationSamples.model_validate(_tuples(taken))


def read_samples(text: str, file: str) -> CalibrationSamples:
    """Samples from their text; raises InvalidInput with file, line and column."""
    return read_document(text, file, CalibrationSamples, InvalidInput).value


def calibrate(
    base: Located[GpuProfile], samples: CalibrationSamples, only: Iterable[str] = ()
) -> Calibration:
    """Derive all that the samples allow, or some families.

    Raises InvalidInput for samples of another GPU or of another version of a microbenchmark.
    """
    profile = base.value
    _check_device(samples, profile)
    check_origin(samples, families_of(profile.lowering))
    results = results_of(samples, families_of(profile.lowering, only))
    return Calibration(
        base, samples, results, with_measured(base, _replacements(profile, samples, results))
    )


def _check_device(samples: CalibrationSamples, profile: GpuProfile) -> None:
    """What was packed for another profile, or run on a GPU with other numbers, is not used."""
    cure = "name the profile of that GPU with --gpu"
    if (samples.gpu, samples.target) != (profile.profile, profile.target):
        raise InvalidInput(
            f"the samples are for {samples.gpu} ({samples.target}), "
            f"not for {profile.profile} ({profile.target})",
            cure=cure,
        )
    if samples.multiprocessors != profile.multiprocessors.value:
        raise InvalidInput(
            f"{samples.device} has {samples.multiprocessors} SMs; "
            f"{profile.profile} has {profile.multiprocessors.value}",
            cure=cure,
        )


def _replacements(
    profile: GpuProfile, samples: CalibrationSamples, results: Iterable[Result]
) -> list[Replacement]:
    there = figures_of(profile)
    return [
        Replacement(path, result.value, source_text(result, samples))
        for result in results
        if result.outcome == "measured"
        for path in result.derivation.figures
        if path in there
    ]


def source_text(result: Result, samples: CalibrationSamples) -> str:
    """What a figure says of where it comes from."""
    family: Family = result.family
    digest = family.digest.removeprefix("sha256:")[:DIGEST_SHOWN]
    return (
        f"measured: {result.derivation.how}; median {result.median:.6g}, "
        f"{result.spread:.2g} between quartiles of {result.repetitions}; "
        f"{samples.device}, driver {samples.driver}, {samples.compiler}, "
        f"{family.name} {digest}, {samples.date}"
    )


def _tuples(value: object) -> object:
    """Lists as tuples, which is what documents hold."""
    if isinstance(value, list):
        return tuple(map(_tuples, value))
    if isinstance(value, dict):
        return {name: _tuples(each) for name, each in value.items()}
    return value
