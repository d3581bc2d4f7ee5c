"""Costs of a GPU profile, each of which can be made dearer or cheaper alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..models.document import Document
from ..models.profile import Figure, GpuProfile, InstructionCost

TIMES = (
    "tensor_core.latency", "tensor_core.issue", "tensor_core.issue_per_instruction",
    "tensor_core.order_token", "vector.latency", "vector.shuffles_per_reduction",
    "transfers.load_latency", "transfers.store_latency", "transfers.issue",
    "tensor_memory.load_latency", "tensor_memory.store_latency", "handoff.group_barrier",
    "handoff.mbarrier_latency", "handoff.mbarrier_issue", "handoff.matrix_wait",
    "handoff.staging_latency",
)  # fmt: skip
"""Figures in cycles or instructions: what is dearer is larger."""

RATES = (
    "transfers.link", "transfers.dram", "tensor_memory.load_rate", "tensor_memory.store_rate",
    "handoff.staging_rate",
)  # fmt: skip
"""Figures per cycle: what is dearer is smaller."""


@dataclass(frozen=True, slots=True)
class CostFigure:
    """A figure that costs follow from; `stated` is what the profile says of it."""

    name: str  # its path in the profile
    stated: str
    is_rate: bool


def cost_figures(profile: GpuProfile) -> Iterator[CostFigure]:
    """Every cost of a profile, in the order of the profile's parts.

    Capacities, sizes, limits and shares are no costs.
    """
    for element, by_rows in profile.tensor_core.multiply_adds.items():
        for rows, figure in by_rows.items():
            yield _named(f"tensor_core.multiply_adds.{element}.{rows}", figure, True)
    for name, cost in profile.vector.instructions.items():
        yield _named(f"vector.instructions.{name}", cost.per_element, False)
    for path, is_rate in (*((p, False) for p in TIMES), *((p, True) for p in RATES)):
        part, field = path.split(".")
        owner = getattr(profile, part)
        if owner is not None:
            yield _named(path, getattr(owner, field), is_rate)


def with_cost(profile: GpuProfile, figure: CostFigure, factor: Fraction) -> GpuProfile:
    """The profile in which that cost is so many times as dear; an instruction with its extras."""

    def change(value: Any) -> Any:
        if isinstance(value, InstructionCost):
            extra = {unit: _scaled(more, factor) for unit, more in value.extra.items()}
            each = {"per_element": _scaled(value.per_element, factor), "extra": extra}
            return value.model_copy(update=each)
        return _scaled(value, 1 / factor if figure.is_rate else factor)

    changed = _replaced(profile, figure.name.split("."), change)
    assert isinstance(changed, GpuProfile)
    return changed


def _named(name: str, figure: Figure, is_rate: bool) -> CostFigure:
    kind = figure.source.split(":")[0]
    return CostFigure(name, f"{figure.value:,} {figure.unit}, {kind}", is_rate)


def _scaled(figure: Figure, factor: Fraction) -> Figure:
    """With an exact fraction as its value, so that a price is rounded once, as always."""
    return figure.model_copy(update={"value": figure.exact * factor})


def _replaced(value: Any, path: list[str], change: Callable[[Any], Any]) -> Any:
    if not path:
        return change(value)
    head, rest = path[0], path[1:]
    if isinstance(value, Document):
        inner = _replaced(getattr(value, head), rest, change)
        return value.model_copy(update={head: inner})
    assert isinstance(value, Mapping)
    return {**value, head: _replaced(value[head], rest, change)}
