"""Single rules of the lowering, each on the smallest program that shows it (docs/lowering.md)."""

import pytest
from pydantic import ValidationError

from twill.extractor.build import build_graph, build_problem
from twill.extractor.oversize import told_of
from twill.gpu_profiles.library import load_profile
from twill.kernels.library import load_kernel
from twill.models.dependence_graph import DependenceGraph, MatrixWork
from twill.models.errors import InvalidKernel
from twill.models.problem import Operation
from twill.models.profile import GpuProfile
from twill.tests.support.programs import FIRST_LINE, kernel_of

HOPPER = load_profile("h100-sxm").value
BLACKWELL = load_profile("b200").value
LOOP = "acc = zeros((M, N))\nfor k in range(cdiv(columns, K)):\n"
TILES = "    x = load(a, (m, k), (M, K))\n    y = load(b, (0, k), (N, K))\n"
STORE = "store(c, (m, 0), acc)\n"


def graph_of(body: str, split: str = "{}", profile: GpuProfile = HOPPER) -> DependenceGraph:
    return build_graph(kernel_of(LOOP + body + STORE, split), profile)


def order_of(graph: DependenceGraph) -> set[tuple[str, str, str, int]]:
    """Dependences that carry no value."""
    return {(d.source, d.target, d.kind, d.distance) for d in graph.dependences if d.value is None}


def test_loads_and_stores_of_one_argument_keep_their_order() -> None:
    graph = graph_of(
        "    before = load(c, (m, k), (M, N))\n"
        "    acc = acc + before\n"
        "    store(c, (m, k), acc)\n"
        "    after = load(c, (m, k), (M, N))\n"
        "    acc = acc * after\n"
    )
    assert order_of(graph) == {
        ("before", "store_c", "anti", 0),
        ("store_c", "before", "flow", 1),
        ("store_c", "after", "flow", 0),
        ("after", "store_c", "anti", 1),
    }


def test_atomic_adds_commute_and_stores_do_not() -> None:
    line = "    {}(c, (m, k), acc)\n"
    change = "    acc = acc + 1.0\n"
    assert order_of(graph_of(change + 2 * line.format("reduce_add"))) == set()
    assert order_of(graph_of(change + 2 * line.format("store"))) == {
        ("store_c", "store_c_2", "output", 0),
        ("store_c_2", "store_c", "output", 1),
    }
    mixed = graph_of(change + line.format("store") + line.format("reduce_add"))
    assert order_of(mixed) == {
        ("store_c", "reduce_add_c", "output", 0),
        ("reduce_add_c", "store_c", "output", 1),
    }


