"""Signals: arrivals of each warp, waits; and the row vectors that cross with them."""

from __future__ import annotations

from ...models.tensor_memory_step import AwaitSignal, Notify, ReadRows, WriteRows
from .expressions import element_of, text_of
from .indices import constant
from .scope import Scope, refuse
from .text import guarded


def print_notify(step: Notify, scope: Scope) -> list[str]:
    """One arrival of each warp, when all of its lanes have come."""
    arrive = f"mbar_arrive({scope.names.of('signal', step.signal)});"
    if scope.is_alone:
        return [arrive]
    return ["__syncwarp();", *guarded(scope.once_per_warp, [arrive])]


def print_await_signal(step: AwaitSignal, scope: Scope) -> list[str]:
    """The next phase."""
    phase = scope.names.of("signal phase", step.signal)
    return [f"{phase} ^= 1;", f"mbar_wait({scope.names.of('signal', step.signal)}, {phase});"]


def print_write_rows(step: WriteRows, scope: Scope) -> list[str]:
    """Each thread its row."""
    value = text_of(
        step.value, element_of("rows", "", row_threads=scope.row_threads), scope, "float"
    )
    return [f"store_f32({_place(step.buffer, scope)}, {value});"]


def print_read_rows(step: ReadRows, scope: Scope) -> list[str]:
    """Each thread its row."""
    target = scope.fragment(scope.layout(step.target, "rows").name)
    return [f"{target} = load_f32({_place(step.buffer, scope)});"]


def _place(buffer: str, scope: Scope) -> str:
    if not scope.by_row:
        raise refuse(f"{buffer}: only threads that hold a row each exchange rows")
    return f"{scope.address(buffer, constant(0))} + 4 * lane_row"
