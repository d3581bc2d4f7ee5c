"""From a schedule to a warp program for Tensor Memory: what the roles of two kernels do."""

from __future__ import annotations

import pytest

from twill.emitter.lowering import lower
from twill.models.errors import Unsupported
from twill.models.product_operand import TensorOperand
from twill.models.tensor_memory_step import AwaitSignal, StoreTensor, TensorProduct
from twill.models.warp_program import Role
from twill.models.warp_program_checks import steps_of
from twill.models.warp_step import Acquire
from twill.tests.support.emissions import (
    ON_BLACKWELL,
    emission,
    loose_emission,
    role_of,
    warp_program,
)


def kinds(role: Role, operation: str) -> list[str]:
    """The steps of an operation in the steady state."""
    return [step.step for step in role.steady if step.operation == operation]


@pytest.mark.parametrize("name", ON_BLACKWELL)
def test_every_operation_of_the_schedule_is_in_the_steady_state_in_issue_order(name: str) -> None:
    program, given = warp_program(name, "b200"), emission(name, "b200")
    for role in program.roles:
        order = list(dict.fromkeys(step.operation for step in role.steady))
        assert order == list(role.operations)
        slots = [given.schedule.slot(operation) for operation in role.operations]
        assert slots == sorted(slots)
    everything = {operation for role in program.roles for operation in role.operations}
    assert everything == {operation.name for operation in given.graph.operations}


def test_gemm_is_a_warp_that_copies_one_that_multiplies_and_two_groups_that_store() -> None:
    program = warp_program("gemm", "b200")
    assert [(role.name, role.first_warp, role.warps) for role in program.roles] == [
        ("producer", 0, 1), ("issuer-1", 1, 1), ("epilogue-1", 4, 4), ("epilogue-2", 8, 4),
    ]  # fmt: skip
    assert [role.registers for role in program.roles] == [24, 24, 240, 240]  # of 3 x 168
    assert program.rings[0].arrivals == 1  # one commit
    assert [(t.first_column, t.columns) for t in program.tensors] == [(0, 256), (256, 256)]
    issuer = role_of(program, "issuer-1")
    assert kinds(issuer, "acc[0]") == ["acquire", "tensor_fence", "tensor_product"]
    assert kinds(issuer, "acc[1]") == ["tensor_product", "commit_release"]


def test_the_first_product_overwrites_what_the_columns_hold() -> None:
    issuer = role_of(warp_program("gemm", "b200"), "issuer-1")
    products = [step for step in steps_of(issuer) if isinstance(step, TensorProduct)]
    first = [step.accumulate for step in products if step.tensor == "acc[0]"]
    assert first[0] is False
    assert all(step.accumulate for step in issuer.steady if isinstance(step, TensorProduct))


@pytest.mark.parametrize("name", ON_BLACKWELL)
def test_only_who_issues_products_waits_for_what_its_commit_releases(name: str) -> None:
    program = warp_program(name, "b200")
    released = {ring.name for ring in program.rings if ring.arrivals}
    waits = [s for r in program.roles for s in steps_of(r) if isinstance(s, Acquire)]
    assert {step.ring for step in waits if step.alone} == released
    assert not [step.ring for step in waits if not step.alone and step.ring in released]


def test_attention_puts_p_over_s_and_multiplies_from_there() -> None:
    program = warp_program("flash_attention_forward", "b200")
    group = role_of(program, "compute-1")
    stores = [step for step in group.steady if isinstance(step, StoreTensor)]
    assert ("s[0]", ("row_sum[0]",)) in [(step.tensor, step.after) for step in stores]
    values = [step for step in group.steady if isinstance(step, TensorProduct)]
    assert [step.left for step in values if step.operation == "acc[0]"] == [
        TensorOperand(tensor="s[0]")
    ]


def test_who_rescales_waits_for_the_product_and_for_the_factor() -> None:
    program = warp_program("flash_attention_forward", "b200")
    group = role_of(program, "compute-2")
    waits = [
        step.signal
        for step in group.steady
        if isinstance(step, AwaitSignal) and step.operation == "acc.multiply[0]"
    ]
    assert waits == ["acc[0].over", "alpha[0].full"]


def test_what_a_group_knows_already_is_not_signalled() -> None:
    program = warp_program("flash_attention_forward", "b200")
    awaited = {s.signal for r in program.roles for s in steps_of(r) if isinstance(s, AwaitSignal)}
    assert {signal.name for signal in program.signals} == awaited
    # the group that makes the factor waits for the chain that has read the last one
    assert "alpha[0].empty" not in awaited


def test_one_role_gives_tensor_memory_back_when_all_are_done() -> None:
    program = warp_program("flash_attention_forward", "b200")
    freeing = [r.name for r in program.roles if any(s.step == "free_tensors" for s in r.finish)]
    assert freeing == ["compute-1"]
    assert [step.step for step in role_of(program, "compute-1").finish[-4:]] == [
        "sync", "tensor_fence", "free_tensors", "wait_copies",
    ]  # fmt: skip


def test_the_ring_depth_can_be_raised_within_shared_memory() -> None:
    deeper = lower(emission("dual_gemm_swiglu", "b200"), deeper=1)
    depths = [r.depth for r in warp_program("dual_gemm_swiglu", "b200").rings if r.arrivals]
    assert [r.depth for r in deeper.rings if r.arrivals] == [depth + 1 for depth in depths]
    with pytest.raises(Unsupported, match="bytes of shared memory with staging and 9 more"):
        lower(emission("gemm", "b200"), deeper=9)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("fp8_gemm_block_scales", "loaded in the loop, and not read by products alone"),
        ("gated_linear_attention", "q_decayed in Tensor Memory: more than one copy at once"),
    ],
)
def test_what_cannot_be_emitted_yet_is_refused_by_name(name: str, sentence: str) -> None:
    with pytest.raises(Unsupported, match=sentence):
        lower(loose_emission(name, "b200"))


@pytest.mark.parametrize("name", [n for n in ON_BLACKWELL if n.startswith("flash_attention")])
def test_a_boundary_stands_between_loads_in_the_loop_and_their_wait(name: str) -> None:
    for role in warp_program(name, "b200").roles:
        steps = [step.step for step in role.steady]
        waits = [place for place, step in enumerate(steps) if step == "wait_tensor_loads"]
        assert all(steps[place - 1] == "boundary" for place in waits)
        assert len(waits) == steps.count("boundary")
