"""Steps of a warp program: what a role does next. `docs/emission.md` defines each."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .barrier_step import Arrive, Sync
from .demand_step import Demand as Demand
from .document import Count, Name, Positive
from .index_expression import IndexExpression
from .kernel import ElementType
from .product_operand import FragmentOperand as FragmentOperand
from .product_operand import SharedOperand as SharedOperand
from .quad_step import SumQuads
from .shared_step import (
    CopyElement,
    Publish,
    ReduceLanes,
    ReduceRows,
    ScanLanes,
    ScanRows,
    StageLastRows,
    StageVector,
)
from .step_base import StepBase
from .tensor_memory_step import (
    AwaitSignal,
    CommitProducts,
    CommitRelease,
    FreeTensors,
    LoadTensor,
    Notify,
    ReadRows,
    StoreTensor,
    TensorFence,
    TensorProduct,
    WaitTensorLoads,
    WaitTensorStores,
    WriteRows,
)
from .warp_expression import Expression

# ---- rings


class Acquire(StepBase):
    """Advance the role's cursor of the ring by one slot, and wait until that slot is full.

    `alone`: only the thread that copies, or that issues products, waits, since no other reads the
    slot. Where that thread alone releases it, another warp that waits may miss the whole lap.
    """

    step: Literal["acquire"] = "acquire"
    ring: Name
    alone: bool = False


class Release(StepBase):
    """Each warp arrives once on the empty barrier of the slot acquired `age` acquisitions ago.

    `alone`: only the thread that copies arrives. `by_threads`: the lanes of a warp meet before, as
    each has read the slot for itself.
    """

    step: Literal["release"] = "release"
    ring: Name
    age: Count = 0
    alone: bool = False
    by_threads: bool = False


class Reserve(StepBase):
    """Advance the cursor by one slot, wait until it is empty; expect the bytes that copies fill."""

    step: Literal["reserve"] = "reserve"
    ring: Name


class CopyIn(StepBase):
    """Copy one box of an argument to the reserved slot of a buffer; its bytes arrive when it lands.

    `index` counts tiles of `tile` elements in each dimension of the argument; the box begins at
    index * tile, and in the last dimension `first_column` elements further. Outside the argument it
    reads 0. It lands at `panel_offset` bytes of the slot.
    """

    step: Literal["copy_in"] = "copy_in"
    ring: Name
    buffer: Name
    tensor_map: Name
    index: tuple[IndexExpression, ...]
    tile: tuple[Positive, ...]
    first_column: Count = 0
    panel_offset: Count = 0


# ---- products


class Product(StepBase):
    """Issue target (+)= left (64 x depth) by right (depth x columns) and commit it as one batch.

    Asynchronous: it reads its operands and writes its target at any time until a wait settles it.
    """

    step: Literal["product"] = "product"
    target: Name  # a matrix fragment
    left: Annotated[SharedOperand | FragmentOperand, Field(discriminator="kind")]
    right: SharedOperand
    columns: Positive
    depth: Positive
    dtype: ElementType  # of the operands
    accumulate: bool  # onto the target; else it is overwritten


class WaitProducts(StepBase):
    """Wait until at most `pending` of the batches that the role has committed are not over.

    `settled`: fragments that may be used from here on, products' targets and left operands.
    """

    step: Literal["wait_products"] = "wait_products"
    pending: Count
    settled: tuple[Name, ...] = ()


class Boundary(StepBase):
    """An end of a basic block, over which ptxas moves no wait and no work; does nothing."""

    step: Literal["boundary"] = "boundary"


# ---- elementwise


class Assign(StepBase):
    """Every element of the target := the expression; an operand target is rounded and packed."""

    step: Literal["assign"] = "assign"
    target: Name
    value: Expression


class ReduceColumns(StepBase):
    """target (rows fragment) := max, min or sum over the columns of a matrix expression.

    `partial`: over the columns that each thread holds, so that the threads of a quad differ.
    """

    step: Literal["reduce_columns"] = "reduce_columns"
    target: Name
    primitive: Literal["max", "min", "sum"]
    columns: Positive
    value: Expression
    partial: bool = False


class Pin(StepBase):
    """What was assigned to the fragments is computed here, and not after what follows."""

    step: Literal["pin"] = "pin"
    fragments: tuple[Name, ...]


class Anchor(StepBase):
    """Nothing that depends on the rows or scalar fragments is computed before; values stay."""

    step: Literal["anchor"] = "anchor"
    fragments: tuple[Name, ...]


# ---- memory, directly


class LoadVector(StepBase):
    """target (columns, rows or scalar fragment) := elements of a vector argument, 0 outside it.

    Element j of the tile is element index[-1] * extent + first + j of the last dimension.
    """

    step: Literal["load_vector"] = "load_vector"
    target: Name
    argument: Name
    index: tuple[IndexExpression, ...]
    extent: Positive
    first: Count = 0


class StoreRows(StepBase):
    """Elements of a vector argument := an expression of rows; what lies outside is dropped."""

    step: Literal["store_rows"] = "store_rows"
    argument: Name
    index: tuple[IndexExpression, ...]
    extent: Positive
    first: Count = 0
    value: Expression


class Stage(StepBase):
    """Write rows x columns of an expression to a slot of a buffer, as its dtype.

    They go to `first_row` and `first_column` and further; rows are all that the role holds.

    The slot is slot 0, or the one that the role reserved last in a ring.
    """

    step: Literal["stage"] = "stage"
    buffer: Name
    ring: Name | None = None
    first_row: Count = 0
    first_column: Count = 0
    columns: Positive
    value: Expression


class ProxyFence(StepBase):
    """Make what every thread of the role wrote to shared memory visible to asynchronous readers."""

    step: Literal["proxy_fence"] = "proxy_fence"


class CopyOut(StepBase):
    """One thread copies `rows` of a slot of a buffer to an argument, box by box, and commits.

    The part that lies outside the argument is dropped. As in CopyIn, `index` counts tiles; the box
    begins `first_row` rows and `first_column` columns further in the last two dimensions. One box
    for each panel. The slot is slot 0, or the one that the role acquired last in a ring.
    """

    step: Literal["copy_out"] = "copy_out"
    buffer: Name
    ring: Name | None = None
    tensor_map: Name
    index: tuple[IndexExpression, ...]
    tile: tuple[Positive, ...]
    from_row: Count = 0  # in the buffer
    first_row: Count = 0  # in the tile of the argument
    first_column: Count = 0
    add: bool = False  # atomically, instead of replacing


class WaitCopies(StepBase):
    """The thread that copied waits until at most `pending` of its copies out are not over.

    `read_only`: it waits until they have read shared memory, not until they have written.
    """

    step: Literal["wait_copies"] = "wait_copies"
    read_only: bool = False
    pending: Count = 0


Step = Annotated[
    Acquire
    | Release
    | Reserve
    | CopyIn
    | Product
    | WaitProducts
    | Boundary
    | Assign
    | ReduceColumns
    | SumQuads
    | Pin
    | Demand
    | Anchor
    | LoadVector
    | StoreRows
    | Stage
    | ProxyFence
    | CopyOut
    | WaitCopies
    | Arrive
    | Sync
    | Publish
    | CopyElement
    | StageVector
    | StageLastRows
    | ReduceRows
    | ScanRows
    | ReduceLanes
    | ScanLanes
    | TensorProduct
    | CommitProducts
    | CommitRelease
    | Notify
    | AwaitSignal
    | TensorFence
    | LoadTensor
    | WaitTensorLoads
    | StoreTensor
    | WaitTensorStores
    | FreeTensors
    | WriteRows
    | ReadRows,
    Field(discriminator="step"),
]
