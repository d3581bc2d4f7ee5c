"""Does a kernel compute what its reference cases say?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..models.errors import InvalidInput
from .cases import Case
from .dtypes import Array, to_values
from .launch import Kernel
from .manifest import Tolerance
from .watched import WATCH_SECONDS, wait


@dataclass(frozen=True, slots=True)
class Comparison:
    """One output beside its reference. The worst element is the one farthest beyond its limit."""

    output: str
    elements: int
    failures: int
    not_a_number: int  # how many of the failures are NaN
    worst_at: tuple[int, ...]
    got: float
    expected: float
    allowed: float  # the greatest |got - expected| that is right there
    first_at: tuple[int, ...] | None = None  # the first wrong element in row-major order

    @property
    def passed(self) -> bool:
        """Whether every element is right."""
        return self.failures == 0

    def as_json(self) -> dict[str, object]:
        """The comparison as plain values; numbers that JSON has not are written as text."""
        return {name: _plain(value) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class CaseResult:
    """All outputs of one case."""

    case: Case
    comparisons: tuple[Comparison, ...]

    @property
    def passed(self) -> bool:
        """Whether every output is right."""
        return all(comparison.passed for comparison in self.comparisons)


def check_cases(kernel: Kernel, cases: Sequence[Case]) -> tuple[CaseResult, ...]:
    """Run every case and compare its outputs, which held NaN or zeros before."""
    return tuple(check_case(kernel, case, number) for number, case in enumerate(cases))


def check_case(kernel: Kernel, case: Case, number: int = 0) -> CaseResult:
    """Run one case and compare its outputs. Raises Hang if the kernel does not end."""
    manifest = kernel.manifest
    inputs = [case.inputs[argument.name] for argument in manifest.inputs]
    launch = kernel.prepare(*inputs, **case.extents, **case.scalars)
    launch.run()
    wait(kernel.driver, WATCH_SECONDS, f"{manifest.kernel}, case {number}")
    comparisons = [
        compare(
            argument.name,
            kernel.driver.download(output),
            case.outputs[argument.name],
            argument.dtype,
            manifest.tolerance,
        )
        for argument, output in zip(manifest.outputs, launch.outputs, strict=True)
    ]
    return CaseResult(case, tuple(comparisons))


def compare(
    output: str, got: Array, reference: Array, dtype: str, tolerance: Tolerance
) -> Comparison:
    """Compare an output with its reference, both as stored.

    An element x with the reference r is right if |x - r| <= absolute + relative * |r|, or if both
    are the same infinity. NaN is wrong, whatever the reference is.
    """
    if got.shape != reference.shape:
        raise InvalidInput(f"{output}: shape {got.shape}; the reference has {reference.shape}")
    found, right = to_values(got, dtype), to_values(reference, dtype)
    allowed = tolerance.absolute + tolerance.relative * np.abs(right)
    excess = _excess(found, right, allowed)
    if not excess.size:
        return Comparison(output, 0, 0, 0, (), 0.0, 0.0, 0.0)
    worst = np.unravel_index(int(np.argmax(excess)), excess.shape)
    return Comparison(
        output=output,
        elements=excess.size,
        failures=int(np.count_nonzero(excess > 0)),
        not_a_number=int(np.count_nonzero(np.isnan(found))),
        worst_at=tuple(int(index) for index in worst),
        got=float(found[worst]),
        expected=float(right[worst]),
        allowed=float(allowed[worst]),
        first_at=_first(excess > 0),
    )


def _first(wrong: Array) -> tuple[int, ...] | None:
    if not wrong.any():
        return None
    place = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
    return tuple(int(index) for index in place)


def _excess(found: Array, right: Array, allowed: Array) -> Array:
    """How far each element is beyond its limit: positive for the wrong ones."""
    with np.errstate(invalid="ignore"):  # infinity less infinity
        excess = np.abs(found - right) - allowed
    # An infinite reference would allow everything, and NaN compares as false.
    hopeless = np.isinf(right) | np.isnan(found) | np.isnan(right)
    excess = np.where(hopeless, np.inf, excess)
    return np.where(found == right, -allowed, excess)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value
