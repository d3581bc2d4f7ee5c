"""Text for Tensor Memory: moves of so many columns, and conditions that are joined."""

from __future__ import annotations

import re

import pytest

from twill.emitter.printer.prelude import pieces
from twill.emitter.printer.printer import print_cuda
from twill.emitter.printer.tensor_functions import generated_move, move_name
from twill.emitter.printer.text import under_one_condition
from twill.models.barrier_step import Arrive
from twill.models.errors import ProgramViolation
from twill.models.warp_program import WarpProgram
from twill.tests.support.emissions import warp_program


@pytest.mark.parametrize(("columns", "parts"), [(128, [32] * 4), (64, [32, 32]), (40, [32, 8])])
@pytest.mark.parametrize("kind", ["load", "store"])
def test_a_move_is_cut_into_instructions_of_powers_of_two(
    kind: str, columns: int, parts: list[int]
) -> None:
    text = generated_move(move_name(kind, "f32", columns))
    assert text is not None
    opcode = "ld" if kind == "load" else "st"
    found = re.findall(rf"tcgen05\.{opcode}\.sync\.aligned\.32x32b\.x(\d+)\.b32", text)
    assert [int(count) for count in found] == parts
    assert [f"d[{i}]" in text for i in (0, columns - 1, columns)] == [True, True, False]


def test_another_name_is_no_move() -> None:
    assert generated_move("tensor_wait_loads") is None


def test_neighbours_under_one_condition_are_joined_and_the_warp_meets_behind() -> None:
    lines = ["before();", "if (one) {", "  a();", "  b();", "}", "if (one) c();", "after();"]
    assert under_one_condition("one", lines) == [
        "before();", "if (one) {", "  a();", "  b();", "  c();", "}", "__syncwarp();", "after();",
    ]  # fmt: skip


def test_another_condition_stays_by_itself() -> None:
    lines = ["if (two) a();"]
    assert under_one_condition("one", list(lines)) == lines


def test_kernels_without_tensor_memory_do_not_mention_it() -> None:
    text = print_cuda(warp_program("gemm"))
    assert "tcgen05" not in text
    assert "tensor_product" in pieces()


def test_one_role_has_to_free_what_a_warp_allocates() -> None:
    program = warp_program("gemm", "b200")
    roles = tuple(role.model_copy(update={"finish": ()}) for role in program.roles)
    with pytest.raises(ProgramViolation, match="0 roles free Tensor Memory"):
        print_cuda(WarpProgram.model_construct(**{**dict(program), "roles": roles}))


def test_one_thread_at_a_named_barrier_is_all_that_is_left_of_its_warp() -> None:
    """PTX ISA, barrier: it waits for all threads of the warp that have not ended."""
    program = warp_program("gemm", "b200")
    assert "if (warp == 1 && elect()) {" in print_cuda(program)
    arrival = Arrive(barrier=program.barriers[-1].name)
    roles = tuple(
        role.model_copy(update={"finish": (*role.finish, arrival)})
        if role.name == "issuer-1"
        else role
        for role in program.roles
    )
    text = print_cuda(WarpProgram.model_construct(**{**dict(program), "roles": roles}))
    assert "if (warp == 1) {\n      if (!elect()) leave();" in text
    assert 'DEV void leave() { asm volatile("exit;"); }' in text
    assert "bar_arrive_alone<" in text
