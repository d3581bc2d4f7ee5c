"""`twill profiles`, `twill kernels`, `twill schema`, help and version."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

import twill
from twill.cli.main import run
from twill.models.schemas import Kind, schema_text

ROOT = Path(__file__).parent.parent.parent


def test_profiles_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles"]) == 0
    table = capsys.readouterr().out
    assert run(["profiles", "--json"]) == 0
    names = {row["name"] for row in json.loads(capsys.readouterr().out)}
    assert {"h100-sxm", "h200-sxm", "b200", "b300"} <= names
    assert all(name in table for name in names)
    assert run(["profiles", "h100-sxm"]) == 0
    assert capsys.readouterr().out == (ROOT / "gpu_profiles" / "h100-sxm.yaml").read_text()
    assert run(["profiles", "h100-sxm", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["target"] == "sm_90a"


def test_kernels_and_graphs_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["kernels", "--json"]) == 0
    forms = {row["name"]: row["form"] for row in json.loads(capsys.readouterr().out)}
    assert (forms["gemm"], forms["paper_running_example"]) == ("kernel", "graph")
    for name in ("gemm", "paper_running_example"):
        assert run(["kernels", name]) == 0
        text = capsys.readouterr().out
        assert text.startswith(f"{forms[name]}: {name}\n")
        assert run(["kernels", name, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)[forms[name]] == name


@pytest.mark.parametrize("kind", get_args(Kind))
def test_committed_schemas_are_current(
    kind: Kind, golden: Callable[[str, Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    golden(schema_text(kind), ROOT / "docs" / "schemas" / f"{kind}.schema.json")
    assert run(["schema", kind]) == 0
    assert capsys.readouterr().out == schema_text(kind)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"twill {twill.__version__}\n"


def test_nothing_asks_for_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    nothing = capsys.readouterr().out
    assert run(["--help"]) == 0
    assert capsys.readouterr().out == nothing
    assert "--install-completion" in nothing
