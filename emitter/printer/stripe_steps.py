"""Staging by stripes: what each thread holds of its row, four columns at a time."""

from __future__ import annotations

from ...models.stripes import STRIPE
from ...models.warp_expression import stored_in
from ...models.warp_step import Stage
from .expressions import matrix_element, text_of
from .fragment_steps import packed_pair
from .scope import Scope, refuse
from .stripes import PAIRED, WORDS, beyond, stripe_place
from .text import unrolled


def print_stripes(step: Stage, scope: Scope) -> list[str]:
    """Stripe by stripe; what reads tiles itself is computed before the first is stored.

    The compiler moves no load above a store, and each would wait for its own.
    """
    buffer, threads = scope.program.buffer(step.buffer), scope.row_threads
    row = f"{step.first_row} + lane_row" if step.first_row else "lane_row"
    if beyond(buffer, step.first_column) is None:
        raise refuse(f"{step.buffer} stages stripes from column {step.first_column} on")
    place = stripe_place(buffer, step.first_column, row, "lane_column", "i", threads)
    each = step.columns // threads
    function, type_name, values = _words(step, scope)
    lines: list[str] = []
    if stored_in(step.value):
        count = each * len(values) // STRIPE
        moves = [f"staged[{len(values)} * (i >> 2) + {n}] = {v};" for n, v in enumerate(values)]
        lines = [f"{type_name} staged[{count}];", *unrolled("i", each, moves, step=STRIPE)]
        values = [f"staged[{len(values)} * (i >> 2) + {n}]" for n in range(len(values))]
    store = [f"const u32 at = tile + {place};", f"{function}(at, {', '.join(values)});"]
    return [*lines, *unrolled("i", each, store, step=STRIPE)]


def _words(step: Stage, scope: Scope) -> tuple[str, str, list[str]]:
    """The function that stores a stripe, the type of what it takes, and what that is."""
    dtype = scope.program.buffer(step.buffer).dtype
    if dtype in PAIRED:
        neighbours = (("i", "i + 1"), ("i + 2", "i + 3"))
        pairs = [packed_pair(step.value, dtype, items, scope) for items in neighbours]
        return "store_stripe_16", "u32", pairs
    if dtype not in WORDS:
        raise refuse(f"{step.buffer} stages stripes of {dtype}")
    items = [matrix_element(i, scope.row_threads) for i in ("i", "i + 1", "i + 2", "i + 3")]
    type_name = WORDS[dtype]
    values = [text_of(step.value, item, scope, type_name) for item in items]
    return f"store_stripe_{dtype}", type_name, values
