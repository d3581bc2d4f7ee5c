"""The typed tile operations of a program: kind, operands, result, and the tile that is touched."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from .document import Document
from .index_expression import IndexExpression, IndexName, names_in_index
from .kernel import ElementType

OperationKind = Literal[
    "load",  # global memory -> tile; outside the argument's bounds the tile is 0
    "store",  # tile -> global memory; what lies out of bounds is dropped
    "reduce_add",  # tile added to global memory, atomically
    "dot",  # operands a (M, K), b (K, N) and, when it accumulates, c (M, N) in f32
    "map",  # elementwise `primitive`; unit dimensions stretch, scalars stretch to any shape
    "reduce",  # `primitive` max, min or sum over `axis`, which is removed
    "scan",  # `primitive` sum: the running, inclusive sum along `axis`
    "cast",  # to the result's dtype
    "transpose",  # of a matrix
    "broadcast",  # inserts a unit dimension at `axis`, for a map to stretch
    "fill",  # every element is the one operand, a constant or scalar
    "arange",  # 0, 1, ... in i32
]
MapPrimitive = Literal[
    "add", "subtract", "multiply", "divide", "floor_divide", "remainder",
    "negate", "absolute", "maximum", "minimum",
    "exp2", "log2", "sqrt", "rsqrt", "sigmoid", "tanh",
    "less", "less_equal", "greater", "greater_equal", "equal", "not_equal",
    "and", "or", "not", "where",
]  # fmt: skip
ReducePrimitive = Literal["max", "min", "sum"]
MEMORY_KINDS = ("load", "store", "reduce_add")


class SourcePosition(Document):
    """Where the kernel document says it: both count from 1, in the YAML file itself."""

    line: int
    column: int


class Dimension(Document):
    """One extent of a tile in elements, and the size of the document that it is, if it is one."""

    extent: int
    size: str | None = None


class TileType(Document):
    """Element type and static shape of a value; a scalar has no dimensions."""

    dtype: ElementType
    dimensions: tuple[Dimension, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Extents in elements."""
        return tuple(dimension.extent for dimension in self.dimensions)

    @property
    def elements(self) -> int:
        """Product of the extents; 1 for a scalar."""
        product = 1
        for dimension in self.dimensions:
            product *= dimension.extent
        return product


class ValueOperand(Document):
    """The result of an operation of the same iteration, or of an earlier block (distance 0)."""

    kind: Literal["value"] = "value"
    operation: str


class CarriedOperand(Document):
    """A loop-carried local as the iteration finds it: its initial value, then the last `next`."""

    kind: Literal["carried"] = "carried"
    loop: str
    local: str


class LoopResultOperand(Document):
    """A loop-carried local after the loop: its initial value when the loop ran no iteration."""

    kind: Literal["loop_result"] = "loop_result"
    loop: str
    local: str


class ConstantOperand(Document):
    """A literal number; `inf` and `-inf` are written as text, so that every JSON reader agrees."""

    kind: Literal["constant"] = "constant"
    value: bool | int | float | Literal["inf", "-inf"]


class ScalarOperand(Document):
    """A scalar argument of the kernel."""

    kind: Literal["scalar"] = "scalar"
    argument: str


class IndexOperand(Document):
    """An integer computed from grid indices, loop indices and extents, used as data (i32)."""

    kind: Literal["index"] = "index"
    expression: IndexExpression


Operand = Annotated[
    ValueOperand
    | CarriedOperand
    | LoopResultOperand
    | ConstantOperand
    | ScalarOperand
    | IndexOperand,
    Field(discriminator="kind"),
]


class TileAccess(Document):
    """Which tile of which argument a load, store or reduce_add touches.

    `index` counts tiles and has one expression per dimension of the argument; `tile` is the shape
    in elements, unit leading dimensions included (the value itself has them squeezed).
    """

    argument: str
    index: tuple[IndexExpression, ...]
    tile: tuple[Dimension, ...]

    def index_names(self) -> frozenset[IndexName]:
        """The names that the tile index depends on; without the loop's index the tile is reused."""
        return frozenset(name for part in self.index for name in names_in_index(part))

    def uses_index(self, name: str) -> bool:
        """Whether the tile moves with the named grid or loop index."""
        return any(used.name == name for used in self.index_names())


class Operation(Document):
    """One tile operation; `kind` says which of the optional fields it has.

    load, store, reduce_add: `access`. map, reduce, scan: `primitive`. reduce, scan, broadcast:
    `axis`. store and reduce_add have no `result`; every other kind has one.
    """

    name: str
    kind: OperationKind
    operands: tuple[Operand, ...] = ()
    result: TileType | None = None
    primitive: MapPrimitive | ReducePrimitive | None = None
    axis: int | None = None
    access: TileAccess | None = None
    local: str | None = None  # the local that the statement assigns, if it assigns one
    position: SourcePosition

    @model_validator(mode="after")
    def _has_the_fields_of_its_kind(self) -> Self:
        wanted = {
            "access": self.kind in MEMORY_KINDS,
            "primitive": self.kind in ("map", "reduce", "scan"),
            "axis": self.kind in ("reduce", "scan", "broadcast"),
            "result": self.kind not in ("store", "reduce_add"),
        }
        for field, needed in wanted.items():
            if (getattr(self, field) is not None) != needed:
                raise ValueError(
                    f"{self.kind} {self.name}: {field} {'missing' if needed else 'given'}"
                )
        return self

    @property
    def type(self) -> TileType:
        """The result's type, of an operation that has a result."""
        assert self.result is not None, f"{self.kind} {self.name} has no result"
        return self.result

    @property
    def memory_access(self) -> TileAccess:
        """The access of a load, store or reduce_add."""
        assert self.access is not None, f"{self.kind} {self.name} touches no argument"
        return self.access
