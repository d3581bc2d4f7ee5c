"""What the primitives compute on registers: f32 for floats, i32 for integers, rounding by type."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import ml_dtypes
import numpy as np

from ...models.kernel import FLOAT_TYPES, ElementType
from .layouts import Array

_NUMPY: Mapping[ElementType, np.dtype[Any]] = {
    "bf16": np.dtype(ml_dtypes.bfloat16),
    "fp16": np.dtype(np.float16),
    "f32": np.dtype(np.float32),
    "fp8e4m3": np.dtype(ml_dtypes.float8_e4m3fn),
    "i32": np.dtype(np.int32),
    "bool": np.dtype(np.bool_),
}
_LARGEST_FP8 = 448.0
_LOG2_E = np.float32(math.log2(math.e))
_ONE = np.float32(1)
_TRUTHS = frozenset({"and", "or", "not"})
_FLOATS_ONLY = frozenset({"divide", "exp2", "log2", "sqrt", "rsqrt", "sigmoid", "tanh"})


def _where(condition: Array, one: Array, other: Array) -> Array:
    return np.where(condition.astype(np.bool_), *_alike([one, other]))


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide,
    "floor_divide": np.floor_divide, "remainder": np.remainder, "negate": np.negative,
    "absolute": np.absolute, "maximum": np.maximum, "minimum": np.minimum,
    "exp2": np.exp2, "log2": np.log2, "sqrt": np.sqrt, "tanh": np.tanh,
    "rsqrt": lambda x: _ONE / np.sqrt(x),
    "sigmoid": lambda x: _ONE / (_ONE + np.exp2(-x * _LOG2_E)),
    "less": np.less, "less_equal": np.less_equal, "greater": np.greater,
    "greater_equal": np.greater_equal, "equal": np.equal, "not_equal": np.not_equal,
    "and": np.logical_and, "or": np.logical_or, "not": np.logical_not,
}  # fmt: skip
REDUCTIONS: Mapping[str, Any] = {"max": np.maximum, "min": np.minimum, "sum": np.add}


def numpy_dtype(dtype: ElementType) -> np.dtype[Any]:
    """The NumPy type of an element type."""
    return _NUMPY[dtype]


def widened(values: Array) -> Array:
    """Narrow floats as f32; all else as it is."""
    narrow = values.dtype.itemsize < 4 and values.dtype != np.bool_
    return values.astype(np.float32) if narrow else values


def rounded(values: Array, dtype: ElementType) -> Array:
    """Round to nearest even; fp8e4m3 saturates, as the conversion of the hardware does."""
    if dtype == "fp8e4m3":
        values = np.clip(values.astype(np.float32), -_LARGEST_FP8, _LARGEST_FP8)
    elif dtype in FLOAT_TYPES:
        values = values.astype(np.float32)
    return values.astype(_NUMPY[dtype])


def apply(primitive: str, operands: list[Array]) -> Array:
    """One primitive on registers of f32, i32 or bool."""
    if primitive == "where":
        return _where(*operands)
    if primitive in _FLOATS_ONLY:
        operands = [operand.astype(np.float32) for operand in operands]
    elif primitive not in _TRUTHS:
        operands = _alike(operands)
    return np.asarray(_FUNCTIONS[primitive](*operands))


def _alike(operands: list[Array]) -> list[Array]:
    """All f32 if one is, else all i32; NumPy itself would go on in f64. Truths stay alone."""
    if all(operand.dtype == np.bool_ for operand in operands):
        return operands
    wide = np.float32 if any(o.dtype == np.float32 for o in operands) else np.int32
    return [operand.astype(wide) for operand in operands]
