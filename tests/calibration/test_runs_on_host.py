"""Microbenchmarks executed on the host: they end, whatever is late, and note times."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twill.calibration.families import families_of
from twill.calibration.microbenchmark import Microbenchmark
from twill.calibration.source_text import CLOCK, LOAD_QUAD, source_of
from twill.tests.support.host_cuda.runner import COMPILER, TIMEOUT_SECONDS, compiled

pytestmark = [
    pytest.mark.skipif(COMPILER is None, reason="no g++"),
    pytest.mark.slow,
]

ITERATIONS = 11
ROWS = 1 << 12  # of the array that is copied: a power of two, smaller than on a GPU
MARK = "// Shared memory, in bytes from a base that is aligned to 1,024."
TICKING = """\
u32 __float_as_uint(float x) { u32 bits; memcpy(&bits, &x, sizeof x); return bits; }
u64 now() { static u64 cycles = 0; return ++cycles; }"""
LOADING = "u32 load_quad(u32 address) { return *host::at<u32>(address); }"

WAITING = [
    "mbarrier_round", "mbarrier_issue", "named_barrier_round", "order_token", "group_barrier",
    "crossing_64", "load_round_8", "load_issue", "store_round_64", "cached_stream_256",
    "cached_stream_everywhere", "port_loads", "issue_4", "round_bf16_n64", "stream_bf16_n64",
]  # fmt: skip
"""All kinds that wait for something."""


def found(name: str) -> Microbenchmark:
    known = {b.name: b for family in families_of("wgmma") for b in family.benchmarks}
    return known[name]


def on_host(one: Microbenchmark, tmp_path: Path, *, seed: int, blocks: int = 1) -> np.ndarray:
    """What each warp notes at its beginning and its end."""
    text = source_of("host", [one])
    text = text.replace(CLOCK, f"{MARK}\n{TICKING}").replace(LOAD_QUAD, LOADING)
    program = compiled(text, one.name)
    noted, copied = tmp_path / "noted.bin", tmp_path / "copied.bin"
    noted.write_bytes(bytes(16 * blocks * one.warps))
    lines = [f"block {one.threads} {one.shared_bytes or 1024} {seed}", f"grid {blocks} 1 1"]
    lines += [f"array {noted}", "pointer 0", f"word {ITERATIONS}"]
    if one.copied is not None:
        copied.write_bytes(bytes(ROWS * 128))
        lines += [f"array {copied}", f"map 1 2 2 0 128 64 64 {ROWS} {one.copied.box_rows}"]
    done = subprocess.run(
        [str(program)], input="\n".join(lines), capture_output=True, text=True,
        timeout=TIMEOUT_SECONDS, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stderr[:2000]
    return np.frombuffer(noted.read_bytes(), np.uint64).reshape(blocks, one.warps, 2)


@pytest.mark.parametrize("seed", [0, 3, 4])
@pytest.mark.parametrize("name", WAITING)
def test_it_ends_and_notes_when(name: str, seed: int, tmp_path: Path) -> None:
    one = found(name)
    if one.copied is not None:
        mask, smaller = str(one.copied.rows - 1), str(ROWS - 1)
        one = replace(
            one, body=one.body.replace(mask, smaller), setup=one.setup.replace(mask, smaller)
        )
    noted = on_host(one, tmp_path, seed=seed, blocks=2 if one.everywhere else 1)
    if one.timed == "loop":
        assert (noted[..., 1] > noted[..., 0]).all()
    else:
        assert noted[..., 1].max() >= ITERATIONS
        assert not noted[..., 0].any()


def test_a_signal_that_is_left_out_is_found(tmp_path: Path) -> None:
    one = found("mbarrier_round")
    mute = replace(one, body=one.body.replace("if (lane == 0) mbar_arrive(pong);", ""))
    with pytest.raises(AssertionError, match="wait"):
        on_host(mute, tmp_path, seed=0)
