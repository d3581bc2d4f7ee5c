"""Schedule files of other formats: brought up to date, or refused with the command that helps."""

import json
from pathlib import Path
from typing import Any

import pytest

from twill.models.answer import FORMAT
from twill.models.errors import InvalidSchedule
from twill.pipeline import read_answer
from twill.reader.schedules import MIGRATIONS, read_schedule

GOLDEN = Path(__file__).parent.parent / "golden" / "reader"
OLD = GOLDEN / "paper_running_example.twill-schedule-1.json"


def written(folder: Path, **changes: Any) -> Path:
    file = folder / "schedule.json"
    file.write_text(json.dumps({**json.loads(OLD.read_text()), **changes}))
    return file


def test_format_1_is_brought_up_to_date() -> None:
    answer = read_answer(str(OLD))
    assert json.loads(OLD.read_text())["format"] == "twill-schedule/1"
    assert (answer.format, answer.initiation_interval, answer.origin) == (FORMAT, 2, None)
    assert answer.seal == answer.sealed().seal


def test_each_older_format_is_migrated_or_refused_by_name() -> None:
    assert list(MIGRATIONS) == ["twill-schedule/1"]


def test_format_1_is_checked_like_any_other(tmp_path: Path) -> None:
    with pytest.raises(InvalidSchedule, match="rows: initiation_interval"):
        read_answer(str(written(tmp_path, initiation_interval=1)))


@pytest.mark.parametrize(
    ("changes", "message", "cure"),
    [
        ({"format": "twill-schedule/0"}, "no longer read", "twill solve paper_running_example"),
        ({"format": "twill-schedule/3"}, "a newer Twill: twill-schedule/3", "update Twill"),
        ({"format": "twill-schedule/0", "gpu": "a; b"}, "no longer read", "--gpu GPU -o "),
        ({"format": 1}, f"the format is not {FORMAT}", "twill solve"),
        ({"format": "schedule"}, f"the format is not {FORMAT}", "twill solve"),
    ],
)
def test_other_formats_are_refused_with_a_command(
    changes: dict[str, Any], message: str, cure: str, tmp_path: Path
) -> None:
    file = written(tmp_path, **changes)
    with pytest.raises(InvalidSchedule, match=message) as caught:
        read_schedule(file)
    problem = caught.value.problems[0]
    assert problem.file == str(file)
    assert cure in str(problem.cure)
    assert str(file) in str(problem.cure)


def test_half_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "half.json"
    file.write_text(OLD.read_text()[:2000])
    with pytest.raises(InvalidSchedule, match="EOF while parsing"):
        read_schedule(file)
