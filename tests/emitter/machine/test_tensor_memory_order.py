"""In which order products into Tensor Memory are over, and what their commits tell."""

from __future__ import annotations

import pytest

from twill.emitter.machine.protocol import run_protocol
from twill.emitter.machine.tensor_run import Action, TensorRun
from twill.tests.support.emissions import warp_program

TRIPS, SEEDS = 6, range(40)


def finished(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """For each seed, the numbers of gemm's products in the order in which they were over.

    The one warp that issues them alternates: odd ones go to acc[0], even ones to acc[1].
    """
    orders: list[list[int]] = []
    end_product = TensorRun.end_product

    def recorded(run: TensorRun, number: int, ready: list[Action]) -> None:
        orders[-1].append(number)
        end_product(run, number, ready)

    monkeypatch.setattr(TensorRun, "end_product", recorded)
    for seed in SEEDS:
        orders.append([])
        run_protocol(warp_program("gemm", "b200"), TRIPS, seed)
    return orders


def test_products_into_one_tensor_end_as_they_were_issued(monkeypatch: pytest.MonkeyPatch) -> None:
    for order in finished(monkeypatch):
        assert sorted(order) == list(range(1, 2 * TRIPS + 1))
        for parity in (0, 1):
            own = [number for number in order if number % 2 == parity]
            assert own == sorted(own)


def test_products_into_different_tensors_end_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = finished(monkeypatch)
    assert any(order != sorted(order) for order in orders)
    assert len({tuple(order) for order in orders}) > len(SEEDS) // 4


def test_a_commit_arrives_when_all_products_before_it_are_over() -> None:
    from twill.emitter.machine.tensor_run import Commit

    run, arrived, ready = TensorRun(products=3, outstanding={1, 2, 3}), list[str](), list[Action]()
    run.commits = [
        Commit({1, 2}, lambda: arrived.append("first")),
        Commit({1, 2, 3}, lambda: arrived.append("second")),
    ]
    run.end_product(2, ready)
    assert ready == []
    run.end_product(1, ready)
    assert len(ready) == 1
    run.end_product(3, ready)
    for action in ready:
        action()
    assert arrived == ["first", "second"]
