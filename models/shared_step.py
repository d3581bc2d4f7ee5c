"""Steps by which threads hand values on through shared memory, and work across rows."""

from __future__ import annotations

from typing import ClassVar, Literal

from .document import Count, Name, Positive
from .index_expression import IndexExpression
from .step_base import StepBase
from .warp_expression import Expression


class Publish(StepBase):
    """Each warp arrives once on the full barrier of the slot that the role reserved last."""

    step: Literal["publish"] = "publish"
    ring: Name


class CopyElement(StepBase):
    """Copy one element of 4 bytes of an argument to the reserved slot; it arrives when it lands.

    `index` counts elements. Outside the argument it is 0. Tensor copies move 16 bytes or more, from
    rows of whole 16 bytes.
    """

    step: Literal["copy_element"] = "copy_element"
    ring: Name
    buffer: Name
    argument: Name
    index: tuple[IndexExpression, ...]
    extent: ClassVar[int] = 1
    first: ClassVar[int] = 0


class StageVector(StepBase):
    """Write a rows, columns, lanes or scalar expression to the slot that was reserved last.

    Its elements go to the one row of the buffer, from element `first` on.
    """

    step: Literal["stage_vector"] = "stage_vector"
    buffer: Name
    ring: Name
    layout: Literal["rows", "columns", "lanes", "scalar"]
    extent: Positive  # elements that are written
    first: Count = 0
    value: Expression


# ---- across the rows of a warp group, warp by warp: each warp holds 16 of 64 rows


class ReduceRows(StepBase):
    """Row w of the buffer := max, min or sum of a matrix expression over the rows of warp w."""

    step: Literal["reduce_rows"] = "reduce_rows"
    buffer: Name  # 4 rows of f32
    primitive: Literal["max", "min", "sum"]
    columns: Positive
    value: Expression


class ScanRows(StepBase):
    """target (a matrix) := the running sum of a matrix expression over the rows of each warp."""

    step: Literal["scan_rows"] = "scan_rows"
    target: Name
    columns: Positive
    value: Expression


class StageLastRows(StepBase):
    """Row w of the buffer := the last row that warp w holds of a matrix fragment."""

    step: Literal["stage_last_rows"] = "stage_last_rows"
    buffer: Name  # 4 rows of f32
    columns: Positive
    value: Expression


# ---- over the elements of a vector, of which every warp holds all


class ReduceLanes(StepBase):
    """target (a scalar) := max, min or sum over the elements of a lanes expression."""

    step: Literal["reduce_lanes"] = "reduce_lanes"
    target: Name
    primitive: Literal["max", "min", "sum"]
    extent: Positive
    value: Expression


class ScanLanes(StepBase):
    """target (a lanes fragment) := the running sum of a lanes expression."""

    step: Literal["scan_lanes"] = "scan_lanes"
    target: Name
    extent: Positive
    value: Expression
