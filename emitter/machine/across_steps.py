"""Steps across rows and lanes: reductions and running sums that leave the quad."""

from __future__ import annotations

from ...models.shared_step import ReduceLanes, ReduceRows, ScanLanes, ScanRows, StageLastRows
from . import shared_data
from .memory_steps import fetch, write
from .role_run import RoleRun

WARPS = 4


def reduce_rows(run: RoleRun, step: ReduceRows) -> None:
    """Each warp its 16 rows, to its own row of the buffer."""
    fetch(run, step.value)
    write(run, run.block.slots[step.buffer][0], (0, WARPS))
    if run.block.data is not None:
        shared_data.reduce_rows(run.block.data, step, run.here)


def stage_last_rows(run: RoleRun, step: StageLastRows) -> None:
    """Each warp its last row, to its own row of the buffer."""
    fetch(run, step.value)
    write(run, run.block.slots[step.buffer][0], (0, WARPS))
    if run.block.data is not None:
        shared_data.stage_last_rows(run.block.data, step, run.here)


def scan_rows(run: RoleRun, step: ScanRows) -> None:
    """Each warp its 16 rows."""
    fetch(run, step.value)
    run.ledger.write(step.target)
    if run.block.data is not None:
        shared_data.scan_rows(run.block.data, step, run.here)


def reduce_lanes(run: RoleRun, step: ReduceLanes) -> None:
    """Every warp all elements."""
    fetch(run, step.value)
    run.ledger.write(step.target)
    if run.block.data is not None:
        shared_data.reduce_lanes(run.block.data, step, run.here)


def scan_lanes(run: RoleRun, step: ScanLanes) -> None:
    """Every warp all elements."""
    fetch(run, step.value)
    run.ledger.write(step.target)
    if run.block.data is not None:
        shared_data.scan_lanes(run.block.data, step, run.here)
