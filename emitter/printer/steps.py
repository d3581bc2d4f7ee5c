"""The emitter of each kind of step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...models import barrier_step, quad_step, shared_step, tensor_memory_step, warp_step
from ...models.step_base import StepBase
from ...models.warp_step import Step
from .across_steps import (
    print_reduce_lanes,
    print_reduce_rows,
    print_scan_lanes,
    print_scan_rows,
    print_stage_last_rows,
)
from .barrier_steps import print_arrive, print_sync
from .fragment_steps import print_assign, print_reduce_columns, print_sum_quads
from .memory_steps import print_copy_element, print_load_vector, print_store_rows
from .product_steps import (
    print_anchor,
    print_boundary,
    print_demand,
    print_pin,
    print_product,
    print_wait_products,
)
from .ring_steps import print_acquire, print_copy_in, print_publish, print_release, print_reserve
from .scope import Scope
from .signal_steps import print_await_signal, print_notify, print_read_rows, print_write_rows
from .staging_steps import (
    print_copy_out,
    print_proxy_fence,
    print_stage,
    print_stage_vector,
    print_wait_copies,
)
from .stored import tiles_read
from .tensor_steps import (
    print_commit_products,
    print_commit_release,
    print_free_tensors,
    print_load_tensor,
    print_store_tensor,
    print_tensor_fence,
    print_tensor_product,
    print_wait_tensor_loads,
    print_wait_tensor_stores,
)
from .text import block, words_in

Emitter = Callable[[Any, Scope], list[str]]

EMITTERS: Mapping[type[StepBase], Emitter] = {
    warp_step.Acquire: print_acquire,
    warp_step.Release: print_release,
    warp_step.Reserve: print_reserve,
    warp_step.CopyIn: print_copy_in,
    warp_step.Product: print_product,
    warp_step.WaitProducts: print_wait_products,
    warp_step.Boundary: print_boundary,
    warp_step.Assign: print_assign,
    warp_step.ReduceColumns: print_reduce_columns,
    quad_step.SumQuads: print_sum_quads,
    warp_step.Pin: print_pin,
    warp_step.Demand: print_demand,
    warp_step.Anchor: print_anchor,
    warp_step.LoadVector: print_load_vector,
    warp_step.StoreRows: print_store_rows,
    warp_step.Stage: print_stage,
    warp_step.ProxyFence: print_proxy_fence,
    warp_step.CopyOut: print_copy_out,
    warp_step.WaitCopies: print_wait_copies,
    barrier_step.Arrive: print_arrive,
    barrier_step.Sync: print_sync,
    shared_step.Publish: print_publish,
    shared_step.CopyElement: print_copy_element,
    shared_step.StageVector: print_stage_vector,
    shared_step.StageLastRows: print_stage_last_rows,
    shared_step.ReduceRows: print_reduce_rows,
    shared_step.ScanRows: print_scan_rows,
    shared_step.ReduceLanes: print_reduce_lanes,
    shared_step.ScanLanes: print_scan_lanes,
    tensor_memory_step.TensorProduct: print_tensor_product,
    tensor_memory_step.CommitProducts: print_commit_products,
    tensor_memory_step.CommitRelease: print_commit_release,
    tensor_memory_step.Notify: print_notify,
    tensor_memory_step.AwaitSignal: print_await_signal,
    tensor_memory_step.TensorFence: print_tensor_fence,
    tensor_memory_step.LoadTensor: print_load_tensor,
    tensor_memory_step.WaitTensorLoads: print_wait_tensor_loads,
    tensor_memory_step.StoreTensor: print_store_tensor,
    tensor_memory_step.WaitTensorStores: print_wait_tensor_stores,
    tensor_memory_step.FreeTensors: print_free_tensors,
    tensor_memory_step.WriteRows: print_write_rows,
    tensor_memory_step.ReadRows: print_read_rows,
}


def print_step(step: Step, scope: Scope) -> list[str]:
    """The lines of one step, in a block of their own where it reads tiles in shared memory."""
    lines = EMITTERS[type(step)](step, scope)
    tiles = tiles_read(getattr(step, "value", None), scope)
    if not tiles:
        return lines
    used = words_in("\n".join(lines))
    return block("", [*(t for t in tiles if t.split()[2] in used), *lines])
