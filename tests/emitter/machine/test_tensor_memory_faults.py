"""Programs for Tensor Memory with one fault each: each is found, by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from twill.emitter.machine.protocol import run_protocol
from twill.models.errors import ProgramViolation
from twill.models.product_operand import SharedOperand
from twill.models.tensor_memory_step import TensorProduct
from twill.models.warp_program import WarpProgram
from twill.models.warp_step import Step
from twill.tests.emitter.machine.programs import with_steps
from twill.tests.support.emissions import warp_program

TRIPS, SEEDS = 7, range(12)
Edit = Callable[[Step], bool]


def attention() -> WarpProgram:
    return warp_program("flash_attention_forward", "b200")


def gemm() -> WarpProgram:
    return warp_program("gemm", "b200")


def drop(program: WarpProgram, role: str, kind: str, **fields: object) -> WarpProgram:
    """Without the steps of a kind that have these fields."""

    def stays(step: Step) -> bool:
        alike = all(getattr(step, field, None) == value for field, value in fields.items())
        return step.step != kind or not alike

    changed = with_steps(program, role, lambda steps: (s for s in steps if stays(s)))
    assert changed != program
    return changed


def twice(program: WarpProgram, role: str, kind: str, **fields: object) -> WarpProgram:
    """The steps of a kind that have these fields two times each."""

    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        for step in steps:
            yield step
            if step.step == kind and all(getattr(step, f, None) == v for f, v in fields.items()):
                yield step

    return with_steps(program, role, edit)


def move_up(
    program: WarpProgram, role: str, kind: str, places: int, **fields: object
) -> WarpProgram:
    """The steps of a kind that have these fields so many places earlier."""

    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        found = list(steps)
        for place, step in enumerate(steps):
            if step.step == kind and all(getattr(step, f, None) == v for f, v in fields.items()):
                found.insert(max(0, place - places), found.pop(place))
        return found

    changed = with_steps(program, role, edit)
    assert changed != program
    return changed


def arrivals(program: WarpProgram, signal: str, count: int) -> WarpProgram:
    signals = tuple(
        s.model_copy(update={"arrivals": count}) if s.name == signal else s for s in program.signals
    )
    return program.model_copy(update={"signals": signals})


def two_tiles_at_once(depth: int) -> WarpProgram:
    """The next tile is acquired before the products that read the one before it."""

    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        found = list(steps)
        for place, step in enumerate(steps):
            if step.step == "acquire" and place > 1:
                ahead, behind = steps[place : place + 2], steps[place + 2 :]  # with its fence
                found = [*ahead, *(_older(s) for s in steps[:place]), *behind]
        return found

    program = with_steps(gemm(), "issuer-1", edit)
    ring = program.rings[0].model_copy(update={"depth": depth})
    return program.model_copy(update={"rings": (ring,)})


def _older(step: Step) -> Step:
    if isinstance(step, TensorProduct) and isinstance(step.left, SharedOperand):
        left, right = (o.model_copy(update={"age": 1}) for o in (step.left, step.right))
        return step.model_copy(update={"left": left, "right": right})
    return step.model_copy(update={"age": 1}) if step.step == "commit_release" else step


def written_again() -> WarpProgram:
    """A row vector is written a second time at the end of each period."""

    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        return (*steps, *(step for step in steps if step.step == "write_rows"))

    return with_steps(attention(), "compute-1", edit)


def accumulating_from_the_first() -> WarpProgram:
    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        for step in steps:
            product = isinstance(step, TensorProduct)
            yield step.model_copy(update={"accumulate": True}) if product else step

    return with_steps(gemm(), "issuer-1", edit)


SIGNAL_S, SIGNAL_ACC = {"signal": "s[0].over"}, {"signal": "acc[0].over"}
FULL = {"signal": "alpha[0].full"}

FAULTS: dict[str, tuple[Callable[[], WarpProgram], str]] = {
    "no commit": (lambda: drop(attention(), "compute-1", "commit_products", **SIGNAL_S),
                  r"deadlock(.|\n)*compute-1.*signal s\[0\]\.over.*1 of 1 arrivals"),
    "no commit to release": (
        lambda: drop(attention(), "compute-2", "commit_release", ring="k_tile"),
        r"deadlock(.|\n)*producer.*empty\[\d\] of ring k_tile",
    ),
    "no wait for a commit": (lambda: drop(attention(), "compute-1", "await_signal", **SIGNAL_S),
                             r"reads s\[0\] in Tensor Memory, which a product of compute-1 may "
                             r"still write: no wait for its commit"),
    "P and S overwritten too early": (
        lambda: drop(attention(), "compute-1", "await_signal", **SIGNAL_ACC),
        r"writes s\[0\] in Tensor Memory, which a product of compute-1 may still read: no wait",
    ),
    "no fence after a wait": (
        lambda: drop(attention(), "compute-1", "tensor_fence", side="after", operation="alpha[0]"),
        r"s\[0\] in Tensor Memory after a wait: no tcgen05.fence::after_thread_sync between",
    ),
    "no fence before a signal": (
        lambda: drop(attention(), "compute-2", "tensor_fence", side="before",
                     operation="acc.multiply[0]"),
        r"writes acc.multiply\[0\] in Tensor Memory, which compute-2 may still write: "
        r"no tcgen05.fence::before_thread_sync since",
    ),
    "no fence before a barrier": (
        lambda: drop(attention(), "compute-1", "tensor_fence", side="before", operation="acc[0]"),
        r"reads s\[0\] in Tensor Memory, which compute-1 may still write: "
        r"no tcgen05.fence::before_thread_sync since",
    ),
    "no barrier before a product": (
        lambda: drop(attention(), "compute-2", "sync", operation="acc[1]",
                     barrier="all_compute-2"),
        r"reads s\[1\] in Tensor Memory, which compute-2 may still write: no signal or barrier",
    ),
    "no wait for loads": (
        lambda: drop(attention(), "compute-1", "wait_tensor_loads", operation="alpha[0]"),
        r"uses fragment s\[0\], whose load from Tensor Memory no tcgen05.wait has settled",
    ),
    "no wait for stores": (
        lambda: drop(attention(), "compute-2", "wait_tensor_stores", operation="acc.multiply[0]"),
        r"before a tcgen05.wait for its own load or store of it",
    ),
    "stored again before it was loaded": (
        lambda: move_up(attention(), "compute-1", "store_tensor", 3, operation="acc.multiply[1]",
                        lag=1),
        r"uses fragment acc\[1\], whose load|before a tcgen05.wait for its own load",
    ),
    "a product does not wait for a chain": (
        lambda: drop(attention(), "compute-1", "await_signal", signal="acc.multiply[0].over"),
        r"writes acc.multiply\[0\] in Tensor Memory, which compute-2 may still (read|write)",
    ),
    "a row vector written over": (
        written_again,
        r"(writes|reads) alpha\[0\].staged, which compute-\d may still (read|write): no signal",
    ),
    "a row vector read too early": (
        lambda: drop(attention(), "compute-2", "await_signal", **FULL),
        r"reads alpha\[0\].staged, which (nobody has written|compute-1 may still write)",
    ),
    "waits once too often": (lambda: twice(attention(), "compute-2", "await_signal", **FULL),
                             r"deadlock(.|\n)*compute-2.*signal alpha\[0\]\.full"),
    "given once too often": (lambda: twice(attention(), "compute-1", "notify", **FULL),
                             r"signal alpha\[0\]\.full is given again|still (read|write)"),
    "more arrivals expected": (lambda: arrivals(attention(), "acc.multiply[0].over", 8),
                               r"deadlock(.|\n)*signal acc.multiply\[0\]\.over.*4 of 8 arrivals"),
    "fewer arrivals expected": (lambda: arrivals(attention(), "acc.multiply[0].over", 3),
                                r"too many arrivals at signal acc.multiply\[0\]\.over"),
    "a ring too shallow": (lambda: two_tiles_at_once(1),
                           r"deadlock(.|\n)*full\[0\] of ring b_tile"),
    "released twice": (lambda: twice(gemm(), "issuer-1", "commit_release", ring="b_tile"),
                       r"releases slot \d of ring b_tile a second time"),
    "nothing to add to": (accumulating_from_the_first,
                          r"adds to acc\[\d\] before anything was written to it"),
    "results read too early": (lambda: drop(gemm(), "epilogue-1", "await_signal"),
                               r"loads acc\[0\] before anything|which a product of issuer-1 may"),
    "ends with products in flight": (lambda: drop(gemm(), "issuer-1", "await_signal"),
                                     "ends while its products may be in flight"),
    "never given back": (lambda: drop(gemm(), "epilogue-1", "free_tensors"),
                         "ends with Tensor Memory allocated: a FreeTensors is missing"),
    "given back too early": (
        lambda: drop(gemm(), "epilogue-1", "sync", barrier="tensors_read"),
        r"acc\[\d\] in Tensor Memory(, which .* may still| after it was given back)",
    ),
    "given back without a fence": (
        lambda: drop(gemm(), "epilogue-1", "tensor_fence", side="before"),
        r"acc\[0\] in Tensor Memory, which epilogue-1 may still read: "
        r"no tcgen05.fence::before_thread_sync since",
    ),
    "copied out unseen": (lambda: drop(gemm(), "epilogue-2", "proxy_fence"), "no proxy fence"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_called_by_its_name(fault: str) -> None:
    make, sentence = FAULTS[fault]
    program = make()
    for seed in SEEDS:
        with pytest.raises(ProgramViolation, match=sentence):
            run_protocol(program, TRIPS, seed)


def test_two_tiles_at_once_are_right_in_a_ring_that_holds_them() -> None:
    for seed in SEEDS:
        run_protocol(two_tiles_at_once(3), TRIPS, seed)
