"""Programs with one fault each: each is found in any interleaving, by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from twill.emitter.machine.protocol import run_protocol
from twill.models.errors import ProgramViolation
from twill.models.warp_program import WarpProgram
from twill.models.warp_step import Product, Release, Stage, Step
from twill.tests.emitter.machine import programs
from twill.tests.emitter.machine.attention_program import attention
from twill.tests.emitter.machine.programs import gemm, with_steps

TRIPS, SEEDS = 7, range(12)


def drop(program: WarpProgram, role: str, *kinds: str) -> WarpProgram:
    return with_steps(program, role, lambda steps: (s for s in steps if s.step not in kinds))


def change(program: WarpProgram, role: str, kind: str, **update: Any) -> WarpProgram:
    """Change every step of a kind."""
    return with_steps(
        program, role,
        lambda steps: (s.model_copy(update=update) if s.step == kind else s for s in steps),
    )  # fmt: skip


def ring(program: WarpProgram, **update: Any) -> WarpProgram:
    rings = (program.rings[0].model_copy(update=update), *program.rings[1:])
    return program.model_copy(update={"rings": rings})


def without_first_turn() -> WarpProgram:
    program = attention()
    roles = [
        r.model_copy(update={"setup": tuple(s for s in r.setup if s.step != "arrive")})
        for r in program.roles
    ]
    return program.model_copy(update={"roles": tuple(roles)})


def swapped_turns() -> WarpProgram:
    other = {"turn0": "turn1", "turn1": "turn0"}

    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        for s in steps:
            turn = s.step == "sync" and other.get(s.barrier)
            yield s.model_copy(update={"barrier": turn}) if turn else s

    return with_steps(attention(), "compute0", edit)


def released_twice() -> WarpProgram:
    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        for s in steps:
            yield s
            if isinstance(s, Release):
                yield s

    return with_steps(gemm(), "compute0", edit)


def released_by_one() -> WarpProgram:
    return ring(drop(gemm(), "compute1", "release"), arrivals=4)


def read_too_old() -> WarpProgram:
    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        for s in steps:
            if isinstance(s, Product) and s.accumulate:
                s = s.model_copy(update={"right": s.right.model_copy(update={"age": 1})})
            yield s

    return with_steps(gemm(), "compute1", edit)


def staged_again() -> WarpProgram:
    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        staged = [s for s in steps if isinstance(s, Stage)]
        for s in steps:
            if s.step == "wait_copies":
                yield from staged
            yield s

    return with_steps(gemm(), "compute0", edit)


def staged_again_without_barrier() -> WarpProgram:
    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        return (*steps, *(s for s in steps if isinstance(s, Stage)))

    return with_steps(gemm(), "compute0", edit)


def _moved(steps: tuple[Step, ...]) -> Iterable[Step]:
    """The proxy fence after the barrier."""
    fences = [s for s in steps if s.step == "proxy_fence"]
    for s in steps:
        if s.step != "proxy_fence":
            yield s
        if s.step == "sync":
            yield from fences


def written_under_product() -> WarpProgram:
    """P is computed again while the product that reads it is in flight."""

    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        packs = [s for s in steps if s.step == "assign" and s.target == "p"]
        for s in steps:
            if s.step == "boundary":
                yield from packs
            yield s

    return with_steps(attention(), "compute0", edit)


def of_next_iteration() -> WarpProgram:
    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        return (s.model_copy(update={"lag": 2}) if s.step == "copy_in" else s for s in steps)

    return with_steps(gemm(), "producer", edit)


FAULTS: dict[str, tuple[Callable[[], WarpProgram], str]] = {
    "no first turn": (without_first_turn, r"deadlock(.|\n)*compute0.*barrier turn0 \(128 of 256"),
    "an arrive is missing": (lambda: drop(attention(), "compute0", "arrive"),
                             r"deadlock(.|\n)*compute1.*barrier turn1"),
    "turns swapped": (swapped_turns, r"arrives at barrier turn\d twice"),
    "one Release too few": (lambda: drop(gemm(), "compute1", "release"),
                            r"deadlock(.|\n)*producer.*parity \d of empty\[\d\] of ring ab"),
    "one Release too many": (released_twice, r"releases slot \d of ring ab a second time"),
    "a ring too shallow": (lambda: gemm(slots=1), r"deadlock(.|\n)*full\[0\] of ring ab"),
    "no proxy fence": (lambda: drop(gemm(), "compute0", "proxy_fence"), "no proxy fence"),
    "no barrier after the fence": (lambda: drop(gemm(), "compute0", "sync"),
                                   "no barrier since their proxy fence"),
    "the fence after the barrier": (lambda: with_steps(gemm(), "compute0", _moved),
                                    "no barrier since their proxy fence"),
    "a wait leaves one too many": (lambda: change(gemm(), "compute0", "wait_products", pending=2),
                                   "while its product in flight may still read it"),
    "the last wait leaves one": (lambda: change(gemm(), "compute0", "wait_products", pending=1),
                                 "calls fragment acc settled"),
    "nothing is settled": (lambda: change(gemm(), "compute0", "wait_products", settled=()),
                           "reads fragment acc, which a product in flight may still write"),
    "a left operand overwritten": (written_under_product,
                                   "writes fragment p, which a product in flight may still read"),
    "too few arrivals expected": (lambda: ring(gemm(), arrivals=6),
                                  "too many arrivals at empty.* expects 2 more of 6, 4 come"),
    "half of the arrivals expected": (lambda: ring(gemm(), arrivals=4),
                                      r"acquired, not released|holds tile|deadlock(.|\n)*4 of 4"),
    "too many arrivals expected": (lambda: ring(gemm(), arrivals=12),
                                   r"deadlock(.|\n)*4 of 12 arrivals"),
    "too many bytes expected": (lambda: ring(gemm(), bytes=30_000),
                                "expects 30000 bytes, 24576 are copied"),
    "too few bytes expected": (lambda: ring(gemm(), bytes=16_384),
                               "expects 16384 bytes, 24576|holds tile -1|still in flight"),
    "wrong age": (read_too_old, r"reads the tile of iteration \d in slot \d of bufB: wrong age"),
    "no Reserve": (lambda: drop(gemm(), "producer", "reserve"), "a Reserve is missing"),
    "a slot that another reads": (released_by_one,
                                  "a product of compute1 may still read|which holds tile|still in"),
    "staged again too soon": (staged_again, "a copy out of compute0 may still read"),
    "staged again without a barrier": (staged_again_without_barrier,
                                       "a copy out of compute0 may still read"),
    "no wait for copies": (lambda: drop(gemm(), "compute0", "wait_copies"),
                           "ends while its copies out may be in flight"),
    "no wait for writes": (lambda: change(gemm(), "compute0", "wait_copies", read_only=True),
                           "ends while its copies out may be in flight"),
    "nothing staged": (lambda: drop(gemm(), "compute0", "stage"), "which nobody has staged"),
    "an iteration that is none": (of_next_iteration, "is of iteration -2, the loop has 7"),
    "never acquired": (lambda: drop(gemm(), "compute0", "acquire"), "has not acquired"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_called_by_its_name(fault: str) -> None:
    make, sentence = FAULTS[fault]
    program = make()
    for seed in SEEDS:
        with pytest.raises(ProgramViolation, match=sentence):
            run_protocol(program, TRIPS, seed)


def test_a_missing_reserve_in_the_loop_is_found_where_the_slot_is_copied_again() -> None:
    first = programs.gemm().roles[0].steady[0]
    program = drop(gemm(), "producer", "reserve")
    producer = program.roles[0].model_copy(update={"setup": (first,)})
    program = program.model_copy(update={"roles": (producer, *program.roles[1:])})
    with pytest.raises(ProgramViolation, match="copies into slot 0 of bufA again"):
        run_protocol(program, TRIPS, 0)


def test_a_violation_says_where() -> None:
    with pytest.raises(ProgramViolation, match=r"compute1, step \d+ \(product of mma in iter"):
        run_protocol(read_too_old(), TRIPS, 0)
