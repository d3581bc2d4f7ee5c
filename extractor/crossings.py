"""What it costs to move a value or a signal between warp groups."""

from __future__ import annotations

from dataclasses import dataclass

from ..models.dependence_graph import GraphDependence, GraphOperation, GraphValue
from ..models.profile import GpuProfile
from .pricing import ceiling


@dataclass(frozen=True, slots=True)
class Crossing:
    """The five costs of a crossing (docs/constraints.md, C6), in cycles, bytes and registers."""

    handoff_cycles: int = 0
    staged_bytes: int = 0
    send_cycles: int = 0
    receive_cycles: int = 0
    received_registers: int = 0


def crossing(
    dependence: GraphDependence,
    value: GraphValue | None,
    source: GraphOperation,
    target: GraphOperation,
    profile: GpuProfile,
) -> Crossing:
    """The cost of one dependence if its ends sit in different warp groups.

    A copy and a tcgen05 product signal their mbarrier themselves, whoever waits for it; the reader
    of a copy pays for giving the ring slot back. Products of one group run in issue order, those of
    two groups wait for each other. Registers are staged through shared memory. What a chain left in
    shared or Tensor Memory needs an mbarrier in place of the barrier that its latency contains.
    """
    handoff = profile.handoff
    signal = handoff.mbarrier_issue.whole
    if source.kind == "load" and value is not None:
        return Crossing(receive_cycles=signal)
    if source.kind == "matrix" and target.kind == "matrix":
        return Crossing(profile.tensor_core.latency.whole + signal, receive_cycles=signal)
    if value is None:
        return Crossing(handoff.mbarrier_latency.whole, 0, signal, signal)
    if source.kind == "matrix" and value.place == "tensor_memory":
        return Crossing()
    if value.place != "registers":
        instead = handoff.mbarrier_latency.whole - handoff.group_barrier.whole
        return Crossing(max(0, instead), 0, signal, signal)
    if value.bytes == 0:
        return Crossing()  # the rest of a value whose crossing is paid by its first part
    move = ceiling(value.bytes / handoff.staging_rate.exact)
    by_matrix = target.kind == "matrix"
    return Crossing(
        handoff_cycles=handoff.staging_latency.whole
        + handoff.mbarrier_latency.whole
        + move * (1 if by_matrix else 2),
        staged_bytes=value.bytes,
        send_cycles=move + signal,
        receive_cycles=signal if by_matrix else move + signal,
        received_registers=0 if by_matrix else value.registers,
    )
