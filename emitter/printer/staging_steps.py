"""Results on their way out: staged in shared memory, fenced, copied by one thread, waited for."""

from __future__ import annotations

from ...models.kernel import ELEMENT_BYTES
from ...models.shared_step import StageVector
from ...models.stripes import STRIPE
from ...models.warp_step import CopyOut, ProxyFence, Stage, WaitCopies
from . import stripes
from .expressions import element_of, matrix_element, text_of
from .fragment_steps import packed_pair
from .fragments import element_type
from .indices import Sum, atom, constant
from .scope import Scope, refuse
from .stripe_steps import print_stripes
from .stripes import WORDS
from .text import block, guarded, unrolled

LANES = 32
MATRIX_COLUMNS = 16  # that one stmatrix.x4 writes, for 16 rows of each warp
QUAD_ITEMS = 8  # elements of 16 bits in one store of 16 bytes
MATRIX_ITEMS = 8  # registers of each thread that they are


def print_stage(step: Stage, scope: Scope) -> list[str]:
    """16-bit elements go out by stmatrix; others in pairs, as a thread holds neighbours."""
    buffer = scope.program.buffer(step.buffer)
    whole = not step.columns % MATRIX_COLUMNS
    tile = scope.address(step.buffer, _slot(step, scope))
    # In a loop, the compiler would keep the addresses of all elements from iteration to iteration.
    lines = [f"const u32 tile = {tile if step.ring is None else f'unknown({tile})'};"]
    if scope.row_threads > 1:
        return block("", lines + print_stripes(step, scope))
    if scope.by_row:
        return block("", lines + _rows(step, scope))
    by_matrix = ELEMENT_BYTES[buffer.dtype] == 2 and whole
    return block("", lines + (_matrices(step, scope) if by_matrix else _pairs(step, scope)))


def _rows(step: Stage, scope: Scope) -> list[str]:
    """Each thread its row, 16 bytes at a time; the swizzle spreads them over the banks."""
    dtype = scope.program.buffer(step.buffer).dtype
    first = f"{step.first_row} + " if step.first_row else ""
    if dtype in WORDS and not step.columns % STRIPE:
        return _rows_of_words(step, f"{first}lane_row", scope)
    if ELEMENT_BYTES[dtype] != 2 or step.columns % QUAD_ITEMS:
        raise refuse(f"{step.buffer} stages {step.columns} columns of {dtype} by rows")
    items = [("i", "i + 1"), *((f"i + {k}", f"i + {k + 1}") for k in (2, 4, 6))]
    pairs = [packed_pair(step.value, dtype, pair, scope) for pair in items]
    byte = f"2 * i + {2 * step.first_column}" if step.first_column else "2 * i"
    store = [
        f"store_quad(tile + {_swizzled(step, scope)}(row, {byte}),",
        *(f"           {pair}{',' if k < 3 else ');'}" for k, pair in enumerate(pairs)),
    ]
    rows = f"const u32 row = {first}lane_row;"
    return [rows, *unrolled("i", step.columns, store, step=QUAD_ITEMS)]


def _rows_of_words(step: Stage, row: str, scope: Scope) -> list[str]:
    """The same of elements of 32 bits, four of which are 16 bytes."""
    dtype = scope.program.buffer(step.buffer).dtype
    items = ("i", *(f"i + {k}" for k in (1, 2, 3)))
    values = [
        text_of(step.value, matrix_element(i, scope.row_threads), scope, WORDS[dtype])
        for i in items
    ]
    byte = f"4 * i + {4 * step.first_column}" if step.first_column else "4 * i"
    place = f"tile + {_swizzled(step, scope)}(row, {byte})"
    store = [f"store_stripe_{dtype}({place}, {', '.join(values)});"]
    return [f"const u32 row = {row};", *unrolled("i", step.columns, store, step=STRIPE)]


