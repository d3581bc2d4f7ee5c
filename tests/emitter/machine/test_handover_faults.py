"""Faults where threads hand tiles on through shared memory, each found by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from twill.emitter.machine.protocol import run_protocol
from twill.models.errors import ProgramViolation
from twill.models.warp_program import WarpProgram
from twill.models.warp_step import Step
from twill.tests.emitter.machine.programs import with_steps
from twill.tests.support.emissions import warp_program

TRIPS, SEEDS = 7, range(8)
STORED, DECAYED = "o_tile.to_bf16.shared", "k_decayed.shared"
OUT, STATE = "compute-1", "compute-2"
"""The roles of retention: one makes the output, the other the state."""

Edit = Callable[[tuple[Step, ...]], Iterable[Step]]


def edited(role: str, edit: Edit) -> WarpProgram:
    return with_steps(warp_program("retention"), role, edit)


def is_of(step: Step, kind: str, ring: str) -> bool:
    return step.step == kind and getattr(step, "ring", ring) == ring


def drop(role: str, kind: str, ring: str) -> WarpProgram:
    return edited(role, lambda steps: (s for s in steps if not is_of(s, kind, ring)))


def change(role: str, kind: str, ring: str, **update: Any) -> WarpProgram:
    return edited(
        role,
        lambda steps: (
            s.model_copy(update=update) if is_of(s, kind, ring) else s for s in steps
        ),
    )  # fmt: skip


def of_ring(name: str, **update: Any) -> WarpProgram:
    program = warp_program("retention")
    rings = tuple(
        ring.model_copy(update=update) if ring.name == name else ring for ring in program.rings
    )
    return program.model_copy(update={"rings": rings})


def published_early() -> WarpProgram:
    """The hand-over is told of before it is written."""

    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        for s in steps:
            if is_of(s, "publish", DECAYED):
                continue
            yield s
            if is_of(s, "reserve", DECAYED):
                yield next(p for p in steps if is_of(p, "publish", DECAYED))

    return edited(STATE, edit)


def released_early() -> WarpProgram:
    """Keys are given back before threads have read them."""

    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        for s in steps:
            if is_of(s, "release", "k_tile"):
                continue
            yield s
            if is_of(s, "acquire", "k_tile"):
                yield next(p for p in steps if is_of(p, "release", "k_tile"))

    return edited(STATE, edit)


FAULTS: dict[str, tuple[Callable[[], WarpProgram], str]] = {
    "never published": (
        lambda: drop(STATE, "publish", DECAYED),
        r"leaves a reserved slot of ring k_decayed.shared: a Publish is missing"
        r"|deadlock(.|\n)*full\[0\] of ring k_decayed.shared",
    ),
    "published before it is staged": (
        published_early, "publishes a slot of ring k_decayed.shared to which it has staged nothing"
    ),
    "no proxy fence": (
        lambda: drop(STATE, "proxy_fence", DECAYED), "has staged rows: no proxy fence"
    ),
    "no slot reserved": (
        lambda: drop(STATE, "reserve", DECAYED), "without a reserved slot: a Reserve is missing"
    ),
    "never acquired": (
        lambda: drop(OUT, "acquire", STORED),
        r"of ring o_tile.to_bf16.shared that it has not acquired",
    ),
    "copied out and given back at once": (
        lambda: drop(OUT, "wait_copies", STORED),
        "releases slot 0 of ring o_tile.to_bf16.shared while its copy out may still read it",
    ),
    "a wait for copies leaves one": (
        lambda: change(OUT, "wait_copies", STORED, pending=1),
        "releases slot 0 of ring o_tile.to_bf16.shared while its copy out may still read it",
    ),
    "given back by all warps": (
        lambda: change(OUT, "release", STORED, alone=False),
        r"too many arrivals at empty\[0\] of ring o_tile.to_bf16.shared",
    ),
    "given back before it is read": (released_early, "of ring k_tile after it released it"),
    "never given back": (
        lambda: drop(STATE, "release", DECAYED),
        r"deadlock(.|\n)*empty\[0\] of ring k_decayed.shared",
    ),
    "too many writers expected": (
        lambda: of_ring(DECAYED, writers=8),
        r"deadlock(.|\n)*full\[0\] of ring k_decayed.shared",
    ),
    "too few writers expected": (
        lambda: of_ring(DECAYED, writers=2), r"too many arrivals at full\[0\] of ring k_decayed"
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_called_by_its_name(fault: str) -> None:
    make, sentence = FAULTS[fault]
    program = make()
    for seed in SEEDS:
        with pytest.raises(ProgramViolation, match=sentence):
            run_protocol(program, TRIPS, seed)
