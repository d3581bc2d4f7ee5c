"""Running library kernels at small sizes, and random arrays in their element types."""

from collections.abc import Callable, Mapping
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from twill.extractor.language import parse_program, run_program
from twill.kernels.library import load_kernel

Array = NDArray[Any]
Run = Callable[..., dict[str, Array]]
Random = Callable[..., Array]


@pytest.fixture
def run() -> Run:
    """`run(kernel, sizes, **arguments)`: outputs in float64."""

    def run_kernel(name: str, sizes: Mapping[str, int], **arguments: object) -> dict[str, Array]:
        program = parse_program(load_kernel(name), "sm_90a", sizes)
        outputs = run_program(program, arguments)
        return {output: array.astype(np.float64) for output, array in outputs.items()}

    return run_kernel


@pytest.fixture
def random() -> Random:
    """`random(*shape)`: normal bf16; `dtype` and `scale` change that."""
    generator = np.random.default_rng(20260101)

    def draw(*shape: int, dtype: Any = ml_dtypes.bfloat16, scale: float = 1.0) -> Array:
        return (generator.normal(size=shape) * scale).astype(dtype)

    return draw
