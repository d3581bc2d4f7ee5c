"""Blocks that do tile after tile: right results, no hazard, and faults that are called by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from twill.emitter.launch_description import launch_description
from twill.emitter.lower.lower import lower_schedule
from twill.emitter.lower.persistent import made_persistent
from twill.emitter.lowering import lower
from twill.emitter.machine.machine import run_warp_program
from twill.emitter.machine.protocol import run_protocol, run_protocols
from twill.emitter.machine.role_run import RoleRun
from twill.emitter.printer.printer import print_cuda
from twill.extractor.sample_cases import sample_cases
from twill.models.barrier_step import Sync
from twill.models.errors import ProgramViolation, Unsupported
from twill.models.warp_program import NamedBarrier, WarpProgram
from twill.models.warp_step import Release, Step, WaitCopies
from twill.tests.emitter.machine.programs import with_steps
from twill.tests.support.emissions import (
    EMITTED,
    emission,
    faults,
    persistent_program,
    role_of,
    warp_program,
)

SHARED = 232_448
TRIPS = (
    (0,), (1,), (5,), (0, 0), (1, 1), (2, 2), (1, 2), (9, 0), (0, 9), (5, 7),
    (0, 0, 0), (1, 1, 1), (2, 1, 2), (3, 0, 4), (9, 9, 9), (2, 0, 0, 1, 0, 3),
)  # fmt: skip
SEEDS = range(12)


@pytest.mark.parametrize("name", EMITTED)
def test_every_sample_case_gives_what_the_program_means(name: str) -> None:
    for seed, case in enumerate(sample_cases(emission(name).program)):
        assert faults(persistent_program(name), case, seed) == 0, case.extents


@pytest.mark.parametrize("name", EMITTED)
def test_interleavings_of_blocks_of_one_to_six_tiles(name: str) -> None:
    for place, trips in enumerate(TRIPS):
        run_protocols(persistent_program(name), trips, range(40 * place, 40 * place + 40))


@pytest.mark.parametrize("name", ["gemm", "flash_attention_causal"])
@pytest.mark.parametrize("blocks", [1, 2, 3, 132])
def test_any_number_of_blocks_gives_the_same(name: str, blocks: int) -> None:
    case = sample_cases(emission(name).program)[0]
    arguments, extents = {**case.inputs, **case.scalars}, dict(case.extents)
    wanted = run_warp_program(warp_program(name), arguments, extents)
    got = run_warp_program(
        persistent_program(name), arguments, extents, seed=blocks, multiprocessors=blocks
    )
    for output, array in wanted.items():
        assert (got[output] == array).all()


def tight(name: str = "flash_attention_forward") -> WarpProgram:
    """With rings that leave no memory for anything between tiles."""
    return lower_schedule(emission(name), deeper=1, persistent=True)


def test_memory_that_is_left_is_spent_on_overlap_between_tiles() -> None:
    program = persistent_program("flash_attention_forward")
    query, staged = program.ring("q_tile"), program.buffer("q_tile.staged")
    assert (query.depth, query.arrivals, staged.slots) == (2, 8, 1)
    compute = role_of(program, "compute-1")
    # The query tile is given back before the results are written.
    assert [step.step for step in compute.finish] == [
        "release", "sum_quads", "wait_copies", "sync", "stage", "proxy_fence", "sync", "copy_out",
    ]  # fmt: skip
    assert [step.step for step in compute.last] == ["wait_copies"]


def test_with_a_slot_less_to_spend_results_are_staged_apart_all_the_same() -> None:
    program = persistent_program("flash_attention_causal")
    assert program.ring("q_tile").depth == 1
    assert program.buffer("q_tile.staged").slots == 1


def test_without_memory_a_tile_is_given_back_when_its_results_were_read() -> None:
    program = tight()
    assert {buffer.name for buffer in program.buffers} == {"q_tile", "k_tile", "v_tile"}
    assert (program.ring("q_tile").depth, program.ring("q_tile").arrivals) == (1, 8)
    finish = [step.step for step in role_of(program, "compute-1").finish]
    assert finish[-4:] == ["copy_out", "wait_copies", "sync", "release"]


def test_tight_programs_are_right_as_well() -> None:
    for place, trips in enumerate(TRIPS):
        run_protocols(tight(), trips, range(20 * place, 20 * place + 20))
    for seed, case in enumerate(sample_cases(emission("flash_attention_forward").program)):
        assert faults(tight(), case, seed) == 0


def test_blocks_are_as_many_as_multiprocessors_or_tiles() -> None:
    tiles = ["*", ["cdiv", "M", 128], ["cdiv", "N", 256]]
    countable = ["min", 1, ["//", 2**31 - 2**10, tiles]]
    grid = launch_description(persistent_program("gemm"), "", "")["grid"]
    assert grid == [["*", ["min", tiles, "multiprocessors"], countable], 1, 1]


@pytest.mark.parametrize("name", ["gemm", "flash_attention_forward"])
def test_cursors_are_declared_outside_the_loop_over_tiles(name: str) -> None:
    text = print_cuda(persistent_program(name)).partition("__syncthreads();")[2]
    roles = re.split(r"// ---- (?:producer|compute-\d)\n", text)[1:]
    assert len(roles) == 3
    for role in roles:
        before, _, inside = role.partition("for (int tile_number = blockIdx.x;")
        assert "_phase = 1;" in before
        assert "_phase ^= 1" in inside
        assert "_phase = 1;" not in inside


# ---- faults


def without(program: WarpProgram, kind: type[Step], **fields: object) -> WarpProgram:
    """The program without the steps of a kind that have those fields."""

    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        return (
            s for s in steps
            if not (isinstance(s, kind) and fields.items() <= s.model_dump().items())
        )  # fmt: skip

    for role in program.roles:
        program = with_steps(program, role.name, edit)
    return program


def released_at_once(program: WarpProgram) -> WarpProgram:
    """The query tile is given back before the results that lie over it are copied."""

    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        early = [s for s in steps if isinstance(s, Release) and s.ring == "q_tile"]
        return (*early, *(s for s in steps if s not in early))

    for role in ("compute-1", "compute-2"):
        program = with_steps(program, role, edit)
    return program


TIGHT = "tight"
FAULTS: dict[str, tuple[str, Callable[[WarpProgram], WarpProgram], str]] = {
    "staged before the copies were read": (
        "gemm",
        lambda program: without(program, WaitCopies, read_only=True),
        "stages to slot 0 of store_c, which a copy out of compute-. may still read",
    ),
    "staged before all warps know": (
        "gemm",
        lambda program: without(program, Sync, barrier="all_compute-1"),
        "no barrier since their proxy fence|a copy out of compute-1 may still read",
    ),
    "refilled before the copies were read": (
        TIGHT,
        lambda program: without(program, WaitCopies, read_only=True),
        "(copies|writes) (in)?to slot 0 of q_tile, which a copy out of compute-. may still read",
    ),
    "given back before it is staged over": (
        TIGHT,
        released_at_once,
        "may still read|still in flight|staged over|staged without",
    ),
    "never given back": (
        "flash_attention_forward",
        lambda program: without(program, Release, ring="q_tile"),
        r"deadlock(.|\n)*producer.*empty\[0\] of ring q_tile",
    ),
    "groups in different tiles": (
        "flash_attention_forward",
        lambda program: without(program, Sync, barrier="tile"),
        "arrives at barrier turn_. twice before the others came once",
    ),
    "the end is not waited for": (
        "gemm",
        lambda program: program.model_copy(
            update={"roles": tuple(r.model_copy(update={"last": ()}) for r in program.roles)}
        ),
        "ends while its copies out may be in flight",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_called_by_its_name(fault: str) -> None:
    name, change, sentence = FAULTS[fault]
    program = change(tight() if name == TIGHT else persistent_program(name))
    found = 0
    for seed in range(40):
        try:
            run_protocol(program, (1, 1, 2, 1), seed)
        except ProgramViolation as violation:
            found += 1
            with pytest.raises(ProgramViolation, match=sentence):
                raise violation
    assert found > 0


def test_phases_that_begin_again_with_each_tile_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = RoleRun._do_steps

    def forgetful(run: RoleRun, *arguments: object) -> object:
        if run.role.name == "compute-1":
            run.acquired.clear()
        return begin(run, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(RoleRun, "_do_steps", forgetful)
    run_protocol(persistent_program("gemm"), (4,), 0)
    for seed in SEEDS:
        with pytest.raises(ProgramViolation, match=r"deadlock|which holds tile|wrong age|flight"):
            run_protocol(persistent_program("gemm"), (4, 4), seed)


# ---- refusals


def test_barriers_and_memory_have_limits() -> None:
    program = warp_program("flash_attention_forward")
    with pytest.raises(Unsupported, match="164,960 bytes of shared memory as a persistent kernel"):
        made_persistent(program, program.shared_bytes)
    more = tuple(NamedBarrier(name=f"b{n}", number=n, threads=128) for n in range(5, 16))
    full = program.model_copy(update={"barriers": (*program.barriers, *more)})
    with pytest.raises(Unsupported, match="one more named barrier"):
        made_persistent(full, SHARED)


def test_products_in_tensor_memory_are_not_persistent_yet() -> None:
    with pytest.raises(Unsupported, match="a persistent kernel with products in Tensor Memory"):
        lower(emission("gemm", "b200"), persistent=True)


def test_copies_out_within_the_loop_are_refused() -> None:
    program = warp_program("gemm")
    role = role_of(program, "compute-1")
    inside = role.model_copy(update={"steady": (*role.steady, *role.finish)})
    roles = tuple(inside if r.name == role.name else r for r in program.roles)
    with pytest.raises(Unsupported, match="compute-1 copies out of no ring within the loop"):
        made_persistent(program.model_copy(update={"roles": roles}), SHARED)


def test_a_program_says_what_a_persistent_one_lacks() -> None:
    program = persistent_program("flash_attention_forward")
    once = tuple(ring.model_copy(update={"arrivals": 0}) for ring in program.rings)
    with pytest.raises(ProgramViolation, match="ring q_tile is never released"):
        WarpProgram(**{**dict(program), "rings": once})
    with pytest.raises(ProgramViolation, match="has no order"):
        WarpProgram(**{**dict(program), "order": None})
    with pytest.raises(ProgramViolation, match="steps after its last tile"):
        WarpProgram(**{**dict(program), "persistent": False})


def test_the_plain_order_can_be_persistent_too() -> None:
    program = lower_schedule(emission("gemm"), tile_order="plain", persistent=True)
    assert program.order is not None
    assert (program.order.axes, program.order.band) == (("m", "n"), 0)
    run_protocols(program, (2, 3), SEEDS)


def test_narrow_bands_are_right_as_well() -> None:
    given = emission("gemm")
    program = lower_schedule(replace(given, multiprocessors=16), persistent=True)
    assert program.order is not None
    assert program.order.band == 4
    case = sample_cases(given.program)[-1]
    assert faults(program, case, seed=3) == 0
