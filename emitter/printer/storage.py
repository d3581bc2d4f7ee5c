"""Shared memory in C++: offsets of buffers and mbarriers, addresses, initialization."""

from __future__ import annotations

from ...models.kernel import ELEMENT_BYTES
from ...models.step_base import StepBase
from ...models.warp_program import Ring, SharedBuffer, WarpProgram
from ...models.warp_program_checks import BARRIER_BYTES, BASE_ALIGNMENT, steps_of
from ...models.warp_step import Anchor, Boundary
from .names import Names
from .scope import CHUNK_BYTES, refuse
from .tensor_storage import allocation, tensor_constants
from .text import block

BLOCK_ALIGNMENT = 16  # bytes; of the start of dynamic shared memory, at least
Offsets = dict[tuple[str, str], int]


def name_storage(program: WarpProgram, names: Names) -> None:
    """Give each buffer and each array of mbarriers its identifier."""
    for buffer in program.buffers:
        plain = buffer.name.endswith(("_tile", ".staged"))
        suffix = "" if plain else "_tile"
        names.give("buffer", buffer.name, suffix)
        names.give("chunk", buffer.name, f"{suffix}_chunk")
    for ring in program.rings:
        names.give("full", ring.name, "_full")
        names.give("empty", ring.name, "_empty")
    for signal in program.signals:
        names.give("signal", signal.name)
    for tensor in program.tensors:
        names.give("tensor", tensor.name, "_tensor")
    names.give("barrier", "", "open")
    names.give("barrier", "zero")
    names.give("barrier", "tensors_slot")


def offsets(program: WarpProgram) -> Offsets:
    """Bytes from the aligned base, by kind and name."""
    found: Offsets = {("buffer", b.name): b.offset for b in program.buffers}
    place = program.barrier_offset
    for ring in program.rings:
        found["full", ring.name] = place
        found["empty", ring.name] = place + ring.depth * BARRIER_BYTES
        place += 2 * ring.depth * BARRIER_BYTES
    for signal in program.signals:
        found["signal", signal.name] = place
        place += BARRIER_BYTES
    found["barrier", "tensors_slot"] = place
    return found


def filled_once(program: WarpProgram) -> Ring | None:
    """A ring that is filled once: its full barrier stays over, its empty one is not used."""
    return next((ring for ring in program.rings if not ring.arrivals), None)


def open_place(program: WarpProgram) -> tuple[int, int]:
    """Where the mbarrier of boundaries lies, and the parity with which a wait on it passes.

    It is the full barrier of a ring that is filled once; without one a barrier that nobody arms.
    """
    ring = filled_once(program)
    if ring is not None:
        return offsets(program)["full", ring.name], 0
    return _slack(program), 1


def zero_offset(program: WarpProgram) -> int:
    """Where the zero of anchors lies: in place of an empty barrier that is not used, or apart."""
    ring = filled_once(program)
    if ring is not None:
        return offsets(program)["empty", ring.name]
    return _slack(program) + BARRIER_BYTES


