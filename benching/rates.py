"""Rates and ratios of a run: TFLOP/s, beside each peer, beside the ceiling, and the noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..runtime.show import AGAIN


@dataclass(frozen=True, slots=True)
class Rate:
    """One kernel of a timing. None where it is not known."""

    name: str
    is_peer: bool
    right: bool | None
    median_us: float
    p10_us: float
    p90_us: float
    tflops: float | None
    of_ceiling: float | None  # per cent of the largest rate of cuBLAS in the same run
    beside: Mapping[str, float]  # how many times as fast as each peer


def ceiling(found: Mapping[str, Any]) -> float | None:
    """The largest rate of a cuBLAS product in the run, TFLOP/s."""
    rates = []
    if found["ceiling"] and found["ceiling"]["tflops"]:
        rates.append(float(found["ceiling"]["tflops"]))
    for timing in found["timings"]:
        if timing["flop"] and "cuBLAS" in timing["peers"]:
            rates.append(tflops(timing["flop"], timing["timings"]["cuBLAS"]["median_us"]))
    return max(rates, default=None)


def tflops(flop: int, microseconds: float) -> float:
    """10**12 floating-point operations a second."""
    return flop / microseconds / 1e6


def rates(timing: Mapping[str, Any], most: float | None) -> list[Rate]:
    """Every kernel of a timing but the second name of the first one, bundles first."""
    found = []
    for name in (*timing["bundles"], *timing["peers"]):
        taken = timing["timings"][name]
        rate = tflops(timing["flop"], taken["median_us"]) if timing["flop"] else None
        found.append(
            Rate(
                name=name,
                is_peer=name in timing["peers"],
                right=timing["checked"].get(name),
                median_us=taken["median_us"],
                p10_us=taken["p10_us"],
                p90_us=taken["p90_us"],
                tflops=rate,
                of_ceiling=100 * rate / most if rate and most else None,
                beside={
                    peer: timing["timings"][peer]["median_us"] / taken["median_us"]
                    for peer in timing["peers"]
                    if peer != name
                },
            )
        )
    return found


def noise_us(timing: Mapping[str, Any]) -> float:
    """The difference of one kernel from itself: smaller differences are none."""
    first = timing["timings"][timing["bundles"][0]]["median_us"]
    return abs(float(timing["timings"][AGAIN]["median_us"] - first))


def ranks(values: Sequence[float]) -> list[float]:
    """The place of each value, from 1; equal values share the mean of their places."""
    ordered = sorted(values)
    return [ordered.index(v) + (ordered.count(v) + 1) / 2 for v in values]


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's coefficient, -1 to 1; None for fewer than two values, or where all are equal."""
    a, b = ranks(first), ranks(second)
    count = len(a)
    if count < 2 or count != len(b):
        return None
    middle = (count + 1) / 2
    products = sum((x - middle) * (y - middle) for x, y in zip(a, b, strict=True))
    squares = sum((x - middle) ** 2 for x in a) * sum((y - middle) ** 2 for y in b)
    return products / squares**0.5 if squares else None


def strategy_ranks(
    names: Sequence[str], timings: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The strategies in the order of the model, with the place that each takes by its median.

    Those that were not timed have no place.
    """
    medians = {
        name: timing["timings"][name]["median_us"]
        for timing in timings
        for name in timing["bundles"]
    }
    timed = [name for name in names if name in medians]
    places = dict(zip(timed, ranks([medians[name] for name in timed]), strict=True))
    return [
        {
            "name": name,
            "model_rank": number,
            "median_us": medians.get(name),
            "measured_rank": places.get(name),
        }
        for number, name in enumerate(names, start=1)
    ]
