"""From cycles to a figure of the profile: a formula, what is sane, and how it is rounded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..models.errors import Path

Values = NDArray[np.float64]
"""One number for each repetition."""

Rounding = Literal["whole", "eighth", "digits"]
"""What hardware counts is whole; instructions for each element are shares of few; else 4 digits."""

DIGITS = 4


@dataclass(frozen=True, slots=True)
class Derivation:
    """One result. The formula takes the cycles of one iteration of each microbenchmark it needs."""

    name: str
    unit: str
    needs: tuple[str, ...]
    formula: Callable[..., Values]
    least: float  # sane values
    most: float
    how: str  # for `source`
    figures: tuple[Path, ...] = ()  # of the profile; none: it stands beside the profile
    rounding: Rounding = "digits"

    def rounded(self, value: float) -> int | float:
        """As the profile has it."""
        if self.rounding == "whole":
            return round(value)
        if self.rounding == "eighth":
            return _plain(round(8 * value) / 8)
        if value == 0:
            return 0
        return _plain(round(value, DIGITS - 1 - floor(log10(abs(value)))))


def _plain(value: float) -> int | float:
    return int(value) if value == int(value) else value


def over(amount: float) -> Callable[[Values], Values]:
    """An amount in so many cycles, as a rate."""
    return lambda cycles: amount / cycles


def each(operations: int) -> Callable[[Values], Values]:
    """Cycles of one operation."""
    return lambda cycles: cycles / operations


def batch_latency(
    columns: int, steps: int, streamed: int, *, most: int, how: str, of_profile: bool
) -> Derivation:
    """A batch of products that is waited for, less the time that its instructions take in a stream.

    `steps` instructions make a batch, `streamed` one iteration of the stream.
    """

    def formula(one_by_one: Values, stream: Values) -> Values:
        return one_by_one - stream * steps / streamed

    return Derivation(
        name=f"latency at N {columns}", unit="cycles",
        needs=(f"round_bf16_n{columns}", f"stream_bf16_n{columns}"), formula=formula, least=1,
        most=most, how=f"{how}, less {steps} of a stream",
        figures=(("tensor_core", "latency"),) if of_profile else (),
    )  # fmt: skip


def line(sizes: Sequence[float], times: Sequence[Values]) -> tuple[Values, Values]:
    """The straight line through times by size, by least squares: at size 0, and for each unit."""
    slope, at_zero = np.polyfit(np.asarray(sizes, np.float64), np.stack(times), 1)
    return at_zero, slope
