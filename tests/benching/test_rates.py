"""Ranks, correlations, rates beside peers and the ceiling."""

from __future__ import annotations

from typing import Any

import pytest

from twill.benching.rates import (
    ceiling,
    noise_us,
    rank_correlation,
    ranks,
    rates,
    strategy_ranks,
)
from twill.benching.show import run_text, strategies_text, timing_text


def taken(median: float) -> dict[str, float]:
    return {"median_us": median, "p10_us": median, "p90_us": median, "samples": 3}


def timing(**medians: float) -> dict[str, Any]:
    return {
        "kernel": "gemm", "extents": {"M": 8}, "flop": 10**9, "checked": {"one": True},
        "bundles": ["one"], "peers": ["cuBLAS"],
        "missing": [{"name": "torch", "why": "it is not installed"}],
        "timings": {name.replace("_", " "): taken(m) for name, m in medians.items()},
        "clocks_before": None, "clocks_after": {"sm_mhz": None, "power_w": 5, "temperature_c": 1},
    }  # fmt: skip


ONE = timing(one=10.0, the_same_again=11.0, cuBLAS=8.0)


def run(**changes: Any) -> dict[str, Any]:
    device = {
        "name": "G", "capability": [9, 0], "multiprocessors": 2, "driver_cuda": 13000,
        "runtime_cuda": 12090, "library": "L 1",
    }  # fmt: skip
    found = {"device": device, "bundles": [], "timings": [ONE], "ceiling": None, "model": [],
             "faults": []}  # fmt: skip
    return {**found, **changes}


def test_rates_beside_peers_and_ceiling() -> None:
    found = run(ceiling={"tflops": 200.0})
    assert ceiling(found) == 200
    assert ceiling(run()) == pytest.approx(125)  # of the product in the same run
    assert ceiling(run(timings=[])) is None
    ours, theirs = rates(ONE, 200.0)
    assert (ours.tflops, ours.of_ceiling, ours.beside) == (100, 50, {"cuBLAS": 0.8})
    assert (theirs.is_peer, theirs.right, theirs.beside) == (True, None, {})
    assert noise_us(ONE) == 1


def test_the_table_says_what_is_missing() -> None:
    text = timing_text(ONE, 200.0)
    assert "x cuBLAS" in text
    assert "0.800" in text
    assert "the same again: 1.00 us apart" in text
    assert "after: - MHz, 5 W, 1 °C" in text
    assert "not measured: torch: it is not installed" in text
    assert "ceiling: 125 TFLOP/s" in run_text(run())


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [
        ([1, 2, 3], [10, 20, 30], 1),
        ([1, 2, 3], [30, 20, 10], -1),
        ([1, 2, 3, 4], [2, 1, 4, 3], 0.6),
        ([1], [1], None),
        ([1, 2], [5, 5], None),
        ([1, 2], [5], None),
    ],
)
def test_rank_correlation(first: list[float], second: list[float], value: float | None) -> None:
    assert rank_correlation(first, second) == (None if value is None else pytest.approx(value))


def test_equal_values_share_their_places() -> None:
    assert ranks([3, 1, 3, 2]) == [3.5, 1, 3.5, 2]


def test_strategies_without_a_time_have_no_place() -> None:
    timings = [{"bundles": ["g.1", "g.3"], "timings": {"g.1": taken(9.0), "g.3": taken(7.0)}}]
    found = strategy_ranks(["g.1", "g.2", "g.3"], timings)
    assert [one["measured_rank"] for one in found] == [2, None, 1]
    assert "rank correlation: -1.00, of 2 strategies" in strategies_text(found)
    assert "rank correlation" not in strategies_text(strategy_ranks(["g.1", "g.2"], []))
