"""A warp program as one self-contained CUDA C++ source, without headers."""

from __future__ import annotations

from ...models.barrier_step import Arrive, Sync
from ...models.kernel import Target
from ...models.tile_program import ScalarParameter
from ...models.warp_program import Role, WarpProgram
from ...models.warp_program_checks import steps_of
from ...models.warp_step import StoreRows
from . import storage
from .fragments import element_type
from .grid_indices import definitions, grid_counts, grid_indices, name_grid, needed, trips
from .header import header
from .marks import Marks, name_marks, preamble
from .marks import parameters as mark_parameters
from .memory_steps import pointer_type
from .names import Names, identifier
from .prelude import pieces, prelude_for
from .registers import roles_by_group, set_registers
from .roles import print_role
from .scope import Scope, refuse
from .text import block, guarded, indented, words_in

TARGETS: tuple[Target, ...] = ("sm_90a", "sm_100a")
"""The architectures there is text for."""


def entry_point(program: WarpProgram) -> str:
    """The symbol of the kernel in the cubin."""
    return identifier(program.kernel)


def print_cuda(program: WarpProgram, marks: Marks | None = None) -> str:
    """The source of a warp program.

    Parameters of the entry point, in order: tensor maps, pointers, extents, scalar arguments, and
    those of marks, which are gathered in `marks` where it is given.
    Raises ProgramViolation for what has no CUDA text.
    """
    if program.target not in TARGETS:
        raise refuse(f"there is no text for {program.target} yet")
    names = Names((*pieces(), entry_point(program)))
    parameters = _parameters(program, names)
    storage.name_storage(program, names)
    if marks is not None:
        name_marks(names)
        parameters += ",\n    " + ",\n    ".join(mark_parameters(names))
    body = _body(program, names, marks)
    signature = [
        f'extern "C" __global__ void __launch_bounds__({program.threads}, 1)',
        f"{entry_point(program)}(",
        f"    {parameters}) {{",
    ]
    parts = [
        "\n".join(header(program)),
        prelude_for("\n".join(body)),
        "\n".join(storage.constants(program, names)),
        "\n".join([*signature, *indented(body), "}"]),
    ]
    return "\n\n".join(parts) + "\n"


def _parameters(program: WarpProgram, names: Names) -> str:
    written = {
        s.argument for role in program.roles for s in steps_of(role) if isinstance(s, StoreRows)
    }
    types = {p.name: p.dtype for p in program.parameters}
    found = [
        f"const __grid_constant__ TMap {names.give('map', m.name)}" for m in program.tensor_maps
    ]
    for name in program.pointers:
        constant = "" if name in written else "const "
        pointer = names.give("argument", name)
        found.append(f"{constant}{pointer_type(types[name])}* __restrict__ {pointer}")
    found += [f"int {names.give('extent', name)}" for name in program.extents]
    for scalar in program.parameters:
        if isinstance(scalar, ScalarParameter):
            found.append(f"{element_type(scalar.dtype)} {names.give('argument', scalar.name)}")
    name_grid(program, names)
    names.give("loop", program.loop.index)
    return ",\n    ".join(found)


def _body(program: WarpProgram, names: Names, marks: Marks | None) -> list[str]:
    roles = _roles(program, names, marks)
    setup = storage.initialization(program, names)
    used = words_in("\n".join([*setup, *roles]))
    scope = Scope(program, program.roles[0], names)
    known = grid_counts(scope)
    if not program.persistent:
        known |= grid_indices(scope) | trips(scope)
    known = needed({**known, "lane": "threadIdx.x % 32"}, used)
    return [
        *storage.addresses(program, names, used),
        # The shuffle tells the compiler that the warps' choice of a role is uniform.
        "const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);",
        *definitions(known),
        *(preamble(program, names) if marks is not None else ()),
        "",
        *setup,
        "",
        *roles,
    ]


def _roles(program: WarpProgram, names: Names, marks: Marks | None) -> list[str]:
    lines: list[str] = []
    for group, roles in roles_by_group(program).items():
        body = set_registers(roles, program.entry_registers)
        body += [line for role in roles for line in _role(role, program, names, marks)]
        if not body:
            continue
        head = f"if (warp / 4 == {group})"
        if lines:
            lines.pop()
            head = f"}} else {head}"
        who = ", ".join(role.name for role in roles) or "idle"
        lines += block(head, [f"// ---- {who}", *body])
    return lines


def _role(role: Role, program: WarpProgram, names: Names, marks: Marks | None) -> list[str]:
    lines = print_role(Scope(program, role, names.inner(), marks=marks))
    if role.warps > 1:
        return lines
    own = f"warp == {role.first_warp}"
    if any(isinstance(step, Arrive | Sync) for step in steps_of(role)):
        return guarded(own, ["if (!elect()) leave();", *lines])
    return guarded(f"{own} && elect()", lines)
