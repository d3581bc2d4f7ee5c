"""What a warp program must satisfy to mean anything: names, memory, barriers, registers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from .errors import ProgramViolation
from .kernel import ELEMENT_BYTES
from .stripes import GROUP_THREADS as GROUP_THREADS
from .stripes import ROWS as STRIPE_ROWS
from .tensor_memory_checks import BARRIER_BYTES as BARRIER_BYTES
from .tensor_memory_checks import barrier_bytes, overlaps_unsaid, tensor_faults
from .warp_expression import arguments_in, fragments_in

if TYPE_CHECKING:
    from .warp_program import Role, WarpProgram
    from .warp_step import Step

BASE_ALIGNMENT = 1024  # bytes; of swizzled memory, whose pattern repeats after so many
MOST_BARRIERS = 15  # named barriers; number 0 is __syncthreads


def check_warp_program(program: WarpProgram) -> None:
    """Raise ProgramViolation with everything that contradicts itself."""
    found = (
        *_memory(program), *_barriers(program), *_registers(program), *_names(program),
        *_order(program), *_remainders(program), *_spreads(program), *tensor_faults(program),
    )  # fmt: skip
    if found:
        raise ProgramViolation(found)


def _memory(program: WarpProgram) -> Iterator[str]:
    areas = [(b.offset, b.offset + b.slots * b.slot_bytes, b.name) for b in program.buffers]
    barriers = barrier_bytes(program)
    areas.append((program.barrier_offset, program.barrier_offset + barriers, "mbarriers"))
    for name, other in overlaps_unsaid(program, areas):
        yield f"{name} and {other} overlap in shared memory"
    last = max(end for _, end, _ in areas)
    if last + BASE_ALIGNMENT > program.shared_bytes:
        yield f"shared memory ends at {last}, {program.shared_bytes} bytes are asked for"
    for b in program.buffers:
        held = b.rows * b.columns * ELEMENT_BYTES[b.dtype]
        if held > b.slot_bytes:
            yield f"a slot of {b.name} has {b.slot_bytes} bytes, its tile {held}"
        if b.swizzle and (b.offset % BASE_ALIGNMENT or b.slot_bytes % BASE_ALIGNMENT):
            yield f"the swizzled slots of {b.name} do not begin at multiples of {BASE_ALIGNMENT}"


def _barriers(program: WarpProgram) -> Iterator[str]:
    numbers = [barrier.number for barrier in program.barriers]
    if len(set(numbers)) < len(numbers):
        yield "two named barriers share a number"
    for ring in program.rings:
        for name in ring.buffers:
            if program.buffer(name).slots != ring.depth:
                yield f"ring {ring.name} has {ring.depth} slots, its buffer {name} has others"
        if bool(ring.bytes or ring.elements) == bool(ring.writers):
            yield f"ring {ring.name} is filled by copies or by threads: bytes or writers, not both"


def _registers(program: WarpProgram) -> Iterator[str]:
    """Ruling 8: what a block is launched with is all that its warp groups can share."""
    groups: dict[int, int] = {}
    for role in program.roles:
        group = role.first_warp // 4
        groups[group] = max(groups.get(group, 0), role.registers)
        if role.warps == 4 and role.first_warp % 4:
            yield f"{role.name} does not begin at an aligned warp group"
    wanted, held = sum(groups.values()), program.entry_registers * program.threads // GROUP_THREADS
    if wanted > held:
        yield f"the roles ask for {wanted} registers per thread together, the block has {held}"
    warps = [w for r in program.roles for w in range(r.first_warp, r.first_warp + r.warps)]
    if len(set(warps)) < len(warps) or max(warps) >= program.threads // 32:
        yield "roles share warps, or take warps that the block does not have"


def _names(program: WarpProgram) -> Iterator[str]:
    known = {
        "ring": {r.name for r in program.rings},
        "buffer": {b.name for b in program.buffers},
        "tensor_map": {m.name for m in program.tensor_maps},
        "barrier": {b.name for b in program.barriers},
        "tensor": {t.name for t in program.tensors},
        "signal": {s.name for s in program.signals},
        "argument": {p.name for p in program.parameters},
    }
    for role in program.roles:
        for step in steps_of(role):
            for field, names in known.items():
                name = getattr(step, field, None)
                if name is not None and name not in names:
                    yield f"{role.name}: {step.step} names the {field} {name}, which does not exist"
            yield from _fragments(role, step)


def _order(program: WarpProgram) -> Iterator[str]:
    if program.persistent:
        yield from _persistence(program)
    elif any(role.last for role in program.roles):
        yield "a role has steps after its last tile, the program has no tiles"
    if program.order is None:
        return
    axes, grid = program.order.axes, [axis.index for axis in program.grid]
    if sorted(axes) != sorted(grid):
        yield f"tiles are counted along {', '.join(axes)}, the grid has {', '.join(grid)}"


def _remainders(program: WarpProgram) -> Iterator[str]:
    for role in program.roles:
        if [r.left for r in role.remainders] != list(range(1, role.unroll)):
            yield f"{role.name} needs a remainder for each of 1 to {role.unroll - 1} periods left"
        if role.guarded and role.unroll > 1:
            yield f"{role.name} is guarded, and cannot be unrolled"


def _spreads(program: WarpProgram) -> Iterator[str]:
    for role in program.roles:
        if role.stripe_rows not in (0, *STRIPE_ROWS):
            yield f"{role.name} has stripes of {role.stripe_rows} rows, not of 8 or 4"
        for fragment in role.fragments:
            if fragment.spread != role.spread:
                yield f"{role.name} is spread by {role.spread}, {fragment.name} is not"
            elif role.stripe_rows and fragment.rows not in (0, role.stripe_rows):
                yield f"{fragment.name} has {fragment.rows} rows, {role.name} has others"


def _persistence(program: WarpProgram) -> Iterator[str]:
    if program.order is None:
        yield "a persistent program numbers its tiles, this one has no order"
    for ring in program.rings:
        if not ring.arrivals:
            yield f"ring {ring.name} is never released, a persistent program fills it for each tile"


def _fragments(role: Role, step: Step) -> Iterator[str]:
    known = {fragment.name for fragment in role.fragments}
    fields: dict[str, Any] = {name: getattr(step, name, None) for name in ("target", "value")}
    used = [fields["target"]] if fields["target"] else []
    used += fragments_in(fields["value"]) if fields["value"] else []
    used += getattr(step, "settled", ())
    used += getattr(step, "fragments", ())
    used += getattr(step, "after", ())
    left = getattr(step, "left", None)
    used += [left.name] if left is not None and left.kind == "fragment" else []
    for name in used:
        if name not in known:
            yield f"{role.name}: {step.step} names the fragment {name}, which does not exist"


def arguments_read(step: Step) -> tuple[str, ...]:
    """Arguments of which the expression of a step, if it has one, reads elements."""
    value = getattr(step, "value", None)
    return () if value is None else arguments_in(value)


def steps_of(role: Role) -> Iterator[Step]:
    """Every step of a role, section by section."""
    yield from role.setup
    for period in role.prologue:
        yield from period.steps
    yield from role.steady
    for period in role.epilogue:
        yield from period.steps
    periods = [r.periods for r in role.remainders] + [run.periods for run in role.short]
    for period in chain.from_iterable(periods):
        yield from period.steps
    yield from role.finish
    yield from role.last
