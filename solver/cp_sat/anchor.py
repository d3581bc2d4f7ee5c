"""Schedules that differ by a shift only: the one in which an anchor stands at slot 0."""

from __future__ import annotations

from collections.abc import Mapping

from ..anchor import anchor_of
from .variables import Variables
from .windows import Window


def add_anchor(variables: Variables) -> None:
    """No constraint knows which slot is 0, so the anchor a may be said to stand there.

    r[a] = 0;   0 ≤ s ≤ II − 1;   first[v] + s ≤ t[v] ≤ last[v] + s, for every v

    with s the start of the iteration, from which its window and its stages count. A schedule that
    begins at 0 obeys this after a shift by (−r[a]) mod II. What is excluded is excluded at every
    shift at once, which shortens proofs by an order of magnitude.
    """
    model, period = variables.model, variables.initiation_interval
    model.add(variables.slot[anchor_of(variables.problem)] == 0)
    start = model.new_int_var(0, period - 1, "start")
    for v, window in variables.windows.items():
        model.add(variables.issue_cycle[v] >= window.first + start)
        model.add(variables.issue_cycle[v] <= window.last - (period - 1) + start)


def widened(windows: Mapping[str, Window], period: int) -> dict[str, Window]:
    """The windows of all operations when the iteration begins in the first `period` cycles."""
    return {v: Window(window.first, window.last + period - 1) for v, window in windows.items()}
