"""Files that no reader should trust: exit 2, a place, a cure, and no traceback."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from twill.cli.main import run
from twill.gpu_profiles.library import load_profile
from twill.kernels.graph_library import graph_path
from twill.kernels.library import kernel_path

KERNEL = kernel_path("gemm").read_text()
GRAPH = graph_path("paper_running_example").read_text()
PROFILE = load_profile("h100-sxm").text

BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))
HOSTILE: dict[str, tuple[bytes, str]] = {
    "a bomb of aliases": (BOMB.encode(), "the anchor &a0"),
    "ten megabytes": (b"graph: g\n# " + b"x" * 10_000_000, "larger than 1024 KiB"),
    "many values": (b"graph: [" + b"1, " * 60_000 + b"]", "more than 50000 values"),
    "deep lists": (b"graph: " + b"[" * 5000, "levels of nesting"),
    "deep mappings": (b"{a: " * 5000, "levels of nesting"),
    "not UTF-8": (b"graph: \xe9\n", "is not UTF-8"),
    "UTF-16": ("graph: g\n".encode("utf-16"), "is not UTF-8"),
    "a control character": (b"graph: g\x07\n", "U+0007"),
    "a key that is a list": (b"? [a, b]\n: 1\n", "a key that is a mapping or a list"),
    "a key that is a mapping": (b"{a: 1}: 1\n", "a key that is a mapping or a list"),
    "a tag": (b"graph: !!python/object/apply:os.system [ls]\n", "the tag"),
    "two documents": (b"graph: g\n---\ngraph: h\n", "a second document"),
    "nothing": (b"", "the document is empty"),
    "a list": (b"- graph\n", "neither a kernel nor a graph"),
    "a binary": (bytes(range(256)) * 8, ""),
}
CHANGED = [
    (GRAPH, "graph: paper", "graph: twice\ngraph: paper", "the key 'graph' a second time"),
    (GRAPH, "latency: 1", "latency: .nan", ".nan is not a finite number"),
    (GRAPH, "latency: 1", "latency: -1", "must be greater than or equal to 0"),
    (GRAPH, "latency: 1", "latency: 1.0e+999", "is not a finite number"),
    (GRAPH, "latency: 1", "latency: 99999999999999999999", "the integer is too large"),
    (GRAPH, "latency: 1", "latency: 2000000000", "must be less than or equal to"),
    (GRAPH, "latency: 1", "latency: 1000000000", "add up to"),
    (GRAPH, "TC: 1", "TX: 1", "unknown unit 'TC'"),
    (GRAPH, "S -> P", "S -> Q", "unknown operation 'Q'"),
    (KERNEL, "kernel: gemm", "kernel: gemm\nkernel: gemm", "the key 'kernel' a second time"),
    (KERNEL, "BLOCK_N: 256", "BLOCK_N: -256", "must be greater than or equal to 1"),
    (KERNEL, "BLOCK_N: 256", "BLOCK_N: .inf", "not a finite number"),
    (KERNEL, "BLOCK_N: 256", "BLOCK_N: 257", "not a legal matrix shape"),
    (KERNEL, "dot(", "eval(", "unknown function eval"),
]
PROFILES = [
    ("value: 132", "value: .nan", "not a finite number"),
    ("value: 132", "value: -132", "must be greater than or equal to 1"),
    ("value: 132", "value: many", "must be an integer"),
    ("unit: mufu", "unit: sfu", "unknown unit 'sfu'"),
    ("profile: h100-sxm", "profile: a\nprofile: b", "the key 'profile' a second time"),
    ("  least: {value: 24", "  least: {value: 23", "not a multiple of 8"),
    ("  least: {value: 24", "  least: {value: 248", "least is 248, most is 240"),
    ("  per_multiprocessor: {value: 65536", "  per_multiprocessor: {value: 600", "one warp group"),
    ("  base: {value: 24", "  base: {value: 240", "leave nothing"),
    ("    exp2:", "    exponential:", "exp2 missing"),
    ("rows: [64]", "rows: [64, 128]", "M128 missing"),
    ("exclusive: [mufu]", "exclusive: [mufu, sfu]", "unknown unit 'sfu'"),
]


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Both forms of a refusal; the first problem of the object."""
    began = time.process_time()
    assert run(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Traceback" not in printed.err
    assert run([*arguments, "--json"]) == 2
    printed = capsys.readouterr()
    assert printed.err == ""
    described = json.loads(printed.out)
    assert described["exit_code"] == 2
    assert time.process_time() - began < 10
    problem: dict[str, Any] = described["problems"][0]
    assert problem["cure"]
    return problem


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("as_profile", [False, True])
def test_hostile_files(
    name: str, as_profile: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, message = HOSTILE[name]
    file = tmp_path / "hostile.yaml"
    file.write_bytes(data)
    arguments = ["solve", "gemm", "--gpu", str(file)] if as_profile else ["solve", str(file)]
    problem = refused(arguments, capsys)
    assert problem["file"] == str(file)
    assert problem["line"] >= 1
    assert problem["column"] >= 1
    if name != "a list":
        assert message in problem["message"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("graph: g\noperations: {}\n", "operations: needs at least 1 item"),
        ('{"format": "twill-schedule/2", "kernel": "gemm"}', "a stored schedule, and neither"),
    ],
)
def test_documents_that_are_another_thing(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "document.yaml"
    file.write_text(text)
    assert message in refused(["solve", str(file)], capsys)["message"]


@pytest.mark.parametrize(("text", "old", "new", "message"), CHANGED)
def test_documents_that_say_something_wrong(
    text: str, old: str, new: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert old in text
    file = tmp_path / "document.yaml"
    file.write_text(text.replace(old, new, 1))
    problem = refused(["solve", str(file)], capsys)
    assert problem["file"] == str(file)
    assert message in problem["message"]
    assert problem["line"] >= 1
    assert problem["column"] >= 1


@pytest.mark.parametrize(("old", "new", "message"), PROFILES)
def test_profiles_that_say_something_wrong(
    old: str, new: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert old in PROFILE
    file = tmp_path / "gpu.yaml"
    file.write_text(PROFILE.replace(old, new, 1))
    problem = refused(["solve", "gemm", "--gpu", str(file)], capsys)
    assert problem["file"] == str(file)
    assert message in problem["message"]
    line = file.read_text().splitlines()[problem["line"] - 1]
    assert problem["line"] == 1 or line.strip()


def test_a_program_of_5000_statements(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = KERNEL[: KERNEL.index("program:")]
    file = tmp_path / "long.yaml"
    file.write_text(head + "program: |\n" + "  s = 1\n" * 5000)
    assert "operations" not in refused(["solve", str(file)], capsys)["message"]
    file.write_text(head + "program: |\n" + "  s = zeros((BLOCK_M,))\n" * 5000)
    assert "larger than 64 KiB" in refused(["solve", str(file)], capsys)["message"]
    body = "  s = zeros((BLOCK_M,))\n" + "  s = s + s\n" * 4999
    file.write_text(head + "program: |\n" + body)
    assert "more than 40000 syntax nodes" in refused(["solve", str(file)], capsys)["message"]


def test_a_graph_of_5000_operations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "large.yaml"
    head = "graph: large\nmachine: {units: {TC: 1}}\noperations:\n"
    file.write_text(head + "".join(f"  v{i}: {{latency: 1}}\n" for i in range(5000)))
    began = time.process_time()
    assert run(["solve", str(file), "--json", "-q", "--time-limit", "1"]) == 3
    answer = json.loads(capsys.readouterr().out)
    assert answer["status"] == "unknown"
    assert answer["reason"]
    assert time.process_time() - began < 60
    file.write_text(head + "".join(f"  v{i}: {{latency: 1}}\n" for i in range(5001)))
    assert "more than 5000" in refused(["solve", str(file)], capsys)["message"]
