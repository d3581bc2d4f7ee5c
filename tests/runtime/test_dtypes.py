"""Element types against ml_dtypes, which the runtime itself does without."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from twill.runtime.dtypes import DTYPES, to_storage, to_values

REAL = {"bf16": ml_dtypes.bfloat16, "fp8e4m3": ml_dtypes.float8_e4m3fn}
SAMPLES = np.concatenate(
    [
        np.random.default_rng(0).standard_normal(2000) * 10.0 ** np.arange(-4, 4).repeat(250),
        [0.0, -0.0, 2.0**-9, 2.0**-10, 3 * 2.0**-10, 448.0, 1.0625, 1.1875, 240.0, 232.0],
    ]
).astype(np.float32)


@pytest.mark.parametrize("dtype", ["bf16", "fp8e4m3"])
def test_every_pattern_is_worth_what_it_should(dtype: str) -> None:
    bits = np.arange(2 ** (8 * DTYPES[dtype].itemsize)).astype(DTYPES[dtype].storage)
    with np.errstate(invalid="ignore"):
        real = bits.view(REAL[dtype]).astype(np.float64)
    np.testing.assert_array_equal(to_values(bits, dtype), real)


@pytest.mark.parametrize("dtype", ["bf16", "fp8e4m3"])
def test_values_are_rounded_to_nearest_even(dtype: str) -> None:
    samples = np.clip(SAMPLES, -448, 448)
    real = samples.astype(REAL[dtype]).view(DTYPES[dtype].storage)
    np.testing.assert_array_equal(to_storage(samples, dtype), real)


def test_what_is_out_of_range() -> None:
    special = np.array([np.nan, np.inf, -np.inf, 1e9])
    fp8 = to_values(to_storage(special, "fp8e4m3"), "fp8e4m3")
    np.testing.assert_array_equal(fp8, [np.nan, 448, -448, 448])
    bf16 = to_values(to_storage(special[:3], "bf16"), "bf16")
    np.testing.assert_array_equal(bf16, special[:3])


@pytest.mark.parametrize("dtype", ["fp16", "f32", "i32"])
def test_types_that_numpy_has(dtype: str) -> None:
    stored = to_storage(np.array([[1.0, -2.0]]), dtype)
    assert stored.dtype.name == DTYPES[dtype].storage
    np.testing.assert_array_equal(to_values(stored, dtype), [[1.0, -2.0]])


@pytest.mark.parametrize("dtype", list(DTYPES))
def test_poison_is_no_number(dtype: str) -> None:
    poison = np.full(DTYPES[dtype].itemsize, 0xFF, np.uint8).view(DTYPES[dtype].storage)
    assert np.isnan(to_values(poison, dtype)) if dtype != "i32" else poison == -1


def test_a_reference_in_floats_is_taken_as_it_is() -> None:
    np.testing.assert_array_equal(to_values(np.array([1.5], np.float32), "bf16"), [1.5])
