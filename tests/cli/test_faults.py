"""Errors: place and cure for people, one object under --json, never a traceback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from twill import pipeline
from twill.cli.main import run
from twill.models.errors import DeviceFault, ScheduleViolation, TwillError

BAD_GRAPH = """graph: bad
machine: {units: {TC: 1}}
operations:
  S: {latency: 1, uses: {TX: 1}}
dependences:
  - S -> Q
"""
BAD_KERNEL = """kernel: bad
summary: a name that nobody defines
arguments: {x: {dtype: f32, shape: [n]}}
grid: {}
program: |
  for i in range(n // 8):
      a = load(y, (i,), (8,))
"""


def test_every_fault_of_a_graph_has_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "graph.yaml"
    file.write_text(BAD_GRAPH)
    assert run(["solve", str(file)]) == 2
    error = capsys.readouterr().err
    assert f"{file}:4:26: unknown unit 'TX'\n    known: TC" in error
    assert f"{file}:6:5: unknown operation 'Q'\n    known: S" in error


@pytest.mark.parametrize(("text", "line"), [(BAD_GRAPH, 4), (BAD_KERNEL, 7), ("a: ]", 1)])
def test_json_errors_are_problem_objects(
    text: str, line: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "document.yaml"
    file.write_text(text)
    assert run(["solve", str(file), "--json"]) == 2
    printed = capsys.readouterr()
    described = json.loads(printed.out)
    assert printed.err == ""
    assert described["type"].startswith("urn:twill:problem:")
    assert described["exit_code"] == 2
    assert described["detail"] == described["problems"][0]["message"]
    first = described["problems"][0]
    assert first.keys() == {"file", "line", "column", "message", "cure"}
    assert (first["file"], first["line"]) == (str(file), line)
    assert first["column"] >= 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["solve"],
        ["solve", "gemm", "--no-such-option"],
        ["solve", "gemm", "--time-limit", "nan"],
        ["solve", "gemm", "--time-limit", "inf"],
        ["solve", "gemm", "--objective", "beauty"],
        ["solve", "gemm", "--objective", "length,length"],
        ["solve", "gemm", "--backend", "gurobi"],
        ["solve", "gemm", "--gpu", "no-such-gpu"],
        ["solve", "no_such_kernel"],
        ["solve", "no/such/file.yaml"],
        ["solve", "gemm", "-o", "no/such/folder/x.json"],
        ["solve", "paper_running_example", "--gpu", "h100-sxm"],
        ["show", "no_such_file.json"],
        ["profiles", "no-such-gpu"],
        ["kernels", "no_such_kernel"],
        ["schema", "no-such-document"],
        ["no-such-command"],
    ],
)
def test_usage_is_exit_2_in_both_forms(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.strip()
    assert "Traceback" not in printed.err
    assert run([*arguments, "--json"]) == 2
    described = json.loads(capsys.readouterr().out)
    assert described["exit_code"] == 2
    assert described["problems"][0]["message"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ScheduleViolation(("C1 S -> P: issues at 0, ready at 1",)), 70),
        (DeviceFault("no device"), 4),
        (ZeroDivisionError("a fault"), 70),
    ],
)
def test_exit_codes_of_other_errors(
    error: Exception,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(pipeline, "find_schedule", fail)
    assert run(["solve", "paper_running_example", "-q"]) == code
    said = capsys.readouterr().err
    assert str(error).split("\n")[0] in said
    assert "Traceback" not in said
    assert run(["solve", "paper_running_example", "-q", "--json"]) == code
    described = json.loads(capsys.readouterr().out)
    assert described["exit_code"] == code
    if not isinstance(error, TwillError):
        assert run(["--debug", "solve", "paper_running_example", "-q"]) == code
        assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m twill schema schedule | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom twill.cli.main import run\nrun(['--help'])\n"
        "print([m for m in ('pydantic', 'ortools', 'z3', 'numpy', 'yaml', 'networkx')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
    for command in ("solve", "show", "profiles", "kernels", "schema"):
        assert f"  {command} " in done.stdout
