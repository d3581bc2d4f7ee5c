"""`twill emit` from the command line."""

import json
import re
from pathlib import Path

import pytest

from twill.cli.main import run
from twill.models.errors import InvalidInput
from twill.runtime.binding import grid_of
from twill.runtime.bundle import Bundle


def test_a_library_kernel_becomes_a_bundle(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "bundle"
    assert run(["emit", "gemm", "-o", str(folder), "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert "gemm for h100-sxm (sm_90a), one iteration every 1,024 cycles by the model" in printed
    assert "0 bytes spilled, 0 bytes of stack, 0 advisories" in printed
    assert (folder / "kernel.cubin").stat().st_size > 0


def test_the_order_of_machine_code_is_printed_for_each_operation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["emit", "grouped_gemm", "--gpu", "b200", "-o", str(tmp_path / "bundle"), "--quiet"]
    assert run(arguments) == 0
    printed = capsys.readouterr().out
    assert "  issuer-1 does acc in order: 1 TRYWAIT, 4 UTCHMMA, 1 UTCBAR\n" in printed
    assert "wrong" not in printed


def test_a_stored_schedule_becomes_the_same_bundle(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schedule = tmp_path / "gemm.json"
    assert run(["solve", "gemm", "-o", str(schedule), "--quiet"]) == 0
    assert run(["emit", str(schedule), "-o", str(tmp_path / "stored"), "--json"]) == 0
    report = json.loads(capsys.readouterr().out.split("sha256:")[-1].partition("\n")[2])
    assert report["faults"] == []
    assert run(["emit", "gemm", "-o", str(tmp_path / "solved"), "--quiet"]) == 0
    for name in ("kernel.cu", "launch.json"):
        assert (tmp_path / "stored" / name).read_bytes() == (
            tmp_path / "solved" / name
        ).read_bytes()


def test_what_cannot_be_emitted_is_said_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--size", "ROWS=6", "-o", str(tmp_path / "bundle"), "--quiet"]
    assert run(["emit", "layer_norm", *options]) == 2
    said = capsys.readouterr().err
    assert re.match(r"layer_norm:\d+: [\w.]+ has 6 rows in one warp group, no multiple of 64", said)
    assert not (tmp_path / "bundle").exists()


def test_a_folder_that_cannot_be_made_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On any system and for any user: below a file there is no folder."""
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "bundle"
    assert run(["emit", "gemm", "-o", str(folder), "--quiet"]) == 2
    assert f"{folder.parent}: is a file" in capsys.readouterr().err


ONE_VERSION_NEVER_DOES = """\
kernel: steps
summary: A product is compared with the one of the iteration before, so both are read at once.
sizes: {BLOCK_M: 128, BLOCK_N: 128, DIM: 128}
split: {BLOCK_M: 2}
arguments:
  x: {dtype: bf16, shape: [M, DIM]}
  w: {dtype: bf16, shape: [V, DIM]}
  y: {dtype: f32, shape: [M, BLOCK_N]}
grid:
  m: cdiv(M, BLOCK_M)
program: |
  x_tile = load(x, (m, 0), (BLOCK_M, DIM))
  last = zeros((BLOCK_M, BLOCK_N))
  total = zeros((BLOCK_M, BLOCK_N))
  for v in range(cdiv(V, BLOCK_N)):
      w_tile = load(w, (v, 0), (BLOCK_N, DIM))
      s = dot(x_tile, w_tile.T)
      total = total + abs(s - last)
      last = s
  store(y, (m, 0), total)
"""


def test_what_is_proved_impossible_is_not_called_a_limit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kernel = tmp_path / "kernel.yaml"
    kernel.write_text(ONE_VERSION_NEVER_DOES)
    assert run(["emit", str(kernel), "-o", str(tmp_path / "bundle"), "--quiet"]) == 2
    said = capsys.readouterr().err
    assert "a second version in registers; no schedule exists in which one version" in said


@pytest.mark.parametrize("command", ["emit", "solve"])
def test_another_architecture_is_refused_before_it_is_solved(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["-o", str(tmp_path / "bundle")] if command == "emit" else ["--emit", str(tmp_path)]
    assert run([command, "gemm", "--gpu", "b300", *where]) == 2
    said = capsys.readouterr().err
    assert "gemm for b300: CUDA is emitted for sm_90a and sm_100a, not yet for sm_103a" in said
    assert "second objectives" not in said


def test_a_gpu_beside_a_stored_schedule_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["emit", "some.json", "--gpu", "b200", "-o", str(tmp_path / "bundle")]
    assert run(arguments) == 2
    assert "--gpu does not change a stored schedule" in capsys.readouterr().err


def test_a_folder_with_something_else_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter.txt").write_text("keep me")
    assert run(["emit", "gemm", "-o", str(tmp_path), "--quiet"]) == 2
    assert "holds something that is no bundle" in capsys.readouterr().err
    assert (tmp_path / "letter.txt").read_text() == "keep me"


def test_the_order_of_tiles_is_an_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = {}
    for order in ("bands", "plain"):
        options = ["--quiet", "--tile-order", order]
        assert run(["emit", "gemm", "-o", str(tmp_path / order), *options]) == 0
        blocks[order] = json.loads((tmp_path / order / "launch.json").read_text())["grid"]
    m, n = ["cdiv", "M", 128], ["cdiv", "N", 256]
    assert blocks == {"bands": [["*", m, n], 1, 1], "plain": [m, n, 1]}
    assert "0 bytes spilled" in capsys.readouterr().out


def test_persistent_kernels_are_an_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["emit", "gemm", "-o", str(tmp_path / "bundle"), "--quiet", "--persistent"]) == 0
    assert "0 bytes spilled" in capsys.readouterr().out
    launch = Bundle.load(tmp_path / "bundle").manifest
    values = {"M": 1024, "N": 1024, "K": 64, "multiprocessors": 20}
    assert grid_of(launch.grid, values) == (20, 1, 1)
    assert grid_of(launch.grid, {**values, "multiprocessors": 132}) == (32, 1, 1)
    with pytest.raises(InvalidInput, match="= 0 blocks"):
        grid_of(launch.grid, {**values, "M": 2**30, "N": 2**30})


def test_solving_and_emitting_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "bundle"
    assert run(["solve", "gemm", "--json", "--quiet", "--emit", str(folder)]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["status"] == "optimal"
    assert f"written to {folder}" in printed.err
    assert (folder / "launch.json").is_file()
