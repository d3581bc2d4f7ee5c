"""Every sentence about a cost equals a solve that is repeated here from an edited document."""

import re
from fractions import Fraction
from pathlib import Path

import pytest

from twill.explaining import Asking
from twill.gate.origin import read_with_texts
from twill.gate.store import library_folder
from twill.gpu_profiles.library import load_profile
from twill.kernels.graph_library import graph_path
from twill.models.answer import Answer
from twill.models.errors import UsageError
from twill.models.sensitivity import CostPoint, CostSensitivity, Sensitivity
from twill.models.solve_options import SolveOptions
from twill.pipeline import read_task, solve_file
from twill.sensitivity.costs import costs_of
from twill.sensitivity.report import Study, sensitivity
from twill.sensitivity.strategy import with_strategy
from twill.solver.question import Stop
from twill.solver.search import find_schedule
from twill.tests.support.placing import renewed

QUICK = SolveOptions(objectives=(), blame_work=0)


def stored(name: str) -> Answer:
    return read_with_texts(str(library_folder() / f"{name}.json"))


@pytest.fixture(scope="module")
def gemm() -> Sensitivity:
    return sensitivity(Study(stored("gemm@h100-sxm"), Asking()))


@pytest.fixture(scope="module")
def softmax() -> Sensitivity:
    return sensitivity(Study(stored("softmax_stream@h100-sxm"), Asking()))


def cost(report: Sensitivity, name: str) -> CostSensitivity:
    (found,) = [c for c in report.costs if c.cost == name]
    return found


def at(of: CostSensitivity, percent: int) -> CostPoint:
    (found,) = [p for p in of.points if p.percent == percent]
    return found


def edited(folder: Path, pattern: str, value: Fraction) -> str:
    """The H100 profile with another figure, as its path."""
    text, times = re.subn(
        pattern, lambda found: f"{found[1]}{float(value)}", load_profile("h100-sxm").text
    )
    assert times == 1
    file = folder / "h100-sxm.yaml"
    file.write_text(text)
    return str(file)


TIMES = {
    "tensor_core.latency": (r"(  latency: \{value: )64", 64),
    "tensor_core.issue": (r"(  issue: \{value: )16", 16),
    "tensor_core.issue_per_instruction": (r"(  issue_per_instruction: \{value: )2", 2),
    "tensor_core.order_token": (r"(  order_token: \{value: )60", 60),
    "transfers.load_latency": (r"(  load_latency: \{value: )700", 700),
    "transfers.issue": (r"(  issue: \{value: )30", 30),
    "handoff.mbarrier_issue": (r"(  mbarrier_issue: \{value: )45", 45),
}
RATES = {
    "tensor_core.multiply_adds.bf16.M64": (r"(bf16:\n +M64: \{value: )2048", 2048),
    "transfers.link": (r"(  link: \{value: )64", 64),
}


@pytest.mark.parametrize(
    ("name", "percent"),
    [
        *((name, percent) for name in TIMES for percent in (50, -50)),
        ("transfers.load_latency", 1),
        ("handoff.mbarrier_issue", -10),
        # Rates whose value at so many per cent more or less cost is a short decimal.
        *((name, percent) for name in RATES for percent in (-50, -20)),
    ],
)
def test_a_point_is_what_an_edited_profile_gives(
    name: str, percent: int, gemm: Sensitivity, tmp_path: Path
) -> None:
    factor = 1 + Fraction(percent, 100)
    pattern, value = {**TIMES, **RATES}[name]
    scaled = value / factor if name in RATES else value * factor
    profile = edited(tmp_path, pattern, scaled)
    found = at(cost(gemm, name), percent)
    assert (found.best.status, found.best.upper) == (
        "optimal",
        solve_file("gemm", profile, QUICK).initiation_interval,
    )
    held = find_schedule(with_strategy(read_task("gemm", profile).problem, gemm.strategy), QUICK)
    assert held.schedule is not None
    assert (found.held.status, found.held.upper) == (held.status, held.schedule.initiation_interval)


