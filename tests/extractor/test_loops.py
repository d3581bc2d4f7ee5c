"""Loops beside each other, and locals that a loop carries without computing them."""

import pytest

from twill.extractor.build import build_graph, build_problem, loop_names
from twill.gpu_profiles.library import load_profile, profile_names
from twill.models.dependence_graph import MatrixWork
from twill.models.errors import InvalidKernel
from twill.tests.support.programs import FIRST_LINE, kernel_of

HOPPER = load_profile("h100-sxm").value

TWO_LOOPS = """
acc = zeros((M, N))
for k in range(cdiv(columns, K)):
    acc = dot(load(a, (m, k), (M, K)), load(b, (0, k), (N, K)).T, acc)
again = zeros((M, N))
for k in range(cdiv(columns, N)):
    again = dot(acc.to(bf16), load(b, (k, 0), (N, N)), again)
store(c, (m, 0), again)
"""

CARRIED = """
acc = zeros((M, N))
bias = zeros((M, N)) + 1.0
for k in range(cdiv(columns, K)):
    acc = dot(load(a, (m, k), (M, K)), load(b, (0, k), (N, K)).T, acc)
    bias = bias
    store(c, (m, k), acc + bias)
"""


def test_sibling_loops_of_one_index_are_told_apart() -> None:
    document = kernel_of(TWO_LOOPS)
    assert loop_names(document, HOPPER) == ("k", "k_2")
    first, second = (build_graph(document, HOPPER, loop=name) for name in ("k", "k_2"))
    assert [o.name for o in first.operations if o.kind == "matrix"] == ["acc"]
    assert [o.name for o in second.operations if o.kind == "matrix"] == ["again"]


def test_a_product_of_a_later_loop_reads_what_the_earlier_one_left() -> None:
    cast_between = TWO_LOOPS.replace("acc.to(bf16)", "total").replace(
        "again = zeros", "total = acc.to(bf16)\nagain = zeros"
    )
    graph = build_graph(kernel_of(cast_between), HOPPER, loop="k_2")
    (product,) = (o for o in graph.operations if o.kind == "matrix")
    assert isinstance(product.work, MatrixWork)
    assert (product.work.rows, product.work.columns, product.work.depth) == (128, 128, 128)
    assert ("again", "again", 1) in {(d.source, d.target, d.distance) for d in graph.dependences}


def test_one_of_several_loops_is_not_taken_unasked() -> None:
    with pytest.raises(InvalidKernel, match=r"a second loop: .* has k, k_2") as caught:
        build_problem(kernel_of(TWO_LOOPS), HOPPER)
    assert caught.value.problems[0].line == FIRST_LINE + 4
    assert build_problem(kernel_of(TWO_LOOPS), HOPPER, loop="k").operations


def test_an_unknown_loop_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InvalidKernel, match="no loop 'j'") as caught:
        build_problem(kernel_of(TWO_LOOPS), HOPPER, loop="j")
    assert caught.value.problems[0].cure == "known: k, k_2"
    assert caught.value.problems[0].line == FIRST_LINE - 1


def test_a_program_without_a_loop_has_nothing_to_schedule() -> None:
    with pytest.raises(InvalidKernel, match="no loop to schedule") as caught:
        build_problem(kernel_of("store(c, (m, 0), zeros((M, N)))"), HOPPER)
    assert caught.value.problems[0].line == FIRST_LINE - 1


@pytest.mark.parametrize("gpu", profile_names())
def test_a_local_that_is_only_assigned_to_itself_does_not_change(gpu: str) -> None:
    profile = load_profile(gpu).value
    carried = build_problem(kernel_of(CARRIED), profile)
    invariant = build_problem(kernel_of(CARRIED.replace("    bias = bias\n", "")), profile)
    lines = {"line": None}
    assert [o.model_copy(update=lines) for o in carried.operations] == [
        o.model_copy(update=lines) for o in invariant.operations
    ]
    assert carried.dependences == invariant.dependences


def test_locals_that_only_change_places_are_refused() -> None:
    swapped = CARRIED.replace("for k", "other = zeros((M, N))\nfor k").replace(
        "    bias = bias\n", "    spare = bias\n    bias = other\n    other = spare\n"
    )
    with pytest.raises(InvalidKernel, match="take over each other's values") as caught:
        build_problem(kernel_of(swapped), HOPPER)
    assert caught.value.problems[0].line == FIRST_LINE + 3


@pytest.mark.parametrize("fused", [True, False])
def test_a_carried_row_vector_is_of_the_iteration_before_behind_its_broadcast(fused: bool) -> None:
    program = """
acc = zeros((M, N))
peak = zeros((M,))
for k in range(cdiv(columns, K)):
    acc = dot(load(a, (m, k), (M, K)), load(b, (0, k), (N, K)).T, acc * peak[:, None])
    peak = max(acc, 1)
store(c, (m, 0), acc)
"""
    graph = build_graph(kernel_of(program), HOPPER, fused=fused)
    distances = {d.distance for d in graph.dependences if d.value == "peak"}
    assert distances == {1}


@pytest.mark.parametrize("gpu", ["h100-sxm", "b200"])
def test_two_products_do_not_accumulate_onto_one_value(gpu: str) -> None:
    program = """
acc = zeros((M, N))
for k in range(cdiv(columns, K)):
    x = load(a, (m, k), (M, K))
    y = load(b, (0, k), (N, K))
    other = dot(x, y.T, acc)
    acc = dot(x, y.T, acc)
    store(c, (m, k), other)
"""
    with pytest.raises(InvalidKernel, match="other and acc both accumulate onto acc") as caught:
        build_problem(kernel_of(program), load_profile(gpu).value)
    assert (caught.value.problems[0].line, caught.value.problems[0].column) == (FIRST_LINE + 5, 7)
