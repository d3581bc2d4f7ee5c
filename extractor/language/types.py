"""Which element types and shapes go together, and what comes of them."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ...models.kernel import FLOAT_TYPES, ElementType
from ...models.tile_operation import Dimension, TileType
from .faults import Fault
from .values import UNIT, describe_shape, describe_type


def broadcast_dimensions(
    shapes: Sequence[tuple[Dimension, ...]], node: ast.AST
) -> tuple[Dimension, ...]:
    """The common shape; scalars and unit dimensions stretch, nothing else does."""
    result: tuple[Dimension, ...] = ()
    for shape in shapes:
        if not shape or not result:
            result = shape or result
            continue
        if len(shape) != len(result):
            raise Fault(
                f"shapes {describe_shape(result)} and {describe_shape(shape)} differ in rank",
                node,
                "broadcast the vector with [:, None] or [None, :]",
            )
        result = tuple(
            _stretch(one, two, result, shape, node) for one, two in zip(result, shape, strict=True)
        )
    return result


def _stretch(
    one: Dimension,
    two: Dimension,
    left: tuple[Dimension, ...],
    right: tuple[Dimension, ...],
    node: ast.AST,
) -> Dimension:
    if one == UNIT:
        return two
    if two == UNIT:
        return one
    if not same_extent(one, two):
        message = f"shapes {describe_shape(left)} and {describe_shape(right)} do not match"
        raise Fault(message, node, _mismatch_cure(one, two))
    return one if one.size else two


def same_extent(one: Dimension, two: Dimension) -> bool:
    """Equal in number, and not two sizes of different names that agree by chance."""
    if one.extent != two.extent:
        return False
    return one.size is None or two.size is None or one.size == two.size


def _mismatch_cure(one: Dimension, two: Dimension) -> str:
    if one.extent == two.extent:
        return f"{one.size} and {two.size} are both {one.extent} by chance; use one name for both"
    return f"{one.size or one.extent} against {two.size or two.extent}"


def unify_shape(
    one: tuple[Dimension, ...], two: tuple[Dimension, ...]
) -> tuple[Dimension, ...] | None:
    """The shape that both are, without stretching; None if they differ."""
    if len(one) != len(two) or not all(map(same_extent, one, two)):
        return None
    return tuple(a if a.size else b for a, b in zip(one, two, strict=True))


def dot_type(a: TileType, b: TileType, c: TileType | None, node: ast.AST) -> TileType:
    """f32 (M, N) of (M, K) and (K, N), accumulating onto c."""
    for name, operand in (("first", a), ("second", b)):
        if len(operand.dimensions) != 2:
            message = f"the {name} operand of dot is {describe_type(operand)}"
            raise Fault(message, node, "dot multiplies two matrices")
        if operand.dtype not in ("bf16", "fp16", "fp8e4m3"):
            message = f"the {name} operand of dot is {operand.dtype}"
            raise Fault(message, node, "tensor cores take bf16, fp16 or fp8e4m3: use .to(bf16)")
    if a.dtype != b.dtype:
        message = f"dot of {a.dtype} and {b.dtype}"
        raise Fault(message, node, f"cast one of them: .to({a.dtype})")
    (rows, inner), (outer, columns) = a.dimensions, b.dimensions
    if not same_extent(inner, outer):
        message = (
            f"dot of {describe_shape(a.dimensions)} and {describe_shape(b.dimensions)}: "
            f"{inner.size or inner.extent} against {outer.size or outer.extent}"
        )
        raise Fault(message, node, "dot takes (M, K) and (K, N); transpose with .T")
    product = TileType(dtype="f32", dimensions=(rows, columns))
    if c is None:
        return product
    return _accumulated(product, c, node)


def _accumulated(product: TileType, c: TileType, node: ast.AST) -> TileType:
    shape = unify_shape(product.dimensions, c.dimensions)
    if c.dtype != "f32" or shape is None:
        message = f"the accumulator is {describe_type(c)}, the product {describe_type(product)}"
        raise Fault(message, node, "start from zeros of the product's shape")
    return TileType(dtype="f32", dimensions=shape)


def is_float(dtype: ElementType) -> bool:
    """Whether arithmetic on the type is done in f32."""
    return dtype in FLOAT_TYPES
