"""The families of microbenchmarks that apply to a GPU."""

from __future__ import annotations

from collections.abc import Iterable

from ..models.errors import UsageError
from . import handoffs, matrix, register_budget, shared_port, tensor_memory, transfers, vector
from .family import Family
from .handoffs import Lowering


def families_of(lowering: Lowering, only: Iterable[str] = ()) -> tuple[Family, ...]:
    """All of them for this kind of tensor core, or those named; UsageError for an unknown name."""
    core = matrix if lowering == "wgmma" else tensor_memory
    found = (
        core.FAMILY,
        vector.FAMILY,
        transfers.FAMILY,
        handoffs.family(lowering),
        shared_port.FAMILY,
        register_budget.FAMILY,
    )
    wanted = set(only)
    if unknown := wanted - {family.name for family in found}:
        known = ", ".join(family.name for family in found)
        raise UsageError(f"no family {', '.join(sorted(unknown))} here", cure=f"known: {known}")
    return tuple(family for family in found if not wanted or family.name in wanted)