def test_the_same_question_has_the_same_answer(gemm: Sensitivity) -> None:
    assert sensitivity(Study(stored("gemm@h100-sxm"), Asking())) == gemm


def test_every_cost_is_told_once(gemm: Sensitivity) -> None:
    assert gemm.not_reached == 0
    assert {c.cost for c in gemm.costs} == {*TIMES, *RATES}
    assert not {c.cost for c in gemm.costs} & {*gemm.without_effect}
    for name in (*TIMES, *RATES):
        assert sum(f"{name} (" in sentence for sentence in gemm.sentences) == 1
    told = f"{len(gemm.without_effect)} other figures of the profile do not enter the problem."
    assert gemm.sentences[-1] == told


def test_a_figure_without_effect_has_none(gemm: Sensitivity, tmp_path: Path) -> None:
    assert "transfers.dram" in gemm.without_effect
    for factor in (Fraction(1, 2), Fraction(3, 2)):
        value = Fraction("13.87") * factor
        profile = edited(tmp_path, r"(  dram: \{value: )13.87", value)
        assert (
            read_task("gemm", profile).problem.operations
            == stored("gemm@h100-sxm").problem.operations
        )


def test_the_sentence_says_what_the_points_say(gemm: Sensitivity) -> None:
    rate = cost(gemm, "tensor_core.multiply_adds.bf16.M64")
    assert (at(rate, 10).best.upper, at(rate, -10).best.upper) == (1128, 922)
    assert rate.elasticity == round(100 * (1128 - 922) / (20 * 1024), 2)
    assert rate.sentence == (
        "tensor_core.multiply_adds.bf16.M64 (2,048 multiply-adds per cycle, documentation): "
        "10 % dearer II 1,128, 104 cycles more (+10.2 %), attained by tensor_core; "
        "10 % cheaper II 922, 102 cycles fewer (-10.0 %), attained by tensor_core; "
        "elasticity 1.01. This strategy stays best at each of the 12 points checked, "
        "from -50 % to +50 %."
    )
    assert rate.sentence in gemm.sentences


def test_quiet_costs_share_a_sentence(gemm: Sensitivity) -> None:
    quiet = [c for c in gemm.costs if {p.best.upper for p in c.points} == {1024}]
    assert len(quiet) == 7
    (sentence,) = [s for s in gemm.sentences if s.startswith("At each point checked within 50 %")]
    assert "none of these moves II from 1,024" in sentence
    assert all(f"{c.cost} ({c.stated})" in sentence for c in quiet)
    assert "transfers.link (" not in sentence


def test_a_tie_is_said_to_be_one(tmp_path: Path) -> None:
    """GEMM on B200 is bound by the tensor core and the copy link alike."""
    report = sensitivity(Study(stored("gemm@b200"), Asking()))
    tied = cost(report, "transfers.link")
    assert at(tied, -10).attained_by == ("tensor_core",)
    issue = cost(report, "transfers.issue")
    assert at(issue, 10).attained_by == ("tensor_core", "tma")
    assert "attained by a tie of tensor_core and tma" in issue.sentence


def test_another_strategy_is_named_from_where_it_is_better(
    softmax: Sensitivity, tmp_path: Path
) -> None:
    dram = cost(softmax, "transfers.dram")
    holds, beaten = dram.cheaper.holds_to, dram.cheaper.beaten_from
    assert (holds, beaten, dram.dearer.beaten_from) == (-39, -40, None)
    assert "stays best at each point checked to -39 %, at -40 % another is better" in dram.sentence
    for percent in (-39, -40):
        value = Fraction("13.87") / (1 + Fraction(percent, 100))
        profile = edited(tmp_path, r"(  dram: \{value: )13.87", value)
        problem = read_task("softmax_stream", profile).problem
        best = find_schedule(problem, QUICK).schedule
        held = find_schedule(with_strategy(problem, softmax.strategy), QUICK).schedule
        assert best is not None
        assert held is not None
        told = at(dram, percent)
        assert (told.best.upper, told.held.upper) == (
            best.initiation_interval,
            held.initiation_interval,
        )
        assert (best.initiation_interval < held.initiation_interval) == (percent == beaten)
        assert bool(told.better_groups) == (percent == beaten)
        if told.better_groups:
            better = find_schedule(with_strategy(problem, told.better_groups), QUICK).schedule
            assert better is not None
            assert better.initiation_interval == told.best.upper
            assert f"with II {told.best.upper:,} against {told.held.upper:,}" in dram.sentence


