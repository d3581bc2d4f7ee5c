"""Steps on Tensor Memory, and the signals that hand it on (PTX ISA, tcgen05 instructions).

A product is issued by one thread, and may be over at any later time. Only products of one thread
into one tensor come one after the other; everything else is ordered by commits, signals and waits
(PTX ISA, memory consistency model for 5th generation of TensorCore operations).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .document import Count, Name, Positive
from .kernel import ElementType
from .product_operand import SharedOperand, TensorOperand
from .step_base import StepBase
from .warp_expression import Expression

# ---- products


class TensorProduct(StepBase):
    """One thread issues tensor (+)= left (128 x depth) by right (depth x columns)."""

    step: Literal["tensor_product"] = "tensor_product"
    tensor: Name
    left: Annotated[SharedOperand | TensorOperand, Field(discriminator="kind")]
    right: SharedOperand
    columns: Positive
    depth: Positive
    dtype: ElementType  # of the operands
    accumulate: bool  # onto the tensor; else it is overwritten


class CommitProducts(StepBase):
    """The signal is given once all products are over that the role's thread has issued so far."""

    step: Literal["commit_products"] = "commit_products"
    signal: Name


class CommitRelease(StepBase):
    """The slot acquired `age` acquisitions ago is released once those products are over."""

    step: Literal["commit_release"] = "commit_release"
    ring: Name
    age: Count = 0


# ---- signals


class Notify(StepBase):
    """Each warp arrives once at the mbarrier of a signal, after all of its lanes."""

    step: Literal["notify"] = "notify"
    signal: Name


class AwaitSignal(StepBase):
    """Wait until the signal was given once more than the role has waited for it."""

    step: Literal["await_signal"] = "await_signal"
    signal: Name


class TensorFence(StepBase):
    """before: what follows comes after the Tensor Memory work of these threads that is waited for.

    after: Tensor Memory work that follows comes after what the threads have waited for.
    """

    step: Literal["tensor_fence"] = "tensor_fence"
    side: Literal["before", "after"]


# ---- loads and stores: each thread its own lane


class LoadTensor(StepBase):
    """Begin to load columns of a tensor, from `first_column` on, to a matrix fragment.

    `otherwise`: what the fragment gets where the loop has no iteration.
    """

    step: Literal["load_tensor"] = "load_tensor"
    target: Name
    tensor: Name
    first_column: Count = 0
    otherwise: Expression | None = None


class WaitTensorLoads(StepBase):
    """Wait for all loads of the threads; `settled`: the fragments that may be read from here on."""

    step: Literal["wait_tensor_loads"] = "wait_tensor_loads"
    settled: tuple[Name, ...]


class StoreTensor(StepBase):
    """Begin to store a matrix or operand fragment to a tensor, from column 0 on.

    `after`: rows fragments of f32 that are computed before it, and not put off until they are read.
    """

    step: Literal["store_tensor"] = "store_tensor"
    tensor: Name
    value: Expression  # a fragment
    after: tuple[Name, ...] = ()


class WaitTensorStores(StepBase):
    """Wait for all stores of the threads."""

    step: Literal["wait_tensor_stores"] = "wait_tensor_stores"


class FreeTensors(StepBase):
    """The first warp of the role gives Tensor Memory back; nobody may use it any more."""

    step: Literal["free_tensors"] = "free_tensors"


# ---- row vectors in shared memory, from one warp group to another


class WriteRows(StepBase):
    """Write a rows expression of f32 to a buffer, each thread the number of its row."""

    step: Literal["write_rows"] = "write_rows"
    buffer: Name
    value: Expression


class ReadRows(StepBase):
    """target (a rows fragment) := the numbers in a buffer."""

    step: Literal["read_rows"] = "read_rows"
    target: Name
    buffer: Name
