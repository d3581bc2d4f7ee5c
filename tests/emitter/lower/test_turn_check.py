"""Turns on the tensor core that a group could take twice are refused."""

from __future__ import annotations

import pytest

from twill.emitter.lower.turn_check import check_turns
from twill.models.barrier_step import Arrive, Sync
from twill.models.errors import Unsupported
from twill.models.warp_program import Role, WarpProgram
from twill.models.warp_step import Step
from twill.tests.support.emissions import EMITTED, warp_program


def with_events(program: WarpProgram, name: str, *events: Step) -> WarpProgram:
    """The program with a role that does nothing but these events, in every iteration."""
    role = next(r for r in program.roles if r.name == name)
    bare = role.model_copy(
        update={"prologue": (), "epilogue": (), "short": (), "stages": 1, "steady": events}
    )
    roles: tuple[Role, ...] = tuple(bare if r.name == name else r for r in program.roles)
    return program.model_copy(update={"roles": roles})


def turn(number: int, *, wait: bool, skip_first: int = 0, skip_last: int = 0) -> Step:
    kind = Sync if wait else Arrive
    return kind(barrier=f"turn_{number}", skip_first=skip_first, skip_last=skip_last)


@pytest.mark.parametrize("name", EMITTED)
def test_turns_of_library_kernels_cannot_be_taken_twice(name: str) -> None:
    check_turns(warp_program(name))


def test_turns_that_alternate_pass() -> None:
    program = with_events(
        warp_program("gemm"), "compute-1", turn(2, wait=True, skip_first=1), turn(1, wait=False)
    )
    program = with_events(
        program, "compute-2", turn(1, wait=True), turn(2, wait=False, skip_last=1)
    )
    check_turns(program)


def test_a_turn_without_an_answer_is_refused() -> None:
    program = with_events(warp_program("gemm"), "compute-1", turn(1, wait=False))
    program = with_events(program, "compute-2", turn(1, wait=True))
    with pytest.raises(Unsupported, match="arrive at turn_1 twice before the other comes"):
        check_turns(program)


def test_a_turn_whose_answer_comes_two_iterations_later_is_refused() -> None:
    # Products s of both groups, then acc of both, one stage later: acc of the second passes to s of
    # the first at distance 2, and nothing keeps the first from two scores in a row.
    program = with_events(
        warp_program("gemm"), "compute-1",
        turn(2, wait=True, skip_first=2), turn(1, wait=False),
    )  # fmt: skip
    program = with_events(
        program, "compute-2", turn(1, wait=True), turn(2, wait=False, skip_last=2)
    )
    with pytest.raises(Unsupported, match="with 2 trips"):
        check_turns(program)
