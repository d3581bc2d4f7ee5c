"""Every sentence of an explanation equals a solve that is repeated here from edited documents."""

import re
from pathlib import Path

import pytest

from twill.analysis.what_ifs import problem_changes
from twill.explaining import Asking, explain
from twill.gate.origin import read_with_texts
from twill.gate.store import library_folder
from twill.gpu_profiles.library import load_profile
from twill.kernels.graph_library import graph_path
from twill.models.answer import Answer
from twill.models.errors import UsageError
from twill.models.explanation import Explanation, WhatIf
from twill.models.shape import Shape
from twill.models.solve_options import SolveOptions
from twill.pipeline import read_listed, read_task, solve_file, solve_task
from twill.solver.search import find_schedule

from .support.listed_shapes import listed_text

QUICK = SolveOptions(objectives=(), blame_work=0)


def stored(name: str) -> Answer:
    return read_with_texts(str(library_folder() / f"{name}.json"))


@pytest.fixture(scope="module")
def fp8() -> Explanation:
    return explain(stored("fp8_gemm_block_scales@b200"))


@pytest.fixture(scope="module")
def gemm() -> Explanation:
    return explain(stored("gemm@h100-sxm"))


def change(explanation: Explanation, words: str) -> WhatIf:
    (found,) = [c for c in explanation.what_ifs if c.change == words]
    return found


def with_profile(folder: Path, gpu: str, *edits: tuple[str, str]) -> str:
    """A profile with other figures, as its path."""
    text = load_profile(gpu).text
    for old, new in edits:
        assert re.search(old, text)
        text = re.sub(old, new, text)
    file = folder / f"{gpu}.yaml"
    file.write_text(text)
    return str(file)


def least(document: str, gpu: str | None = None) -> int | None:
    return solve_file(document, gpu, QUICK).initiation_interval


@pytest.mark.parametrize(
    ("words", "edits"),
    [
        ("With tensor_core twice as fast", [(r"(M64|M128): \{value: 2048", r"\1: {value: 4096")]),
        ("With tma twice as fast", [(r"link: \{value: 64", "link: {value: 128")]),
        (
            "With shared_port twice as fast",
            [
                (r"port: \{value: 128", "port: {value: 256"),
                (r"capacity: \{value: 128, unit: bytes", "capacity: {value: 256, unit: bytes"),
            ],
        ),
        (
            "With 8 registers more for values in each thread",
            [(r"  base: \{value: 24", "  base: {value: 16")],
        ),
        (
            "With 8 registers fewer for values in each thread",
            [(r"  base: \{value: 24", "  base: {value: 32")],
        ),
        ("With one more compute warp group", [(r"warp_groups: 4", "warp_groups: 5")]),
        ("With one compute warp group fewer", [(r"warp_groups: 4", "warp_groups: 3")]),
        (
            "With room for one ring slot more of b_tile (32,768 bytes) in shared_memory",
            [(r"value: 232448", "value: 265216")],
        ),
    ],
)
def test_a_change_is_what_an_edited_profile_gives(
    words: str, edits: list[tuple[str, str]], gemm: Explanation, tmp_path: Path
) -> None:
    interval = least("gemm", with_profile(tmp_path, "h100-sxm", *edits))
    found = change(gemm, words)
    assert found.initiation_interval == interval
    assert found.sentence.startswith(f"{words}: II {interval:,}")


def test_another_gpu_is_what_solving_for_it_gives(fp8: Explanation) -> None:
    assert [c.change for c in fp8.what_ifs if c.kind == "gpu"] == [
        "On b300",
        "On h100-sxm",
        "On h200-sxm",
    ]
    for gpu in ("b300", "h100-sxm"):
        assert change(fp8, f"On {gpu}").initiation_interval == least("fp8_gemm_block_scales", gpu)


@pytest.mark.parametrize(
    "name",
    ["fp8_gemm_block_scales@b200", pytest.param("softmax_stream@b200", marks=pytest.mark.slow)],
)
def test_every_change_of_the_problem_is_solved_again(name: str) -> None:
    answer = stored(name)
    explanation = explain(answer)
    told = {c.change: c for c in explanation.what_ifs}
    for made in problem_changes(answer.problem):
        solution = find_schedule(made.problem, QUICK)
        found = told[f"With {made.words}"]
        if solution.schedule is None:
            assert (found.status, solution.status) == ("infeasible", "infeasible")
            assert found.sentence.endswith(": no schedule exists.")
            continue
        interval = solution.schedule.initiation_interval
        assert (found.status, found.initiation_interval) == ("optimal", interval)
        assert f": II {interval:,}, " in found.sentence
        assert found.difference == interval - (answer.initiation_interval or 0)
    assert len(told) == len(explanation.what_ifs)


LISTED = listed_text("gemm", "{BLOCK_M: [2, 1]}", BLOCK_M="[128, 64]", BLOCK_N="[128, 64, 256]")


@pytest.fixture
def listed_gemm(tmp_path: Path) -> str:
    file = tmp_path / "gemm.yaml"
    file.write_text(LISTED)
    return str(file)


