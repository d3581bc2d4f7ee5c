"""What each tile operation computes, in NumPy: f32 arithmetic, rounding at casts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from ...models.kernel import ElementType
from ...models.tile_operation import Operation

Array = NDArray[Any]

_NUMPY: Mapping[ElementType, np.dtype[Any]] = {
    "bf16": np.dtype(ml_dtypes.bfloat16),
    "fp16": np.dtype(np.float16),
    "f32": np.dtype(np.float32),
    "fp8e4m3": np.dtype(ml_dtypes.float8_e4m3fn),
    "i32": np.dtype(np.int32),
    "bool": np.dtype(np.bool_),
}
_FP8_LARGEST = 448.0
_LOG2_E = np.float32(math.log2(math.e))
_ONE = np.float32(1.0)


def numpy_dtype(dtype: ElementType) -> np.dtype[Any]:
    """The NumPy type of an element type; bf16 and fp8e4m3 come from ml_dtypes."""
    return _NUMPY[dtype]


def _sigmoid(x: Array) -> Array:
    return np.asarray(_ONE / (_ONE + np.exp2(-x * _LOG2_E)))


_MAP: Mapping[str, Callable[..., Any]] = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide,
    "floor_divide": np.floor_divide, "remainder": np.remainder,
    "negate": np.negative, "absolute": np.absolute,
    "maximum": np.maximum, "minimum": np.minimum,
    "exp2": np.exp2, "log2": np.log2, "sqrt": np.sqrt, "tanh": np.tanh,
    "rsqrt": lambda x: _ONE / np.sqrt(x), "sigmoid": _sigmoid,
    "less": np.less, "less_equal": np.less_equal,
    "greater": np.greater, "greater_equal": np.greater_equal,
    "equal": np.equal, "not_equal": np.not_equal,
    "and": np.logical_and, "or": np.logical_or, "not": np.logical_not,
    "where": np.where,
}  # fmt: skip
_REDUCE: Mapping[str, Callable[..., Any]] = {
    "max": np.max,
    "min": np.min,
    "sum": np.sum,
}


def round_to(values: Array, dtype: ElementType) -> Array:
    """Round to nearest even; fp8e4m3 saturates at 448, as the hardware's conversion does."""
    if dtype == "fp8e4m3" and np.issubdtype(values.dtype, np.floating):
        values = np.clip(values, -_FP8_LARGEST, _FP8_LARGEST)
    return values.astype(numpy_dtype(dtype))


def apply_operation(operation: Operation, operands: Sequence[Array]) -> Array:
    """The value of an operation that touches no argument."""
    dtype, shape = operation.type.dtype, operation.type.shape
    if operation.kind == "dot":
        return _dot(*operands)
    if operation.kind == "map":
        value = _MAP[operation.primitive or ""](*operands)
    elif operation.kind == "reduce":
        value = _REDUCE[operation.primitive or ""](operands[0], axis=operation.axis)
    elif operation.kind == "scan":
        value = np.cumsum(operands[0], axis=operation.axis, dtype=operands[0].dtype)
    elif operation.kind == "cast":
        return round_to(operands[0], dtype)
    elif operation.kind == "transpose":
        return operands[0].T
    elif operation.kind == "broadcast":
        assert operation.axis is not None
        return np.expand_dims(operands[0], operation.axis)
    elif operation.kind == "fill":
        value = np.full(shape, operands[0])
    else:
        assert operation.kind == "arange", operation.kind
        value = np.arange(shape[0])
    return np.asarray(value, dtype=numpy_dtype(dtype))


def _dot(a: Array, b: Array, accumulator: Array | None = None) -> Array:
    product = a.astype(np.float32) @ b.astype(np.float32)
    return np.asarray(product if accumulator is None else accumulator + product)
