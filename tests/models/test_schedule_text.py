"""The text of a schedule file: equal for equal answers, and one line for each thing that moves."""

import difflib
import json

from twill.models.answer import Alternative, Answer
from twill.models.schedule_text import schedule_text
from twill.pipeline import solve_file

ANSWER = solve_file("paper_running_example").canonical()
TEXT = schedule_text(ANSWER)


def test_it_is_read_back_as_it_was_written() -> None:
    again = Answer.model_validate_json(TEXT)
    assert again == ANSWER.sealed()
    assert schedule_text(again) == TEXT


def test_nothing_but_the_problem_leaves_a_field_out() -> None:
    fields = json.loads(TEXT)
    assert list(fields) == list(Answer.model_fields)
    assert fields["alternatives"] == []
    assert "send_cycles" not in TEXT


def test_a_cost_is_a_line() -> None:
    operations = list(ANSWER.problem.operations)
    operations[0] = operations[0].model_copy(update={"latency_cycles": 7})
    slower = ANSWER.problem.model_copy(update={"operations": tuple(operations)})
    changed = schedule_text(ANSWER.model_copy(update={"problem": slower}))
    lines = list(difflib.unified_diff(TEXT.splitlines(), changed.splitlines(), n=0, lineterm=""))
    added = [line for line in lines[2:] if line.startswith("+")]
    assert len(added) == 2
    assert '"name": "S", "latency_cycles": 7' in added[0]
    assert '"seal"' in added[1]


def test_strategies_are_spread_over_lines() -> None:
    assert ANSWER.schedule is not None
    other = Alternative(schedule=ANSWER.schedule, warp_groups=ANSWER.warp_groups, objectives=())
    answer = ANSWER.model_copy(update={"alternatives": (other, other)})
    text = schedule_text(answer)
    assert Answer.model_validate_json(text) == answer.sealed()
    placement = '{"operation": "P", "issue_cycle": 1, "warp_group": 1}'
    assert [line.strip(" ,") for line in text.splitlines()].count(placement) == 3
