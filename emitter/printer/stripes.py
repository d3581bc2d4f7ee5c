"""Stripes in C++: where a thread's elements lie, and how shared memory and its row are reached.

The threads of a row take its columns in turns, four at a time (models/stripes.py). One turn is a
whole number of panels, so that what is swizzled is where the thread begins, and the rest constant.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...models.kernel import ELEMENT_BYTES, ElementType
from ...models.stripes import STRIPE
from ...models.warp_expression import Expression, StoredElement
from ...models.warp_program import SharedBuffer
from .scope import Scope
from .stored import tile_name

WARP_THREADS = 32
PANEL = 128  # bytes of a row that are swizzled together
REPEAT = 1024  # bytes after which the pattern repeats itself, wherever a panel begins
PAIRED = ("bf16", "fp16")
WORDS: Mapping[ElementType, str] = {"f32": "float", "i32": "int"}


def constants(row_threads: int) -> dict[str, str]:
    """The first row and column of a thread."""
    rows, mask = WARP_THREADS // row_threads, row_threads - 1
    row = f"{rows} * (warp & 3) + lane / {row_threads}" if rows > 1 else "warp & 3"
    return {
        "lane_row": f"const int lane_row = {row};",
        "lane_column": f"const int lane_column = {STRIPE} * (lane & {mask});",
    }


def column(item: str, row_threads: int) -> str:
    """The column of an element beyond the first of the thread; of a whole row each is the next."""
    return item if row_threads == 1 else f"stripe_at<{row_threads}>({item})"


def one_of_row(row_threads: int) -> str:
    """A head for what one thread of each row does; empty where each has a row of its own."""
    return f"if ((lane & {row_threads - 1}) == 0)" if row_threads > 1 else ""


def over_row(primitive: str, value: str, row_threads: int) -> str:
    """The results of the threads of a row, joined."""
    return f"over_row_{primitive}<{row_threads}>({value})" if row_threads > 1 else value


def vector_threads(extent: int, row_threads: int) -> dict[str, tuple[str, str, int]]:
    """Who writes a vector to shared memory, counted by which variable up to what."""
    if not row_threads:
        return {}
    first = f"(warp & 3) == 0 && lane < {row_threads}"
    return {
        "rows": (f"(lane & {row_threads - 1}) == 0", "", 1),
        "columns": (first, "j", extent // row_threads),
    }


# ---- shared memory


def is_aligned(stored: StoredElement, buffer: SharedBuffer, row_threads: int) -> bool:
    """Whether the elements that are read are stripes of what is stored."""
    if row_threads == 1 or stored.across != "column" or buffer.dtype not in (*PAIRED, *WORDS):
        return False
    return beyond(buffer, stored.first_column) is not None


def load(stored: StoredElement, buffer: SharedBuffer, row: str, item: str, row_threads: int) -> str:
    """One element of a stripe: the compiler sees that the others take the same load."""
    place = stripe_place(buffer, stored.first_column, row, "own_column", item, row_threads)
    return f"fourth_{buffer.dtype}({tile_name(stored)} + {place}, {_within(item)})"


def packed_word(value: Expression, dtype: ElementType, item: str, scope: Scope) -> str | None:
    """Two neighbours that are stored as they are wanted, not unpacked in between."""
    if not isinstance(value, StoredElement) or dtype not in PAIRED or scope.row_threads < 2:
        return None
    buffer = scope.program.buffer(value.buffer)
    if buffer.dtype != dtype or value.down != "row":
        return None
    if not is_aligned(value, buffer, scope.row_threads):
        return None
    row = f"{value.first_row} + own_row" if value.first_row else "own_row"
    place = stripe_place(buffer, value.first_column, row, "own_column", item, scope.row_threads)
    return f"half_stripe({tile_name(value)} + {place}, {_shifted(item, 1)} & 1)"


def stripe_place(
    buffer: SharedBuffer, first: int, row: str, own_column: str, item: str, row_threads: int
) -> str:
    """Where the stripe of an element lies, in bytes from the beginning of the tile."""
    size = ELEMENT_BYTES[buffer.dtype]
    if buffer.swizzle:
        start = f"in_panels<{buffer.rows}>({row}, {size} * {own_column})"
    elif row == "0":
        start = f"{size} * {own_column}"
    else:
        start = f"row_major<{size * buffer.columns}>({row}, {size} * {own_column})"
    further = beyond(buffer, first)
    assert further is not None, "it was asked for before"
    more = f" + {further}" if further else ""
    turn = STRIPE * row_threads * size * (buffer.rows if buffer.swizzle else 1)
    return f"{start}{more} + {turn} * ({_shifted(item, 2)})"


def beyond(buffer: SharedBuffer, first: int) -> int | None:
    """Bytes by which a column lies further in every row; None where that depends on the row.

    Rows of whole turns have whole panels of 128 bytes.
    """
    further = first * ELEMENT_BYTES[buffer.dtype]
    if not buffer.swizzle:
        return further if not first % STRIPE else None
    if buffer.swizzle != PANEL or further * buffer.rows % REPEAT:
        return None
    return further * buffer.rows


def _shifted(item: str, bits: int) -> str:
    return f"{item} >> {bits}" if item.isidentifier() else f"({item}) >> {bits}"


def _within(item: str) -> str:
    return f"{item} & 3" if item.isidentifier() else f"({item}) & 3"