def test_other_shapes_are_what_solving_them_gives(listed_gemm: str, tmp_path: Path) -> None:
    chosen = Shape(sizes={"BLOCK_N": 64})
    listed = read_listed(listed_gemm, shape=chosen)
    assert listed is not None
    assert listed.shape == Shape(sizes={"BLOCK_M": 128, "BLOCK_N": 64}, split={"BLOCK_M": 2})
    answer = solve_task(read_task(listed_gemm, shape=listed.shape), QUICK)
    explanation = explain(answer, listed=listed)
    edits = {
        "With BLOCK_M = 64": (64, 64, 2),
        "With BLOCK_N = 128": (128, 128, 2),
        "With BLOCK_N = 256": (128, 256, 2),
        "With BLOCK_M in 1 part": (128, 64, 1),
    }
    others = [c for c in explanation.what_ifs if c.kind in ("size", "split")]
    assert [c.change for c in others] == list(edits)
    assert others[0].status == "refused"
    assert "is not a legal matrix shape" in others[0].sentence
    for other in others[1:]:
        rows, columns, parts = edits[other.change]
        file = tmp_path / "plain.yaml"
        file.write_text(
            listed_text("gemm", f"{{BLOCK_M: {parts}}}", BLOCK_M=str(rows), BLOCK_N=str(columns))
        )
        interval = least(str(file))
        assert interval is not None
        assert (other.status, other.initiation_interval) == ("optimal", interval)
        assert other.throughput == round(rows * columns * 64 / interval, 3)
        assert other.sentence.startswith(f"{other.change}: II {interval:,}")
        assert f"; {other.throughput:,.1f} multiply-adds a cycle" in other.sentence


def test_the_shape_at_hand_says_what_it_does_in_a_cycle(listed_gemm: str) -> None:
    listed = read_listed(listed_gemm)
    assert listed is not None
    answer = solve_task(read_task(listed_gemm, shape=listed.shape), QUICK)
    explanation = explain(answer, what_ifs=False, listed=listed)
    assert (explanation.throughput, explanation.work_unit) == (2048.0, "multiply-adds")
    assert "It does 2,048.0 multiply-adds a cycle." in explanation.sentences


def test_lists_of_another_gpu_give_it_their_first_values(tmp_path: Path) -> None:
    file = tmp_path / "gemm.yaml"
    file.write_text(listed_text("gemm", BLOCK_M="{sm_90a: 128, sm_100a: [256, 128]}"))
    assert read_listed(str(file)) is None
    explanation = explain(solve_task(read_task(str(file)), QUICK))
    found = change(explanation, "On b200 with BLOCK_M = 256")
    assert found.initiation_interval == least("gemm", "b200")


def test_nothing_is_listed_in_graphs_and_plain_kernels() -> None:
    assert read_listed("gemm") is None
    assert read_listed("paper_running_example") is None


def test_sentences_say_what_the_numbers_say(fp8: Explanation) -> None:
    text = "\n".join(fp8.sentences)
    assert (fp8.initiation_interval, fp8.minimum, fp8.attained_by) == (572, 521, ("tma",))
    assert "Optimal: one iteration every 572 cycles, and no schedule is faster." in text
    assert "The initiation interval is 51 cycles above it." in text
    tma = fp8.loads[0]
    assert (tma.unit, tma.bound, sum(share.work for share in tma.shares)) == ("tma", 521, tma.work)
    assert tma.percent == round(100 * 521 / 572, 1)
    assert f"tma needs 521 cycles, {tma.percent:g} % of what it offers in 572: " in text
    assert f"At II 571, {', '.join(fp8.because[:-1])} and {fp8.because[-1]} cannot hold" in text
    assert sum(hop.latency_cycles for hop in fp8.hops) == fp8.recurrence


def test_ties_are_said_to_be_ties() -> None:
    explanation = explain(stored("gemm@b200"), what_ifs=False)
    assert explanation.attained_by == ("tensor_core", "tma")
    text = "\n".join(explanation.sentences)
    assert re.search(
        r"attained by a tie of tensor_core \(acc.*\) and tma \(a_tile.*, b_tile\)", text
    )
    assert "tensor_core and tma tie: all of them must get faster" in text


@pytest.mark.slow
def test_a_faster_unit_may_crowd_out_others() -> None:
    """The model does not stretch chains: what is done sooner takes more of other units at once."""
    explanation = explain(stored("flash_attention_forward@b200"))
    found = change(explanation, "With tensor_memory_port twice as fast")
    assert (found.difference or 0) > 0
    assert "acc.multiply[0] is done sooner and takes 108 of fma at once, not 54" in found.sentence


def test_a_graph_has_no_other_gpus() -> None:
    answer = solve_file(str(graph_path("paper_running_example")))
    explanation = explain(answer)
    assert {c.kind for c in explanation.what_ifs} == {"groups", "unit"}
    twice = change(explanation, "With twice the capacity of TC")
    assert (twice.initiation_interval, twice.settled_by) == (1, "bound")


def test_a_limit_is_no_answer() -> None:
    explanation = explain(stored("softmax_stream@b200"), Asking(seconds=0.001))
    open_ones = [c for c in explanation.what_ifs if c.settled_by == "nothing"]
    assert open_ones
    assert all("II not decided within 0.001 s" in c.sentence for c in open_ones)


def test_what_has_no_bounds_is_not_explained(tmp_path: Path) -> None:
    file = tmp_path / "graph.yaml"
    file.write_text("graph: g\nmachine: {}\noperations: {A: {latency: 1}, B: {latency: 1}}\n"
                    "dependences: [A -> B -> A]\n")  # fmt: skip
    with pytest.raises(UsageError, match="nothing to explain: "):
        explain(solve_file(str(file)))
