"""The unit of every figure of a profile: in another one a number would be read wrongly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from ..models.errors import Path
from ..models.profile import Figure, GpuProfile

CYCLES, BYTES, RATE = "cycles", "bytes", "bytes per cycle"
REGISTERS, ELEMENTS = "registers per thread", "elements per cycle"
PORT = "of the shared-memory port"
INSTRUCTIONS = "instructions"

UNIT_OF: Mapping[str, str] = {
    "multiprocessors": "SMs",
    "clock": "MHz",
    "tensor_core.multiply_adds.*.*": "multiply-adds per cycle",
    "tensor_core.latency": CYCLES,
    "tensor_core.issue": CYCLES,
    "tensor_core.issue_per_instruction": CYCLES,
    "tensor_core.order_token": CYCLES,
    "vector.sustained_share": "of capacity",
    "vector.port_share": PORT,
    "vector.least_port_share": PORT,
    "vector.latency": CYCLES,
    "vector.row_replication": "threads",
    "vector.shuffles_per_reduction": INSTRUCTIONS,
    "vector.instructions.*.per_element": INSTRUCTIONS,
    "vector.instructions.*.extra.*": "per element",
    "transfers.load_latency": CYCLES,
    "transfers.store_latency": CYCLES,
    "transfers.issue": CYCLES,
    "transfers.link": RATE,
    "transfers.dram": RATE,
    "transfers.alignment": BYTES,
    "shared_memory.capacity": BYTES,
    "shared_memory.reserved": BYTES,
    "shared_memory.port": RATE,
    "tensor_memory.columns": "columns",
    "tensor_memory.load_rate": ELEMENTS,
    "tensor_memory.store_rate": ELEMENTS,
    "tensor_memory.load_latency": CYCLES,
    "tensor_memory.store_latency": CYCLES,
    "registers.per_multiprocessor": "32-bit registers",
    "registers.step": REGISTERS,
    "registers.least": REGISTERS,
    "registers.most": REGISTERS,
    "registers.base": REGISTERS,
    "registers.margin": REGISTERS,
    "handoff.group_barrier": CYCLES,
    "handoff.mbarrier_latency": CYCLES,
    "handoff.mbarrier_issue": CYCLES,
    "handoff.matrix_wait": CYCLES,
    "handoff.staging_latency": CYCLES,
    "handoff.staging_rate": RATE,
}
"""By dotted path; `*` stands for a name. What units count in a cycle is named by the profile."""


def unit_faults(profile: GpuProfile) -> Iterator[tuple[Path, str, str]]:
    """Figures in another unit: where, what is wrong, and what would be right."""
    for path, figure in _figures(profile, ()):
        unit = _unit_of(path)
        if unit is not None and figure.unit != unit:
            at = ".".join(map(str, path))
            yield path, f"{at} is in {figure.unit!r}", f"give it as {unit!r}"


def _unit_of(path: Path) -> str | None:
    """The unit of the figure at a path; None where the profile names what is counted."""
    for pattern, unit in UNIT_OF.items():
        parts = pattern.split(".")
        if len(parts) == len(path) and all(
            p in ("*", part) for p, part in zip(parts, path, strict=True)
        ):
            return unit
    return None


def _figures(value: object, path: Path) -> Iterator[tuple[Path, Figure]]:
    if isinstance(value, Figure):
        yield path, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _figures(item, (*path, name))
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _figures(getattr(value, name), (*path, name))
