"""Batches of wgmma as events: what one product of a tile becomes, from its fence to its commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .sass_events import Event
from .sass_names import COMMITTED, FENCED
from .sass_order import PRODUCTS


def with_batches(events: Sequence[Event]) -> list[Event]:
    """Each batch as one event where it is committed, with how many wgmma it has.

    Work within a batch counts as done before: the whole batch is issued when its last one is.
    """
    found: list[Event] = []
    batch: list[Event] = []
    for event in events:
        begins = event.name == FENCED
        if batch and (begins or event.opcode not in PRODUCTS):
            _add(found, batch)
            batch = []
        if not begins and event.opcode not in PRODUCTS:
            found.append(event)
            continue
        batch.append(event)
        if event.name.endswith(COMMITTED):
            _add(found, batch)
            batch = []
    if batch:
        _add(found, batch)
    return found


def _add(found: list[Event], batch: Sequence[Event]) -> None:
    for event in batch[:-1]:
        found[-1] = found[-1].with_work(event.work)
    found.append(replace(batch[-1], name=_name(batch)))


def _name(batch: Sequence[Event]) -> str:
    """Of wgmma of one kind, the first of which may overwrite; else all that it is made of."""
    products = [event.name for event in batch if event.name != FENCED]
    kinds = [name.removesuffix(f" {COMMITTED}") for name in products]
    if not kinds:
        return FENCED
    alike = all(kind == f"{kinds[0].rsplit(' ', 1)[0]} onto" for kind in kinds[1:])
    name = f"{kinds[0]} x{len(kinds)}" if alike else " and ".join(kinds)
    if batch[0].name != FENCED:
        name = f"{name} unfenced"
    return name if products[-1] != kinds[-1] else f"{name} uncommitted"
