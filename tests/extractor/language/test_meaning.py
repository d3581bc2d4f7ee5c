"""What programs compute: rounding, bounds, loops, and how arguments are bound."""

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twill.extractor.language import parse_program, run_program
from twill.kernels.library import load_kernel
from twill.models.errors import InvalidInput
from twill.models.tile_program import TileProgram

Parse = Callable[..., TileProgram]
BF16 = ml_dtypes.bfloat16


def run(program: TileProgram, rows: int = 16, **arguments: Any) -> Any:
    given_arguments = {"scale": 1.0, "count": 0, "y": np.zeros((rows, 8), np.float32), **arguments}
    return run_program(program, given_arguments)["y"]


def test_elementwise_functions(parse: Parse) -> None:
    r = np.linspace(0.1, 3.0, 16, dtype=np.float32)
    exact = r.astype(np.float64)
    table = {
        "exp2(r)": 2**exact, "log2(r)": np.log2(exact), "exp(r)": np.exp(exact),
        "log(r)": np.log(exact), "sqrt(r)": exact**0.5, "rsqrt(r)": exact**-0.5,
        "sigmoid(r)": 1 / (1 + np.exp(-exact)), "tanh(r)": np.tanh(exact),
        "abs(-r)": exact, "maximum(r, 1)": np.maximum(exact, 1),
        "minimum(1.0, r)": np.minimum(exact, 1), "1 / r": 1 / exact, "r - 2": exact - 2,
        "where(r > 1, r, 0)": np.where(exact > 1, exact, 0),
        "where((r > 1) & ~(r >= 2), 1.0, 0)": (exact > 1) & ~(exact >= 2),
        "where((r < 1) | (r != r), 1.0, 2.0)": np.where(exact < 1, 1, 2),
        "where((r == 1) | (r <= 2), 1.0, 2.0)": np.where(exact <= 2, 1, 2),
        "+r + -(-1.0)": exact + 1, "r * scale": exact * 3, "cumsum(r, axis=0)": exact.cumsum(),
        "min(r, axis=0) + max(r, -1) + zeros((A,))": np.full(16, exact.min() + exact.max()),
        "(arange(A) // 3 + arange(A) % 3).to(f32)": np.arange(16) // 3 + np.arange(16) % 3,
        "full((A,), scale) + count.to(f32)": np.full(16, 7.0),
        "(r > 1).to(f32)": exact > 1, "full((A,), 2, i32).to(f32)": np.full(16, 2),
        "sum(arange(A), axis=0).to(f32) + r": exact + 120,
        "where(full((A,), True, bool), r, 0)": exact,
        "r + load(v, (-m + m,), (A,))": 2 * exact,
        "r.to(i32).to(f32)": np.floor(exact),
    }  # fmt: skip
    for text, expected in table.items():
        program = parse(
            f"r = load(v, (m,), (A,))\nz = {text}\nstore(y, (m, 0), z[:, None] + zeros((A, B)))"
        )
        y = run(program, v=r, scale=3.0, count=4)
        np.testing.assert_allclose(y[:, 0], expected, rtol=2e-6, atol=1e-6, err_msg=text)


def test_casts_round_and_fp8_saturates(parse: Parse) -> None:
    program = parse(
        """
        r = load(v, (m,), (A,))
        store(y, (m, 0), r.to(bf16).to(f32)[:, None] + zeros((A, 1)))
        store(y, (m, 1), r.to(fp8e4m3).to(f32)[:, None] + zeros((A, 1)))
        """
    )
    r = np.array([1 + 2**-8, 1 + 3 * 2**-8, 500, -1e9, 17, np.nan] + [0.0] * 10, dtype=np.float32)
    y = run(program, v=r)
    np.testing.assert_array_equal(y[:6, 0], [1, 1 + 2**-6, 500, r[3].astype(BF16), 17, np.nan])
    np.testing.assert_array_equal(y[:6, 1], [1, 1, 448, -448, 16, np.nan])


def test_loads_outside_are_zero_and_stores_outside_are_dropped(parse: Parse) -> None:
    program = parse("a = load(x, (m - 1, 1), (A, B))\nstore(y, (m, 1), a.to(f32) + 1.0)")
    x = np.arange(20 * 11, dtype=np.float32).reshape(20, 11).astype(BF16)
    y = run(program, x=x, y=np.full((20, 11), -1, np.float32))
    expected = np.full((20, 11), -1, np.float32)
    expected[:, 8:] = 1
    expected[16:20, 8:11] += x[:4, 8:11].astype(np.float32)
    np.testing.assert_array_equal(y, expected)


def test_loop_without_iterations(parse: Parse) -> None:
    program = parse(
        """
        a = zeros((A, B))
        for n in range(count):
            a = a + 1.0
        store(y, (m, 0), a)
        """
    )
    assert run(program, count=0).max() == 0
    assert run(program, count=-3).max() == 0
    assert run(program, count=5).min() == 5


