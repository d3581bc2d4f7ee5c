"""Tensor Memory and signals in C++: where they lie, and how the block gets hold of them."""

from __future__ import annotations

from collections.abc import Mapping

from ...models.tensor_memory_checks import allocated_columns
from ...models.tensor_memory_step import FreeTensors, StoreTensor
from ...models.warp_program import WarpProgram
from ...models.warp_program_checks import steps_of
from .indices import atom
from .names import Names
from .scope import refuse


def tensor_constants(
    program: WarpProgram, names: Names, placed: Mapping[tuple[str, str], int]
) -> list[str]:
    """Offsets of the signals, each with its arrivals, and of the address of Tensor Memory."""
    lines = []
    for signal in program.signals:
        name, place = names.of("signal", signal.name), placed["signal", signal.name]
        arrivals = "1 arrival" if signal.arrivals == 1 else f"{signal.arrivals} arrivals"
        lines.append(f"constexpr u32 {name}_at = {place};  // an mbarrier, {arrivals}")
    if program.tensors:
        name, place = names.of("barrier", "tensors_slot"), placed["barrier", "tensors_slot"]
        lines.append(f"constexpr u32 {name}_at = {place};  // the address of Tensor Memory")
    return lines


def allocation(program: WarpProgram, names: Names, lines: list[str]) -> list[str]:
    """One warp allocates beside what one thread sets up; all threads learn the address."""
    slot, columns = names.of("barrier", "tensors_slot"), allocated_columns(program)
    found = [
        f"if (warp == {_allocating_warp(program)}) tensors_allocate({slot}, {columns});",
        *lines,
        "tensor_fence_before();",
        "__syncthreads();",
        "tensor_fence_after();",
        f"const u32 tensors = tensors_address({slot});",
    ]
    stores = (s for role in program.roles for s in steps_of(role) if isinstance(s, StoreTensor))
    if any(step.after for step in stores):
        found.append("const u32 nothing = tensors >> 31;  // 0: there are 128 lanes")
    for tensor in program.tensors:
        start = atom("tensors").plus(tensor.first_column).text
        found.append(f"const u32 {names.of('tensor', tensor.name)} = {start};")
    return found


def _allocating_warp(program: WarpProgram) -> int:
    """The first warp of the role that frees: all columns stay with one warp."""
    freeing = [r for r in program.roles if any(isinstance(s, FreeTensors) for s in steps_of(r))]
    if len(freeing) != 1:
        raise refuse(f"{len(freeing)} roles free Tensor Memory")
    return freeing[0].first_warp
