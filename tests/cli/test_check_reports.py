"""What the gate prints and writes, in each format, from one report that has every state."""

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from twill.cli.check_reports import CURES, FORMATS, report_text
from twill.cli.main import run
from twill.models.answer import Answer
from twill.models.check_report import GOOD, CheckedSchedule, CheckReport, Numbers, State
from twill.models.verification import Reproof

GOLDEN = Path(__file__).parent.parent / "golden" / "cli"
BEFORE = Numbers(
    status="optimal",
    initiation_interval=1024,
    minimum=1024,
    schedule_length=2601,
    warp_groups=3,
    stages=2,
)
AFTER = BEFORE.model_copy(update={"initiation_interval": 1076, "minimum": 1076, "stages": 3})


def reproof(verdict: str) -> Reproof:
    return Reproof.model_validate(
        {
            "initiation_interval": 1023,
            "stages": 8,
            "backend": None if verdict == "unknown" else "z3",
            "verdict": verdict,
            "standing": "independent",
            "seconds": 0.2,
        }
    )


def one(state: State, sentence: str, **more: object) -> CheckedSchedule:
    read = state not in ("missing", "unreadable")
    fields: dict[str, object] = {
        "file": f"schedules/{state}@h100-sxm.json",
        "kernel": "gemm" if read else None,
        "gpu": "h100-sxm" if read else None,
        "state": state,
        "sentence": sentence,
        "before": BEFORE if read else None,
        "seconds": 0.5,
    }
    return CheckedSchedule(**fields | more)  # type: ignore[arg-type]


REPORT = CheckReport(
    version="0.1.0",
    seconds=4.5,
    schedules=(
        one("unchanged", "unchanged: optimal at II 1,024", reproofs=(reproof("infeasible"),)),
        one("different", "still optimal but different", after=BEFORE, reasons=("latency moved",)),
        one("better", "better II found", after=AFTER, reproofs=(reproof("feasible"),)),
        one(
            "worse",
            "worse: II 1,024 -> 1,076 (+5.1 %)",
            after=AFTER,
            reasons=("work on tensor_core of a[0], a[1]: 512 -> 538 (+5.1 %)", "x | y <b> *c*"),
        ),
        one("invalid", "not what it says it is: seal", reasons=("seal: 100% gone\nreally",)),
        one("changed", "changed: the stored schedule holds still"),
        one("open", "not proved again", reproofs=(reproof("unknown"),)),
        one("missing", "no schedule is stored", after=AFTER, updated=True),
        one("unreadable", "document: EOF", reasons=tuple(f"reason {n}" for n in range(22))),
    ),
)


def test_every_state_is_in_the_report() -> None:
    assert [schedule.state for schedule in REPORT.schedules] == list(get_args(State))
    assert set(CURES) | {"unchanged"} == set(get_args(State))


@pytest.mark.parametrize("form", FORMATS)
def test_formats(form: str, golden: Callable[[str, Path], None]) -> None:
    golden(report_text(REPORT, form), GOLDEN / f"check.{form}")


def test_json_is_read_back() -> None:
    assert CheckReport.model_validate_json(report_text(REPORT, "json")) == REPORT


def test_junit_counts_what_fails() -> None:
    root = ElementTree.fromstring(report_text(REPORT, "junit"))
    suite = root[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("9", "5", "1")
    assert len(suite.findall("testcase/failure")) == 5
    assert len(suite.findall("testcase/error")) == 1


def test_a_workflow_command_is_one_line() -> None:
    lines = report_text(REPORT, "github").splitlines()
    commands = [line for line in lines if line.startswith("::")]
    assert len(commands) == len(lines) - 1 == 8
    assert "seal: 100%25 gone really" in commands[3]


@pytest.mark.parametrize(
    ("states", "code"),
    [
        (GOOD, 0),
        (("unchanged", "worse"), 1),
        (("better",), 1),
        (("invalid", "open"), 1),
        (("missing",), 1),
        (("changed",), 1),
        (("open", "unchanged"), 3),
        (("worse", "unreadable"), 2),
        ((), 0),
    ],
)
def test_exit_codes(states: tuple[State, ...], code: int) -> None:
    schedules = tuple(one(state, "") for state in states)
    assert CheckReport(version="0", seconds=0.0, schedules=schedules).exit_code == code


def test_what_was_written_anew_is_no_fault() -> None:
    updated = (one("worse", "", updated=True), one("unreadable", "", updated=True))
    assert CheckReport(version="0", seconds=0.0, schedules=updated).exit_code == 0


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "schedules"
    folder.mkdir()
    assert run(["solve", "paper_running_example", "-q", "--store", str(folder), "--json"]) == 0
    return folder


def test_stored_by_name_and_checked(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file,) = store.iterdir()
    assert file.name == "paper_running_example@inline.json"
    answer = Answer.model_validate_json(file.read_text())
    assert answer.origin is not None
    assert (answer.origin.document, answer.origin.gpu) == ("paper_running_example", None)
    assert (answer.sources.graph, answer.effort, answer.seconds) == (None, None, 0.0)
    capsys.readouterr()
    assert run(["check", str(store)]) == 0
    said = "ok    schedules/paper_running_example@inline.json: unchanged: optimal at II 2"
    assert capsys.readouterr().out.splitlines()[0] == said


def test_reports_are_written_beside(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reports = ["--report", "junit=twill.xml", "--report", "markdown=summary.md"]
    assert run(["check", "schedules", *reports, "--format", "github"]) == 0
    assert ElementTree.parse("twill.xml").getroot()[0].get("tests") == "1"
    assert Path("summary.md").read_text().startswith("### Stored schedules: 1 schedule: 1 unch")
    assert capsys.readouterr().out.startswith("1 schedule")


@pytest.mark.parametrize("entry", ["junit", "junit=", "=x", "html=x.html"])
def test_a_report_needs_format_and_file(
    entry: str, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", "schedules", "--report", entry, "--json"]) == 2
    assert "formats: text, json" in json.loads(capsys.readouterr().out)["problems"][0]["cure"]


@pytest.mark.parametrize("path", ["nowhere", "empty"])
def test_paths_that_hold_nothing(
    path: str, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (store.parent / "empty").mkdir()
    assert run(["check", path]) == 2
    assert path in capsys.readouterr().err


def test_what_is_not_proved_is_not_stored(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    arguments = ["--gpu", "h100-sxm", "-q", "--time-limit", "0.001", "--store", str(folder)]
    assert run(["solve", "flash_attention_backward", *arguments, "--json"]) == 3
    assert "not stored" in capsys.readouterr().err
    assert list(folder.iterdir()) == []
