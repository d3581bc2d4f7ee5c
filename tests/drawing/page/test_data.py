"""The value that the page draws: numbers of a stored schedule, and a small one as text."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twill.drawing.page.data import page_data, strategies
from twill.drawing.page.dependences import MOST_NODES
from twill.kernels import library
from twill.models.answer import Alternative, Answer
from twill.models.problem import Operation, SchedulingProblem
from twill.models.rows import schedule_rows
from twill.models.schedule import Placement, Schedule
from twill.reader.schedules import read_schedule

SCHEDULES = Path(library.__file__).parent / "schedules"
GOLDEN = Path(__file__).parents[2] / "golden" / "drawing"
Data = dict[str, Any]


def stored(name: str) -> Data:
    data = page_data(read_schedule(SCHEDULES / f"{name}.json"))
    assert json.loads(json.dumps(data, allow_nan=False)) == data  # tuples would come back as lists
    return data


@pytest.fixture
def answer(problem: SchedulingProblem, schedule: Schedule) -> Answer:
    bare = Answer(kernel="toy", gpu="toy_machine", status="feasible", problem=problem)
    return bare.model_copy(update={"schedule": schedule, **schedule_rows(problem, schedule)})


def test_small_schedule_as_text(answer: Answer, golden: Callable[[str, Path], None]) -> None:
    text = json.dumps(page_data(answer), indent=1, sort_keys=True) + "\n"
    golden(text, GOLDEN / "toy_page.json")


def test_figures_of_attention() -> None:
    data = stored("flash_attention_forward@h100-sxm")
    assert data["figures"] == {
        "initiation_interval": 2048, "lower_bound": 2048, "minimum": 2048, "resource": 2048,
        "resource_units": ["tensor_core"], "recurrence": 1112, "stages": 2,
        "schedule_length": 4393, "warp_groups": 3,
    }  # fmt: skip
    loads = {unit["name"]: unit["load"] for unit in data["units"]}
    assert loads["tensor_core"] == 1.0
    assert loads["shared_port"] == 0.625


def test_timeline_holds_every_instance_and_its_phases() -> None:
    data = stored("flash_attention_forward@h100-sxm")
    drawn = data["timeline"]
    assert [(p["name"], p["first"]) for p in drawn["phases"]] == [
        ("prologue", 0), ("steady state", 2048), ("epilogue", 6144)
    ]  # fmt: skip
    bars = [bar for row in drawn["groups"] for lane in row["lanes"] for bar in lane]
    assert len(bars) == 12 * drawn["iterations"] == 36
    for at, iteration, start, _, _ in bars:
        assert start == data["operations"][at]["issue_cycle"] + 2048 * iteration


def test_table_holds_what_units_are_asked_for() -> None:
    data = stored("mamba2_ssd@b300")
    work: dict[str, int] = {}
    for unit, first, end, quantity, _ in data["table"]:
        assert 0 <= first < end <= 2236
        work[unit] = work.get(unit, 0) + quantity * (end - first)
    assert work == {unit["name"]: unit["work"] for unit in data["units"]}


@pytest.mark.parametrize(
    ("name", "circuit", "overwriting"),
    [
        ("flash_attention_forward@h100-sxm", {("p[0]", "acc[0]"), ("acc[0]", "p[0]")}, set()),
        ("mamba2_ssd@b300", {("state.to_bf16", "state.multiply"), ("state.multiply", "state"),
                             ("state", "state.to_bf16")}, {("state.to_bf16", "state.multiply")}),
        ("paper_running_example", {("O", "O")}, set()),
    ],
)  # fmt: skip
def test_critical_recurrence_is_marked(
    name: str, circuit: set[tuple[str, str]], overwriting: set[tuple[str, str]]
) -> None:
    data = stored(name)
    names = [operation["name"] for operation in data["operations"]]
    drawn = [edge for edge in data["graph"]["edges"] if edge["critical"]]
    assert {(names[edge["source"]], names[edge["target"]]) for edge in drawn} == circuit
    listed = {
        (names[d["source"]], names[d["target"]]) for d in data["dependences"] if d["critical"]
    }
    assert circuit - listed == overwriting


def test_without_a_schedule_the_problem_is_shown(problem: SchedulingProblem) -> None:
    data = page_data(Answer(kernel="toy", gpu="toy", status="unknown", problem=problem))
    assert data["timeline"] is None
    assert data["table"] == []
    assert data["operations"][0]["stage"] is None
    assert len(data["graph"]["nodes"]) == 4
    assert data["headline"] == "Unknown: no schedule was found, and none is excluded."


def test_what_is_too_large_is_not_drawn(answer: Answer) -> None:
    more = tuple(Operation(name=f"o{n}", latency_cycles=1) for n in range(MOST_NODES))
    problem = answer.problem.model_copy(update={"operations": (*answer.problem.operations, *more)})
    big = Answer(kernel="toy", gpu="toy", status="unknown", problem=problem)
    data = page_data(big)
    assert data["graph"] is None
    assert len(data["dependences"]) == 4


def test_strategies_are_views_of_their_own(answer: Answer) -> None:
    assert answer.schedule is not None
    late = tuple(
        Placement(operation=p.operation, issue_cycle=p.issue_cycle + 12, warp_group=p.warp_group)
        for p in answer.schedule.placements
    )
    other = Schedule(initiation_interval=12, placements=late, rings=answer.schedule.rings)
    alternatives = (Alternative(schedule=other, warp_groups=(), objectives=()),)
    both = list(strategies(answer.model_copy(update={"alternatives": alternatives})))
    assert [data["name"] for data in both] == ["strategy 1", "strategy 2"]
    assert [data["figures"]["stages"] for data in both] == [3, 4]
    assert [data["name"] for data in strategies(answer)] == ["toy on toy_machine"]
