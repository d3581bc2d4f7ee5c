"""The action and the hooks call the gate as it is, with what their inputs say."""

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from twill.cli.main import run

ROOT = Path(__file__).parent.parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"] if "run" in step}
TWILL = """#!/bin/sh
printf '%s\\n' "$@" > "$RUNNER_TEMP/arguments"
echo summary > "$RUNNER_TEMP/twill.md"
exit "$WANTED"
"""


def run_check(folder: Path, code: int, **inputs: str) -> tuple[int, list[str]]:
    """Run the step with a program of its own in place of twill."""
    twill = folder / "twill"
    twill.write_text(TWILL)
    twill.chmod(0o755)
    defaults = {name: given.get("default", "") for name, given in ACTION["inputs"].items()}
    given: dict[str, Any] = defaults | inputs
    step = STEPS["Check stored schedules"]
    environment = {
        name: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda m: str(given[m[1]]), value)
        for name, value in step["env"].items()
    }
    environment |= {
        "TWILL": str(twill),
        "RUNNER_TEMP": str(folder),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        "WANTED": str(code),
        "PATH": os.environ["PATH"],
    }
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    done = subprocess.run(command, env=environment, check=False)
    return done.returncode, (folder / "arguments").read_text().splitlines()


def test_the_step_passes_its_inputs(tmp_path: Path) -> None:
    code, arguments = run_check(tmp_path, 0, prove="true", paths="a b\n\nc; touch x\n")
    assert code == 0
    assert arguments[-3:] == ["--", "a b", "c; touch x"]
    assert "--prove" in arguments
    assert "--no-solve" not in arguments
    assert (tmp_path / "output").read_text() == "exit-code=0\n"
    assert (tmp_path / "summary").read_text() == "summary\n"


@pytest.mark.parametrize("code", [1, 2, 3])
def test_the_step_fails_as_the_gate_does(code: int, tmp_path: Path) -> None:
    found, arguments = run_check(tmp_path, code, solve="false")
    assert found == code
    assert "--no-solve" in arguments
    assert arguments[-1] == "schedules"
    assert (tmp_path / "output").read_text() == f"exit-code={code}\n"


def test_the_gate_takes_what_the_step_passes(
    tmp_path: Path, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(stored)
    _, arguments = run_check(tmp_path, 0, solve="false", junit=str(tmp_path / "junit.xml"))
    arguments = [a.replace("json=twill-check.json", f"json={tmp_path}/c.json") for a in arguments]
    assert run(arguments) == 0
    assert (tmp_path / "junit.xml").exists()


def test_every_input_is_used() -> None:
    text = (ROOT / "action.yml").read_text()
    assert [name for name in ACTION["inputs"] if f"inputs.{name} " not in text] == []


def test_every_step_is_a_script_that_parses() -> None:
    for step in STEPS.values():
        subprocess.run(["bash", "-n", "-c", step["run"]], check=True)


def test_hooks_call_the_gate(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(stored)
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [hook["id"] for hook in hooks] == ["twill-check", "twill-check-solve"]
    for hook in hooks:
        program, *arguments = shlex.split(hook["entry"])
        assert program == "twill"
        assert run([*arguments, *hook["args"]]) == 0
        assert re.search(hook["files"], "schedules/gemm@h100-sxm.json")


def test_the_workflow_of_the_documentation_uses_known_inputs() -> None:
    text = (ROOT / "docs" / "gate.md").read_text()
    workflow = yaml.safe_load(text.split("```yaml\n")[1].split("```")[0])
    (step,) = [s for s in workflow["jobs"]["twill"]["steps"] if "twill@" in s.get("uses", "")]
    assert set(step["with"]) <= set(ACTION["inputs"])
