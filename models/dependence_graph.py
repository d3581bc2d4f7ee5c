"""The dependence graph: operations with their work, values with their places; not priced yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from .document import Count, Document, Name, Positive
from .kernel import ElementType
from .problem import LegalityRule, Swap

GraphKind = Literal["load", "matrix", "vector", "store", "reduce_add"]
Place = Literal["registers", "shared", "tensor_memory"]


class MatrixWork(Document):
    """One tile product: (rows x depth) by (depth x columns)."""

    rows: Positive
    columns: Positive
    depth: Positive
    dtype: ElementType
    left_from: Place  # of the left operand; the right one is always read from shared memory


class VectorWork(Document):
    """What an elementwise chain executes, summed over all of its elements."""

    instructions: Mapping[Name, Count]  # thread instructions by instruction name of the profile
    shuffles: Count = 0  # thread instructions
    shared_bytes: Count = 0  # moved between registers and shared memory
    loaded_elements: Count = 0  # from Tensor Memory
    stored_words: Count = 0  # 32-bit words to Tensor Memory


class TransferWork(Document):
    """One copy: bytes, and whether device memory moves them or L2 shares them among blocks."""

    bytes: Positive
    streamed: bool  # no other block touches this tile


class GraphOperation(Document):
    """One operation to schedule: a copy, a tile product, or a chain of elementwise operations."""

    name: Name
    kind: GraphKind
    members: tuple[str, ...]  # the tile operations that it executes
    work: MatrixWork | VectorWork | TransferWork
    summary: str = ""
    line: Annotated[int, Field(ge=1)] | None = None


class GraphValue(Document):
    """A result and where it lies."""

    name: Name
    source: Name
    place: Place
    registers: Count = 0  # per thread of 128
    bytes: Count = 0  # of the whole tile
    buffer: Name | None = None  # in shared or tensor memory


class GraphBuffer(Document):
    """Storage that one iteration opens: bytes of shared memory or columns of Tensor Memory."""

    name: Name
    place: Literal["shared", "tensor_memory"]
    size: Positive
    opener: Name


class GraphDependence(Document):
    """Target after source: flow (reads a value), or anti and output (order only)."""

    source: Name
    target: Name
    kind: Literal["flow", "anti", "output"]
    distance: Count = 0  # iterations
    value: Name | None = None
    in_place: bool = False  # the target takes over the storage of the value
    role: Literal["operand", "left", "right", "accumulator"] = "operand"
    reason: str = ""


class DependenceGraph(Document):
    """One loop of a kernel, lowered for one target."""

    kernel: Name
    loop: Name
    lowering: Literal["wgmma", "tcgen05"]
    operations: Annotated[tuple[GraphOperation, ...], Field(min_length=1)]
    values: tuple[GraphValue, ...]
    buffers: tuple[GraphBuffer, ...]
    dependences: tuple[GraphDependence, ...]
    rules: tuple[LegalityRule, ...] = ()
    symmetries: tuple[Swap, ...] = ()
    resident_shared_bytes: Count = 0  # tiles that stay in shared memory for the whole loop
    resident_columns: Count = 0
    notes: tuple[str, ...] = ()
