"""Fragments as registers of one thread: how many, of which type."""

from __future__ import annotations

from ...models.kernel import FLOAT_TYPES, ElementType
from ...models.stripes import STRIPE
from ...models.warp_program import Fragment
from ...models.warp_program_checks import GROUP_THREADS
from .scope import TILE_ROWS, refuse


def element_type(dtype: ElementType) -> str:
    """What an element is computed in."""
    return "float" if dtype in FLOAT_TYPES else "int" if dtype == "i32" else "bool"


def registers_of(fragment: Fragment) -> int:
    """Registers of each thread."""
    if fragment.spread != "quads":
        return _registers_by_row(fragment)
    if fragment.rows not in (0, TILE_ROWS) or fragment.columns % 8:
        raise refuse(f"{fragment.name} has {fragment.rows} x {fragment.columns} elements")
    if fragment.layout == "operand" and (fragment.dtype not in ("bf16", "fp16")):
        raise refuse(f"{fragment.name} packs {fragment.dtype}")
    return {
        "matrix": fragment.columns // 2,
        "operand": fragment.columns // 4,
        "rows": 2,
        "columns": fragment.columns // 4,
        "lanes": fragment.columns // 32,
        "scalar": 1,
    }[fragment.layout]


def _registers_by_row(fragment: Fragment) -> int:
    threads = fragment.row_threads
    if fragment.rows * threads not in (0, GROUP_THREADS):
        raise refuse(f"{fragment.name} has {fragment.rows} rows for {GROUP_THREADS} threads")
    if fragment.layout in ("rows", "scalar"):
        return 1
    if threads > 1 and fragment.columns % (STRIPE * threads):
        raise refuse(f"{fragment.name} has {fragment.columns} columns for {threads} threads")
    return fragment.columns // threads // (2 if fragment.layout == "operand" else 1)


def declaration(fragment: Fragment, name: str) -> str:
    """The variable of a fragment."""
    element = "u32" if fragment.layout == "operand" else element_type(fragment.dtype)
    if fragment.layout == "scalar" or (fragment.layout == "rows" and fragment.row_threads):
        return f"{element} {name};"
    return f"{element} {name}[{registers_of(fragment)}];"