def _slack(program: WarpProgram) -> int:
    """Behind all that the program places; aligning the base takes 1,024 - 16 bytes of the slack."""
    barriers = program.barrier_offset + 2 * BARRIER_BYTES * sum(r.depth for r in program.rings)
    last = max([barriers, *(b.offset + b.slots * b.slot_bytes for b in program.buffers)])
    place = -(-last // BARRIER_BYTES) * BARRIER_BYTES
    if place + 2 * BARRIER_BYTES + BASE_ALIGNMENT - BLOCK_ALIGNMENT > program.shared_bytes:
        raise refuse("shared memory has no room for the mbarrier of the boundaries")
    return place


def constants(program: WarpProgram, names: Names) -> list[str]:
    """The offsets, each with what lies there; a ring filled once needs no empty."""
    placed = offsets(program)
    lines = ["// Shared memory, in bytes from a base that is aligned to 1,024."]
    for buffer in program.buffers:
        name = names.of("buffer", buffer.name)
        lines.append(f"constexpr u32 {name}_at = {buffer.offset};  // {_described(buffer)}")
    for ring in program.rings:
        full, empty = names.of("full", ring.name), names.of("empty", ring.name)
        if ring.arrivals:
            first, second = placed["full", ring.name], placed["empty", ring.name]
            both = f"{full}_at = {first}, {empty}_at = {second}"
            lines.append(f"constexpr u32 {both};  // {ring.depth} mbarriers each")
        else:
            lines.append(f"constexpr u32 {full}_at = {placed['full', ring.name]};  // filled once")
    lines += tensor_constants(program, names, placed)
    if has_step(program, Boundary) and not program.tensors:
        (place, parity), name = open_place(program), names.of("barrier", "")
        why = "never armed" if parity else "filled once"
        lines.append(f"constexpr u32 {name}_at = {place};  // {why}: always over, for boundaries")
    if has_step(program, Anchor) and not program.tensors:
        name = names.of("barrier", "zero")
        lines.append(
            f"constexpr u32 {name}_at = {zero_offset(program)};  // holds 0.0f, for anchors"
        )
    return lines


def _described(buffer: SharedBuffer) -> str:
    slots = "1 slot" if buffer.slots == 1 else f"{buffer.slots} slots"
    swizzle = f", swizzle {buffer.swizzle}" if buffer.swizzle else ""
    over = f", over {' and '.join(buffer.over)}" if buffer.over else ""
    shape = f"{buffer.rows} x {buffer.columns} {buffer.dtype}"
    bytes_held = buffer.rows * buffer.columns * ELEMENT_BYTES[buffer.dtype]
    return f"{slots} of {bytes_held:,} bytes: {shape}{swizzle}{over}"


def addresses(program: WarpProgram, names: Names, used: set[str]) -> list[str]:
    """The aligned base, and what is used of all that lies from there on."""
    lines = [
        "extern __shared__ __align__(1024) u8 memory[];",
        "const u32 shared = ((u32)__cvta_generic_to_shared(memory) + 1023) & ~1023u;",
    ]
    kinds = [("buffer", b.name) for b in program.buffers]
    kinds += [(kind, ring.name) for ring in program.rings for kind in ("full", "empty")]
    kinds += [("signal", signal.name) for signal in program.signals]
    kinds += [("barrier", name) for name in ("", "zero", "tensors_slot")]
    given = [names.of(kind, name) for kind, name in kinds]
    lines += [f"const u32 {name} = shared + {name}_at;" for name in given if name in used]
    for buffer in program.buffers:
        chunk, name = (names.of(kind, buffer.name) for kind in ("chunk", "buffer"))
        if chunk in used:
            lines.append(f"const u32 {chunk} = (shared + {name}_at) / {CHUNK_BYTES};")
    return lines


def initialization(program: WarpProgram, names: Names) -> list[str]:
    """One thread sets up the mbarriers; the fences and the barrier let all others see them.

    The first copy would wait until its tensor map is there, which is in memory.
    """
    lines = [f"prefetch_map(&{names.of('map', one.name)});" for one in program.tensor_maps]
    for ring in program.rings:
        full = names.of("full", ring.name)
        lines.append(f"mbar_init_all({full}, {ring.depth}, {ring.filled});")
        if ring.arrivals:
            empty = names.of("empty", ring.name)
            lines.append(f"mbar_init_all({empty}, {ring.depth}, {ring.arrivals});")
    for signal in program.signals:
        lines.append(f"mbar_init_all({names.of('signal', signal.name)}, 1, {signal.arrivals});")
    if has_step(program, Boundary) and filled_once(program) is None and not program.tensors:
        lines.append(f"mbar_init_all({names.of('barrier', '')}, 1, 1);")
    if has_step(program, Anchor) and not program.tensors:
        lines.append(f"store_zero({names.of('barrier', 'zero')});")
    lines = block("if (threadIdx.x == 0)", [*lines, "fence_mbar_init();"])
    return allocation(program, names, lines) if program.tensors else [*lines, "__syncthreads();"]


def has_step(program: WarpProgram, kind: type[StepBase]) -> bool:
    """Whether some role has a step of that kind."""
    return any(isinstance(step, kind) for role in program.roles for step in steps_of(role))
