"""From a schedule to a warp program: what the roles of library kernels do, step by step."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from twill.emitter.launch_description import launch_description
from twill.emitter.lower.lower import lower_schedule
from twill.emitter.overlap import promises
from twill.extractor.sample_cases import sample_cases
from twill.models.barrier_step import Arrive, Sync
from twill.models.errors import InvalidKernel, Unsupported
from twill.models.kernel import KernelDocument
from twill.models.role_periods import periods_of
from twill.models.warp_program import Role, WarpProgram
from twill.models.warp_step import Acquire, Product, Release, SharedOperand, Step, WaitProducts
from twill.reader.documents import read_document
from twill.tests.support.emissions import (
    EMITTED,
    emission,
    emission_of_document,
    faults,
    role_of,
    warp_program,
)
from twill.tests.support.row_kernels import emission_of_text, text_of

ROOT = Path(__file__).parent.parent.parent.parent


def kinds(steps: tuple[Step, ...]) -> list[str]:
    return [step.step for step in steps]


@pytest.mark.parametrize("name", EMITTED)
def test_every_operation_of_the_schedule_is_in_the_steady_state_in_issue_order(name: str) -> None:
    program, given = warp_program(name), emission(name)
    for role in program.roles:
        steps = [s for s in role.steady if s.step not in ("release", "wait_copies")]
        named = [step.operation for step in steps]
        order = list(dict.fromkeys(named))
        assert order == list(role.operations)
        slots = [given.schedule.slot(operation) for operation in role.operations]
        first = slots.index(min(slots))  # a period may begin with any operation
        assert slots[first:] + slots[:first] == sorted(slots)
    everything = {operation for role in program.roles for operation in role.operations}
    assert everything == {operation.name for operation in given.graph.operations}


def test_gemm_is_the_kernel_that_an_expert_writes() -> None:
    program = warp_program("gemm")
    assert [role.name for role in program.roles] == ["producer", "compute-1", "compute-2"]
    assert (program.threads, program.entry_registers) == (384, 168)
    (ring,) = program.rings
    assert (ring.buffers, ring.arrivals) == (("a_tile", "b_tile"), 8)
    assert ring.bytes == (128 * 64 + 256 * 64) * 2
    producer, compute = program.roles[0], role_of(program, "compute-1")
    assert kinds(producer.steady) == ["reserve", "copy_in", "copy_in"]
    assert producer.guarded
    assert kinds(compute.prologue[0].steps) == ["acquire", "sync", "product", "arrive"]
    assert kinds(compute.steady) == [
        "wait_products", "release", "acquire", "sync", "product", "arrive",
    ]  # fmt: skip
    release = compute.steady[1]
    assert isinstance(release, Release)
    assert (release.age, release.lag) == (0, 1)  # of the product before, which is over by then
    assert kinds(compute.finish) == [
        "stage", "proxy_fence", "sync", "copy_out", "wait_copies",
    ]  # fmt: skip
    assert compute.registers == 240


def test_each_group_multiplies_its_own_rows() -> None:
    program = warp_program("gemm")
    first_rows = {
        role.name: step.left.first_row
        for role in program.roles[1:]
        for step in role.steady
        if isinstance(step, Product) and isinstance(step.left, SharedOperand)
    }
    assert first_rows == {"compute-1": 0, "compute-2": 64}


def test_a_value_operand_is_read_along_its_rows_and_probabilities_from_registers() -> None:
    role = role_of(warp_program("flash_attention_forward"), "compute-2")
    scores, output = (step for step in role.steady if isinstance(step, Product))
    assert (scores.left.kind, scores.right.major, scores.accumulate) == ("shared", "k", False)
    assert (output.left.kind, output.right.major, output.accumulate) == ("fragment", "mn", True)


def test_turns_pass_once_in_every_iteration_but_those_that_have_no_partner() -> None:
    program = warp_program("flash_attention_forward")
    for barrier in ("turn_1", "turn_2"):
        steady = [step for role in program.roles for step in role.steady]
        (wait,) = (s for s in steady if isinstance(s, Sync) and s.barrier == barrier)
        (passed,) = (s for s in steady if isinstance(s, Arrive) and s.barrier == barrier)
        assert wait.skip_first + wait.skip_last == passed.skip_first + passed.skip_last
        assert (wait.skip_first, wait.skip_last) == (passed.skip_last, passed.skip_first)


def test_groups_that_only_multiply_take_the_last_turn_behind_the_loop() -> None:
    """Then no iteration asks whether it is the last."""
    first, second = (role for role in warp_program("gemm").roles if role.warps == 4)
    (wait,) = (s for s in first.steady if isinstance(s, Sync))
    (passed,) = (s for s in second.steady if isinstance(s, Arrive))
    assert wait.barrier == passed.barrier
    assert (wait.skip_first, passed.skip_first, passed.skip_last) == (1, 0, 0)
    closing = [s for period in first.epilogue for s in period.steps if isinstance(s, Sync)]
    assert [(s.barrier, s.skip_first, s.skip_last) for s in closing] == [(wait.barrier, 0, 0)]


@pytest.mark.parametrize("name", EMITTED)
def test_every_length_of_loop_does_every_operation_once_in_each_iteration(name: str) -> None:
    for role in warp_program(name).roles:
        if role.guarded:
            continue
        for trips in range(1, role.stages + 2 + role.unroll):
            done = products_of(role, trips)
            wanted = Counter(s.operation for s in role.steady if isinstance(s, Product))
            each = {(o, i): n // role.unroll for o, n in wanted.items() for i in range(trips)}
            assert done == each  # a product may be several, for 64 rows and a stretch of K each


def products_of(role: Role, trips: int) -> dict[tuple[str, int], int]:
    """How often each product is issued in each iteration."""
    counts: dict[tuple[str, int], int] = {}

    def run(period: int, steps: tuple[Step, ...]) -> None:
        for step in steps:
            if isinstance(step, Product):
                key = (step.operation, period - step.lag)
                counts[key] = counts.get(key, 0) + 1

    for period, steps in periods_of(role, trips):
        run(period, steps)
    return counts


@pytest.mark.parametrize("name", EMITTED)
def test_what_is_in_flight_at_the_end_is_waited_for(name: str) -> None:
    for role in warp_program(name).roles:
        flying = 0
        for step in (s for period in role.epilogue for s in period.steps):
            if isinstance(step, Product):
                flying += 1
            elif isinstance(step, WaitProducts):
                flying = min(flying, step.pending)
        assert flying == 0


def test_deeper_rings_on_request() -> None:
    name = "flash_attention_forward"
    shallow, deep = warp_program(name), lower_schedule(emission(name), deeper=1)
    depths = {ring.name: ring.depth for ring in shallow.rings}
    assert {ring.name: ring.depth for ring in deep.rings} == {
        "q_tile": 1, "k_tile": depths["k_tile"] + 1, "v_tile": depths["v_tile"] + 1,
    }  # fmt: skip
    assert deep.shared_bytes > shallow.shared_bytes


def test_exponentials_are_promised_while_the_other_product_is_in_flight() -> None:
    program = warp_program("flash_attention_causal")
    promised = {
        promise.operation: promise.counts["MUFU.EX2"]
        for role in program.roles
        for promise in promises(role)
    }
    assert set(promised) == {"s[0]", "s[1]", "acc[0]", "acc[1]"}


def test_what_cannot_be_emitted_yet_is_refused_by_name_and_line() -> None:
    text = text_of("softmax_stream", ROWS="6")
    with pytest.raises(Unsupported, match="rows in one warp group") as caught:
        lower_schedule(emission_of_text(text))
    assert caught.value.problems[0].line is not None


def test_registers_that_nobody_takes_are_shared_out() -> None:
    program: WarpProgram = warp_program("flash_attention_forward")
    budgets = {role.name: role.registers for role in program.roles}
    assert budgets == {"producer": 24, "compute-1": 240, "compute-2": 240}


def test_acquisitions_follow_the_iterations() -> None:
    role = role_of(warp_program("flash_attention_forward"), "compute-1")
    acquired = [step.ring for step in role.steady if isinstance(step, Acquire)]
    assert sorted(acquired) == ["k_tile", "v_tile"]


def test_rings_that_do_not_fit_are_refused_with_their_size() -> None:
    with pytest.raises(Unsupported, match=r"4 more ring slots; a block has 232,448"):
        lower_schedule(emission("gemm"), deeper=4)


def test_a_split_vector_loaded_outside_the_loop_is_read_in_parts() -> None:
    text = (ROOT / "kernels" / "gemm_bias_gelu.yaml").read_text()
    text = text.replace("bias: {dtype: f32, shape: [N]}", "bias: {dtype: f32, shape: [M]}")
    text = text.replace("load(bias, (n,), (BLOCK_N,))", "load(bias, (m,), (BLOCK_M,))")
    text = text.replace("bias_tile[None, :]", "bias_tile[:, None]")
    document = read_document(text, "gemm_bias_gelu.yaml", KernelDocument, InvalidKernel)
    given = emission_of_document(document)
    program = lower_schedule(given)
    for case in sample_cases(given.program):
        assert faults(program, case, seed=1) == 0, case.extents


def test_results_are_staged_where_the_same_group_has_read_the_rows() -> None:
    forward, gemm = warp_program("flash_attention_forward"), warp_program("gemm")
    assert {buffer.name for buffer in forward.buffers} == {"q_tile", "k_tile", "v_tile"}
    assert "store_c" in {buffer.name for buffer in gemm.buffers}


def test_extents_of_which_only_whole_tiles_are_computed_are_required_to_be_whole() -> None:
    required = launch_description(warp_program("flash_attention_forward"), "", "")["requires"]
    assert {(r["extent"], r["multiple_of"]) for r in required} == {
        ("keys", 128), ("queries", 128),
    }  # fmt: skip
    gemm = launch_description(warp_program("gemm"), "", "")["requires"]
    assert {(r["extent"], r["multiple_of"]) for r in gemm} == {("K", 8), ("N", 8)}
