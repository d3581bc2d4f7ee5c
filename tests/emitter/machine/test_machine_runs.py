"""Whole programs: what they compute, over many interleavings, with and without data."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from twill.emitter.machine.machine import run_warp_program
from twill.emitter.machine.protocol import run_protocol, run_protocols
from twill.models.errors import InvalidInput, ProgramViolation
from twill.models.warp_program import ShortRun, WarpProgram
from twill.models.warp_step import CopyOut
from twill.tests.emitter.machine import attention_program, programs


def narrow(generator: np.random.Generator, *shape: int) -> np.ndarray:
    return generator.standard_normal(shape).astype(ml_dtypes.bfloat16)


def product(m: int, n: int, k: int, seed: int = 0) -> tuple[dict[str, Any], np.ndarray]:
    generator = np.random.default_rng(seed)
    a, b = narrow(generator, m, k), narrow(generator, n, k)
    return {"A": a, "B": b}, a.astype(np.float32) @ b.astype(np.float32).T


@pytest.mark.parametrize("seed", range(24))
def test_a_product_of_ragged_extents(seed: int) -> None:
    arguments, expected = product(136 + 8 * seed, 72, 8 + 40 * (seed % 9), seed)
    got = run_warp_program(programs.gemm(), arguments, seed=seed)["C"]
    np.testing.assert_allclose(got.astype(np.float32), expected, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("seed", range(24))
def test_attention_with_turns(seed: int) -> None:
    generator = np.random.default_rng(seed)
    length = 40 + 16 * seed
    q, k, v = (narrow(generator, length, attention_program.WIDTH) for _ in range(3))
    bias = generator.standard_normal(length).astype(np.float32)
    arguments = {"Q": q, "K": k, "V": v, "bias": bias, "scale": 0.2}
    got = run_warp_program(attention_program.attention(), arguments, seed=seed)
    weights = np.exp2(0.2 * (q.astype(np.float64) @ k.astype(np.float64).T) + bias)
    sums = weights.sum(axis=1)
    expected = weights @ v.astype(np.float64) / sums[:, None]
    np.testing.assert_allclose(got["O"].astype(np.float64), expected, rtol=2e-2, atol=2e-2)
    np.testing.assert_allclose(got["L"], np.log2(sums), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("trips", range(11))
def test_interleavings_of_the_product(trips: int) -> None:
    run_protocols(programs.gemm(), trips, range(40))


@pytest.mark.parametrize("trips", range(1, 11))
def test_interleavings_of_attention(trips: int) -> None:
    run_protocols(attention_program.attention(), trips, range(40))


def test_only_the_blocks_asked_for_are_run() -> None:
    arguments, expected = product(256, 128, 64)
    got = run_warp_program(programs.gemm(), arguments, blocks=[(1, 0)])["C"].astype(np.float32)
    np.testing.assert_allclose(got[128:, :64], expected[128:, :64], rtol=1e-2, atol=1e-2)
    assert np.isnan(got[:128]).all()
    assert np.isnan(got[128:, 64:]).all()


def test_what_is_added_to_begins_as_zeros() -> None:
    program = programs.gemm()
    for role in ("compute0", "compute1"):
        program = programs.with_steps(
            program, role,
            lambda steps: (
                s.model_copy(update={"add": True}) if isinstance(s, CopyOut) else s for s in steps
            ),
        )  # fmt: skip
    arguments, expected = product(128, 64, 128)
    twice = run_warp_program(program, arguments, blocks=[(0, 0), (0, 0)])["C"]
    np.testing.assert_allclose(twice.astype(np.float32), 2 * expected, rtol=2e-2, atol=5e-2)


def test_without_trips_only_setup_and_finish_run() -> None:
    arguments, _ = product(128, 64, 0)
    assert (run_warp_program(programs.gemm(), arguments)["C"] == 0).all()


def test_a_short_run_replaces_the_loop() -> None:
    program = programs.gemm()

    def shortened(program: WarpProgram) -> WarpProgram:
        roles = [
            r.model_copy(update={"short": (ShortRun(trips=2, periods=(r.prologue[0],)),)})
            if r.warps == 4 else r
            for r in program.roles
        ]  # fmt: skip
        return program.model_copy(update={"roles": tuple(roles)})

    run_protocol(shortened(program), 3, 0)
    with pytest.raises(ProgramViolation, match="reads fragment acc"):
        run_protocol(shortened(program), 2, 0)


def test_the_same_seed_runs_the_same() -> None:
    broken = programs.with_steps(
        programs.gemm(), "compute1", lambda steps: (s for s in steps if s.step != "release")
    )
    texts = []
    for _ in range(2):
        with pytest.raises(ProgramViolation) as caught:
            run_protocol(broken, 9, 3)
        texts.append(str(caught.value))
    assert texts[0] == texts[1]


def test_arguments_must_fit() -> None:
    arguments, _ = product(128, 64, 64)
    with pytest.raises(InvalidInput, match="no array for B"):
        run_warp_program(programs.gemm(), {"A": arguments["A"]})
    with pytest.raises(InvalidInput, match="no argument X"):
        run_warp_program(programs.gemm(), {**arguments, "X": 1})
    with pytest.raises(InvalidInput, match="B is float32"):
        run_warp_program(programs.gemm(), {**arguments, "B": arguments["B"].astype(np.float32)})
    with pytest.raises(InvalidInput, match="B is"):
        run_warp_program(programs.gemm(), {**arguments, "B": arguments["B"][:, :8]})