def test_carried_locals_are_replaced_together(parse: Parse) -> None:
    """Fibonacci: a, b = b, a + b."""
    program = parse(
        """
        a = zeros((A, B))
        b = full((A, B), 1.0)
        for n in range(count):
            c = a + b
            a = b
            b = c
        store(y, (m, 0), a)
        """
    )
    assert [int(run(program, count=n)[0, 0]) for n in range(8)] == [0, 1, 1, 2, 3, 5, 8, 13]


def test_two_loops_and_data_from_the_index(parse: Parse) -> None:
    program = parse(
        """
        a = zeros((A, B))
        for n in range(2):
            a += (n * 10).to(f32)
        for n in range(2, count):
            a += (n + m).to(f32)
        store(y, (m, 0), a)
        """
    )
    assert run(program, rows=32, count=4).tolist() == [[15.0] * 8] * 16 + [[17.0] * 8] * 16


def test_reduce_add_adds_to_what_is_there(parse: Parse) -> None:
    program = parse(
        """
        for n in range(3):
            reduce_add(y, (0, 0), full((A, B), 1.0))
        """
    )
    assert run(program, rows=32, y=np.ones((32, 8), np.float32)).sum() == 32 * 8 + 6 * 16 * 8


def test_arguments_are_not_changed_in_place(parse: Parse) -> None:
    y = np.zeros((16, 8), np.float32)
    run(parse("store(y, (m, 0), full((A, B), 1.0))"), y=y)
    assert y.max() == 0


def test_outputs_left_out_begin_as_nan() -> None:
    program = parse_program(load_kernel("flash_attention_forward"), "sm_90a", SMALL)
    arrays = attention_arrays()
    o = run_program(program, arrays)["o"].astype(np.float32)
    assert np.isnan(o[:, 16:]).all()  # 20 queries hold one whole tile of 16
    assert np.isfinite(o[:, :16]).all()


SMALL = {"BLOCK_M": 16, "BLOCK_N": 8, "HEAD_DIM": 8}


def attention_arrays() -> dict[str, Any]:
    ones = {name: np.ones((1, n, 8), BF16) for name, n in (("q", 20), ("k", 8), ("v", 8))}
    return {**ones, "scale_log2": 1.0}


@pytest.mark.parametrize(
    ("change", "message", "cure"),
    [
        ({"k": np.ones((1, 8, 8), np.float32)}, "k is float32", "give it as bfloat16"),
        ({"k": np.ones((8, 8), BF16)}, "k has 2 dimensions", "its shape is"),
        ({"k": np.ones((2, 8, 8), BF16)}, "k is \\(2, 8, 8\\)", "heads is 1"),
        ({"k": np.ones((1, 8, 16), BF16)}, "k is \\(1, 8, 16\\)", "8 is 8"),
        ({"k": None}, "no array for k", "give every array"),
        ({"z": 1}, "no argument z", "known: k, o, q, scale_log2, v"),
        ({"scale_log2": None}, "no value for scale_log2", "every scalar"),
        ({"scale_log2": np.ones(2)}, "scale_log2 has a shape", "give a scalar"),
    ],
)
def test_arguments_that_do_not_fit(change: dict[str, Any], message: str, cure: str) -> None:
    program = parse_program(load_kernel("flash_attention_forward"), "sm_90a", SMALL)
    arguments = {k: v for k, v in {**attention_arrays(), **change}.items() if v is not None}
    with pytest.raises(InvalidInput, match=message) as caught:
        run_program(program, arguments)
    assert cure in (caught.value.problems[0].cure or "")


def test_extents_that_no_array_shows(parse: Parse) -> None:
    program = parse("store(y, (m, 0), full((A, B), 1.0))")
    scalars = {"scale": 1.0, "count": 1}
    with pytest.raises(InvalidInput, match="the extent columns is not known"):
        run_program(program, scalars, {"rows": 16})
    assert run_program(program, scalars, {"rows": 16, "columns": 8})["y"].sum() == 128


@settings(max_examples=40)
@given(m=st.integers(1, 20), n=st.integers(1, 20), k=st.integers(1, 20), data=st.data())
def test_tiling_does_not_change_a_product(m: int, n: int, k: int, data: st.DataObject) -> None:
    """Small integers are exact in every step, so any tiling gives the same bits."""
    size = st.integers(1, 9)
    sizes = {name: data.draw(size) for name in ("BLOCK_M", "BLOCK_N", "BLOCK_K")}
    sizes["BLOCK_M"] *= 2
    generator = np.random.default_rng(m * 400 + n * 20 + k)
    a = generator.integers(-2, 3, (m, k)).astype(BF16)
    b = generator.integers(-2, 3, (n, k)).astype(BF16)
    c = run_program(parse_program(load_kernel("gemm"), "sm_90a", sizes), {"a": a, "b": b})["c"]
    expected = a.astype(np.float32) @ b.astype(np.float32).T
    np.testing.assert_array_equal(c.astype(np.float32), expected)
