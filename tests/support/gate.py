"""What the gate says of the stored schedules of a repository that is the current folder."""

import json
from typing import Any

import pytest

from twill.cli.main import run

SEARCHED = "schedules/fp8_gemm_block_scales@b200.json"
BOUNDED = "schedules/gemm@h100-sxm.json"
GRAPH = "schedules/paper_running_example@inline.json"


def checked(
    capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0
) -> dict[str, dict[str, Any]]:
    """What the gate says of each file, by its path."""
    capsys.readouterr()
    assert run(["check", "schedules", "--json", "-q", *arguments]) == code
    report = json.loads(capsys.readouterr().out)
    return {schedule["file"]: schedule for schedule in report["schedules"]}