def _matrices(step: Stage, scope: Scope) -> list[str]:
    """Lanes 0 to 15 address the rows of the left 8 columns, the others those of the right."""
    dtype = scope.program.buffer(step.buffer).dtype
    first = f"{step.first_row} + " if step.first_row else ""
    items = [("i", "i + 1"), *((f"i + {k}", f"i + {k + 1}") for k in (2, 4, 6))]
    pairs = [packed_pair(step.value, dtype, pair, scope) for pair in items]
    store = [
        f"const u32 at = tile + {_swizzled(step, scope)}(row, 4 * i + (lane >> 4) * 16);",
        "stmatrix(at,",
        *(f"         {pair}{',' if k < 3 else ');'}" for k, pair in enumerate(pairs)),
    ]
    rows = f"const u32 row = {first}16 * (warp & 3) + (lane & 15);"
    return [rows, *unrolled("i", step.columns // 2, store, step=MATRIX_ITEMS)]


def _pairs(step: Stage, scope: Scope) -> list[str]:
    dtype = scope.program.buffer(step.buffer).dtype
    size = ELEMENT_BYTES[dtype]
    first = f"{step.first_row} + " if step.first_row else ""
    if dtype == "bool":
        raise refuse(f"{step.buffer} stages bool")
    if size == 4:
        type_name = "float" if dtype == "f32" else "int"
        both = [text_of(step.value, matrix_element(i), scope, type_name) for i in ("i", "i + 1")]
        store = f"store_pair_{dtype}(at, {', '.join(both)});"
    else:
        pair = packed_pair(step.value, dtype, ("i", "i + 1"), scope)
        store = f"store_pair_{8 * size}(at, {pair});"
    where = f"{first}lane_row + 8 * row_of(i), {size} * (lane_column + column_at(i))"
    lines = [f"const u32 at = tile + {_swizzled(step, scope)}({where});", store]
    return unrolled("i", step.columns // 2, lines, step=2)


def _swizzled(step: Stage, scope: Scope) -> str:
    buffer = scope.program.buffer(step.buffer)
    if buffer.swizzle:
        return f"swizzled<{buffer.swizzle}, {buffer.rows}>"
    return f"row_major<{buffer.columns * ELEMENT_BYTES[buffer.dtype]}>"


def print_proxy_fence(step: ProxyFence, scope: Scope) -> list[str]:
    """By every thread that wrote."""
    return ["fence_proxy_async();"]


def print_copy_out(step: CopyOut, scope: Scope) -> list[str]:
    """One box for each panel of the buffer, one group for all."""
    buffer, tensor = scope.program.buffer(step.buffer), scope.program.tensor_map(step.tensor_map)
    row_bytes, panel_bytes = scope.panels(buffer)
    panel_columns = row_bytes // ELEMENT_BYTES[buffer.dtype]
    if tensor.box[-1] != panel_columns:
        raise refuse(f"a box of {tensor.name} is no panel of {buffer.name}")
    function = f"tma_{'add' if step.add else 'store'}_{len(step.index)}d"
    calls = []
    for panel in range(buffer.columns // panel_columns):
        offset = panel * panel_bytes + step.from_row * row_bytes
        source = scope.address(step.buffer, _slot(step, scope), offset)
        beyond = (step.first_column + panel * panel_columns, step.first_row)[: len(step.index)]
        where = scope.coordinates(step.index, step.tile, beyond)
        calls.append(f"{function}(&{scope.names.of('map', step.tensor_map)}, {source}, {where});")
    return guarded(scope.leader, [*calls, "copies_commit();"])


def print_wait_copies(step: WaitCopies, scope: Scope) -> list[str]:
    """By the thread that copied: groups belong to threads, and elections repeat themselves."""
    name = f"copies_wait{'_read' if step.read_only else ''}"
    call = f"{name}_but<{step.pending}>();" if step.pending else f"{name}();"
    return guarded(scope.leader, [call])


def _slot(step: Stage | StageVector | CopyOut, scope: Scope) -> Sum:
    """The slot that was acquired to be copied out, or reserved; slot 0 without a ring."""
    filled = not isinstance(step, CopyOut)
    return Sum() if step.ring is None else scope.slot(step.ring, filled=filled)


def print_stage_vector(step: StageVector, scope: Scope) -> list[str]:
    """One of the threads that hold an element writes it."""
    dtype = scope.program.buffer(step.buffer).dtype
    size = ELEMENT_BYTES[dtype]
    who, variable, count = {
        "rows": ("(lane & 3) == 0", "r", 2),
        "columns": ("(warp & 3) == 0 && lane < 4", "j", step.extent // 4),
        "lanes": ("(warp & 3) == 0", "e", step.extent // LANES),
        "scalar": ("(warp & 3) == 0 && lane == 0", "", 1),
        **stripes.vector_threads(step.extent, scope.row_threads),
    }[step.layout]
    element = element_of(step.layout, variable, count, row_threads=scope.row_threads)
    value = text_of(step.value, element, scope, element_type(dtype))
    place = (atom(element.place) if element.place else constant(0)).plus(step.first)
    tile = scope.address(step.buffer, _slot(step, scope))
    store = f"store_{dtype}({tile} + {size} * ({place.text}), {value});"
    return guarded(who, unrolled(variable, count, [store]) if variable else [store])
