"""`twill explain --sensitivity` and `--robust`: text, its JSON twin, and exit codes."""

import json

import pytest

from twill.cli.main import run
from twill.gate.store import library_folder

STORED = str(library_folder() / "gemm@h100-sxm.json")


def test_text_and_json_are_twins(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", STORED, "--sensitivity", "--robust", "7.5"]) == 0
    text = capsys.readouterr()
    assert run(["explain", STORED, "--sensitivity", "--robust", "7.5", "-q", "--json"]) == 0
    printed = capsys.readouterr()
    explanation = json.loads(printed.out)
    for title, part in (("Worst case", "robustness"), ("Costs", "sensitivity")):
        sentences = explanation[part]["sentences"]
        assert f"\n{title}\n  {sentences[0]}\n" in text.out
        assert [s for s in sentences if f"  {s}\n" not in text.out] == []
    assert explanation["what_ifs"] == []
    assert explanation["robustness"]["percent"] == 7.5
    assert "every duration 7.5 % longer" in text.err
    assert "transfers.link (9 of 9)" in text.err
    assert printed.err == ""


def test_only_what_was_asked_for_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "paper_running_example", "--robust", "0", "-q", "--json"]) == 0
    explanation = json.loads(capsys.readouterr().out)
    assert explanation["sensitivity"] is None
    assert explanation["robustness"]["price_percent"] == 0


def test_a_limit_is_exit_3(capsys: pytest.CaptureFixture[str]) -> None:
    slow = str(library_folder() / "flash_attention_backward@h100-sxm.json")
    assert run(["explain", slow, "-q", "--robust", "10", "--time-limit", "0.001"]) == 3
    assert "II not decided within 0.001 s" in capsys.readouterr().out


@pytest.mark.parametrize("percent", ["-1", "101", "nan", "much"])
def test_what_is_no_percentage_is_exit_2(percent: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", STORED, "-q", "--robust", percent]) == 2
    assert capsys.readouterr().err