def test_a_mask_takes_one_bit_of_a_register_per_element() -> None:
    graph = graph_of(
        TILES
        + "    s = dot(x, y.T)\n"
        + "    mask = s > 0.0\n"
        + "    t = dot(x, y.T)\n"
        + "    acc = acc + where(mask, t, 0.0)\n",
        profile=HOPPER,
    )
    masks = [v for v in graph.values if v.name.startswith("mask")]
    assert all(v.registers == 128 * 128 // (128 * 32) for v in masks)


def test_a_tile_that_stays_is_counted_once_behind_its_transpose() -> None:
    stays = "kept = load(a, (m, 0), (M, K))\n"
    program = stays + LOOP + "    y = load(b, (0, k), (N, K))\n"
    seen = program + "    acc = dot(kept, y.T, acc)\n" + STORE
    graph = build_graph(kernel_of(seen), HOPPER)
    assert graph.resident_shared_bytes == 128 * 64 * 2
    turned = (
        stays + "turned = kept.T\n" + LOOP.replace("(M, N)", "(K, K)")
        + "    y = load(b, (0, k), (M, K))\n    acc = dot(turned, y, acc)\n" + STORE
    )  # fmt: skip
    assert build_graph(kernel_of(turned), HOPPER).resident_shared_bytes == 128 * 64 * 2


def test_a_carried_left_operand_has_the_type_that_it_is_carried_with() -> None:
    program = (
        "state = zeros((M, N), bf16)\n" + LOOP
        + "    acc = dot(state, load(b, (k, 0), (N, N)), acc)\n    state = acc.to(bf16)\n" + STORE
    )  # fmt: skip
    graph = build_graph(kernel_of(program), HOPPER)
    (work,) = (o.work for o in graph.operations if isinstance(o.work, MatrixWork))
    assert (work.dtype, work.rows, work.columns, work.depth) == ("bf16", 128, 128, 128)


def test_two_equal_sub_tiles_exchange_places_and_four_do_not() -> None:
    body = TILES + "    acc = dot(x, y.T, acc)\n"
    assert len(graph_of(body, "{M: 2}").symmetries) == 1
    assert graph_of(body, "{N: 4}", BLACKWELL).symmetries == ()
    assert graph_of(body, "{M: 2, N: 2}").symmetries == ()


def test_a_split_divides_its_size() -> None:
    document = kernel_of(LOOP + TILES + "    acc = dot(x, y.T, acc)\n" + STORE)
    with pytest.raises(InvalidKernel, match="M = 128 cannot be split into 3") as caught:
        build_graph(document, HOPPER, split={"M": 3})
    assert caught.value.problems[0].line == FIRST_LINE + 2


def test_a_type_that_the_tensor_core_does_not_multiply_is_refused() -> None:
    shapes = {k: v for k, v in HOPPER.tensor_core.shapes.items() if k != "fp8e4m3"}
    core = HOPPER.tensor_core.model_copy(update={"shapes": shapes})
    profile = HOPPER.model_copy(update={"tensor_core": core})
    body = TILES + "    acc = dot(x.to(fp8e4m3), y.to(fp8e4m3).T, acc)\n"
    with pytest.raises(InvalidKernel, match="multiplies no fp8e4m3") as caught:
        build_problem(kernel_of(LOOP + body + STORE), profile)
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (FIRST_LINE + 4, 7)
    assert problem.cure == "convert the operands to one of bf16, fp16"


def test_only_what_is_too_large_is_told_as_a_fault_of_the_kernel() -> None:
    too_large = "p: latency_cycles: must be less than or equal"
    with pytest.raises(InvalidKernel, match=too_large), told_of("p", 3):
        Operation(name="p", latency_cycles=2_000_000_000)
    with pytest.raises(ValidationError), told_of("p", 3):
        Operation(name="p", latency_cycles=-1)
    with pytest.raises(InvalidKernel, match="registers: more than 0 of them"), told_of("p"):
        raise ValidationError.from_exception_data(
            "many",
            [
                {
                    "type": "too_long",
                    "loc": ("registers",),
                    "input": (1,),
                    "ctx": {"field_type": "Tuple", "max_length": 0, "actual_length": 1},
                }
            ],
        )


def test_fragments_that_meet_after_the_loop_are_left_in_one_group() -> None:
    program = (
        "one = zeros((M, N))\ntwo = zeros((M, N))\nfor k in range(cdiv(columns, K)):\n"
        + TILES
        + "    one = dot(x, y.T, one)\n    two = dot(x, y.T, two)\n"
        + "store(c, (m, 0), one * two)\n"
    )
    graph = build_graph(kernel_of(program, "{M: 2}"), HOPPER)
    rules = {rule.operations for rule in graph.rules if rule.rule == "results-together/1"}
    assert rules == {("one[0]", "two[0]"), ("one[1]", "two[1]")}
    # in Tensor Memory any group reads them
    blackwell = build_graph(kernel_of(program), BLACKWELL)
    assert not [rule for rule in blackwell.rules if rule.rule == "results-together/1"]


def test_a_row_vector_may_be_left_elsewhere() -> None:
    attention = build_graph(load_kernel("flash_attention_forward"), HOPPER)
    assert not [rule for rule in attention.rules if rule.rule == "results-together/1"]
