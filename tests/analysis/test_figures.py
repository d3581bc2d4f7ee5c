"""Each cost of a profile, changed alone and exactly."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import pytest

from twill.analysis.figures import CostFigure, cost_figures, with_cost
from twill.gpu_profiles.library import load_profile, profile_names
from twill.models.document import Document
from twill.models.profile import Figure, GpuProfile

NO_COSTS = (
    "multiprocessors", "clock", "units.*.capacity", "vector.sustained_share", "vector.port_share",
    "vector.least_port_share", "vector.row_replication", "transfers.alignment",
    "shared_memory.capacity", "shared_memory.reserved", "shared_memory.port",
    "tensor_memory.columns", "registers.per_multiprocessor", "registers.step", "registers.least",
    "registers.most", "registers.base", "registers.margin",
)  # fmt: skip
"""Capacities, sizes, limits and shares."""


def figures(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Figure]]:
    if isinstance(value, Figure):
        yield path, value
    elif isinstance(value, Document):
        for field in type(value).model_fields:
            yield from figures(getattr(value, field), (*path, field))
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from figures(inner, (*path, name))


def is_no_cost(path: tuple[str, ...]) -> bool:
    patterns = (pattern.split(".") for pattern in NO_COSTS)
    return any(
        len(pattern) == len(path)
        and all(p in ("*", name) for p, name in zip(pattern, path, strict=True))
        for pattern in patterns
    )


def named(profile: GpuProfile, name: str) -> CostFigure:
    (found,) = [figure for figure in cost_figures(profile) if figure.name == name]
    return found


@pytest.mark.parametrize("gpu", profile_names())
def test_every_figure_is_a_cost_or_is_said_to_be_none(gpu: str) -> None:
    profile = load_profile(gpu).value
    told = {figure.name for figure in cost_figures(profile)}
    moved = set()
    for path, _ in figures(profile):
        if is_no_cost(path):
            continue
        name = ".".join(path[:3] if path[:2] == ("vector", "instructions") else path)
        assert name in told, path
        moved.add(name)
    assert moved == told


@pytest.mark.parametrize("gpu", profile_names())
def test_one_cost_moves_and_nothing_else(gpu: str) -> None:
    profile = load_profile(gpu).value
    for cost in cost_figures(profile):
        before = dict(figures(profile))
        after = dict(figures(with_cost(profile, cost, Fraction(11, 10))))
        moved = [path for path in before if before[path].exact != after[path].exact]
        zeros = [p for p, f in before.items() if ".".join(p).startswith(cost.name) and not f.exact]
        assert bool(moved) != bool(zeros)
        assert all(".".join(path).startswith(cost.name) for path in moved), cost.name
        factor = Fraction(10, 11) if cost.is_rate else Fraction(11, 10)
        assert all(after[path].exact == before[path].exact * factor for path in moved)


def test_the_same_cost_is_the_same_price() -> None:
    profile = load_profile("h100-sxm").value
    for cost in cost_figures(profile):
        back = with_cost(with_cost(profile, cost, Fraction(3, 7)), cost, Fraction(7, 3))
        assert dict(figures(back)).keys() == dict(figures(profile)).keys()
        assert all(
            f.exact == g.exact
            for (_, f), (_, g) in zip(figures(back), figures(profile), strict=True)
        )


def test_dearer_is_slower_and_an_instruction_takes_its_extras_along() -> None:
    profile = load_profile("h100-sxm").value
    dearer = with_cost(profile, named(profile, "transfers.link"), Fraction(2))
    assert dearer.transfers.link.exact == 32
    dearer = with_cost(profile, named(profile, "vector.instructions.sigmoid"), Fraction(3))
    sigmoid = dearer.vector.instructions["sigmoid"]
    assert {sigmoid.per_element.exact, sigmoid.extra["fma"].exact} == {Fraction(6)}
    assert named(profile, "transfers.load_latency").stated == "700 cycles, estimated"
