"""The machine of a scheduling problem, from a GPU profile: units, memories, register pool."""

from __future__ import annotations

from ..models.problem import FunctionalUnit, Machine, Memory, RegisterFile
from ..models.profile import GpuProfile

THREADS = 128  # of one warp group
MOST_THREADS = 1024  # of one block
ADDRESSABLE = 255  # registers per thread (CUDA C++ Programming Guide, technical specifications)
SHARED = "shared_memory"
TENSOR = "tensor_memory"


def machine_of(
    profile: GpuProfile, *, resident_shared_bytes: int = 0, resident_columns: int = 0
) -> Machine:
    """What one SM offers to one block of a loop that keeps the given tiles resident."""
    shared = profile.shared_memory
    memories = [
        Memory(
            name=SHARED, capacity=shared.capacity.whole,
            resident=min(shared.capacity.whole, resident_shared_bytes + shared.reserved.whole),
        )
    ]  # fmt: skip
    if profile.tensor_memory is not None:
        columns = profile.tensor_memory.columns.whole
        memories.append(
            Memory(name=TENSOR, capacity=columns, resident=resident_columns, unit="columns")
        )
    return Machine(
        name=profile.profile,
        units=tuple(
            FunctionalUnit(name=n, capacity=u.capacity.whole) for n, u in profile.units.items()
        ),
        memories=tuple(memories),
        staging_memory=SHARED,
        warp_groups=profile.warp_groups,
        registers=register_file(profile),
        most_stages=profile.most_stages,
    )


def register_file(profile: GpuProfile) -> RegisterFile:
    """Legal budgets, and the registers per thread that n aligned warp groups hold at launch.

    A block is launched with the same registers for every thread; setmaxnreg moves them between warp
    groups within that allocation (PTX ISA, setmaxnreg).
    """
    registers = profile.registers
    step = registers.step.whole
    pool = []
    for groups in range(1, MOST_THREADS // THREADS + 1):
        entry = min(ADDRESSABLE, registers.per_multiprocessor.whole // (THREADS * groups))
        if entry >= step:
            pool.append(groups * (entry // step * step))
    return RegisterFile(
        step=step, least=registers.least.whole, most=registers.most.whole,
        base=registers.base.whole + registers.margin.whole, pool=tuple(pool),
    )  # fmt: skip