def test_a_limit_is_no_answer() -> None:
    study = Study(stored("softmax_stream@h100-sxm"), Asking(seconds=0.001))
    dram = cost(sensitivity(study), "transfers.dram")
    opened = [p.percent for p in dram.points if p.verdict == "open"]
    assert opened
    assert dram.elasticity is None or {10, -10}.isdisjoint(opened)
    sides = [s for s in (dram.dearer, dram.cheaper) if s.open_at is not None]
    for found in sides:
        assert f"at {found.open_at:+d} % it is not decided" in dram.sentence


def test_a_stop_leaves_out_what_was_not_finished() -> None:
    stop = Stop()
    said: list[str] = []

    def say(sentence: str) -> None:
        said.append(sentence)
        if len(said) == 3:
            stop.request()

    report = sensitivity(Study(stored("gemm@h100-sxm"), Asking(stop=stop, say=say)))
    assert (len(report.costs), report.not_reached) == (2, 7)
    assert "Stopped: 7 more costs were not changed." in report.sentences
    assert said[2] == f"{said[2].split()[0]} (3 of 9)"


def test_a_graph_states_durations() -> None:
    answer = solve_file(str(graph_path("paper_running_example")))
    report = sensitivity(Study(answer, Asking()))
    assert [c.cost for c in report.costs] == [f"duration of {name}" for name in "SOP"]
    assert report.sentences[-1] == "What does not enter the problem: hand-offs and waits."
    scores = cost(report, "duration of S")
    assert (at(scores, 10).best.upper, at(scores, 10).rounded_percent) == (3, 100)
    assert scores.elasticity == 0.5
    assert "10 % dearer (+100 % in whole cycles) II 3, 1 cycle more (+50.0 %)" in scores.sentence


def test_what_the_texts_do_not_give_is_taken_as_it_stands() -> None:
    """A problem with more registers set aside than the profile says: figures do not lead there."""
    answer = stored("gemm@h100-sxm")
    registers = answer.problem.machine.registers
    assert registers is not None
    apart = registers.model_copy(update={"base": registers.base + 8})
    machine = answer.problem.machine.model_copy(update={"registers": apart})
    other = answer.model_copy(update={"problem": renewed(answer.problem, machine=machine)})
    names = {c.name for c in costs_of(other)}
    assert {"duration of acc[0]", "hand-offs", "waits"} <= names
    assert "transfers.link" not in names
    assert "transfers.link" in {c.name for c in costs_of(answer)}


def test_what_is_not_proved_is_no_yardstick() -> None:
    answer = stored("gemm@h100-sxm")
    certificate = answer.certificate
    assert certificate is not None
    lower = certificate.model_copy(update={"lower_bound": 1000})
    report = sensitivity(Study(answer.model_copy(update={"certificate": lower}), Asking()))
    assert (report.nominal.status, report.nominal.lower) == ("feasible", 1000)
    assert "Its interval is not proved least" in report.sentences[1]
    assert {c.elasticity for c in report.costs} == {None}


def test_what_has_no_schedule_has_no_strategy() -> None:
    answer = solve_file(str(graph_path("paper_running_example")))
    bare = answer.model_copy(update={"schedule": None, "reason": "none was found"})
    with pytest.raises(UsageError, match="no schedule to compare with: none was found"):
        Study(bare, Asking())
