"""Faults that only a run with data shows, and those of fragments one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from twill.emitter.machine.hazards import Hazard
from twill.emitter.machine.ledger import Ledger
from twill.emitter.machine.machine import run_warp_program
from twill.models.errors import ProgramViolation
from twill.models.index_expression import IndexName
from twill.models.warp_expression import Coordinate
from twill.models.warp_program import WarpProgram
from twill.models.warp_step import StoreRows
from twill.tests.emitter.machine.attention_program import attention
from twill.tests.emitter.machine.programs import gemm, with_steps


def changed(kind: str, **update: Any) -> WarpProgram:
    program = gemm()
    for role in ("producer", "compute0", "compute1"):
        program = with_steps(
            program, role,
            lambda steps: (s.model_copy(update=update) if s.step == kind else s for s in steps),
        )  # fmt: skip
    return program


def mapped(**update: Any) -> WarpProgram:
    maps = tuple(m.model_copy(update=update) for m in gemm().tensor_maps)
    return gemm().model_copy(update={"tensor_maps": maps})


FAULTS: dict[str, tuple[Callable[[], WarpProgram], str]] = {
    "another swizzle": (lambda: mapped(swizzle=64), "swizzled by 64, bufA is swizzled by 128"),
    "another type": (lambda: changed("product", dtype="fp16"), "multiplies fp16, bufB holds bf16"),
    "too deep": (lambda: changed("product", depth=128), "reads outside slot 0 of bufB"),
    "no such index": (lambda: changed("copy_in", index=(IndexName(name="z", role="local"),) * 2),
                      "reads the index z"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_data_is_called_by_its_name(fault: str) -> None:
    make, sentence = FAULTS[fault]
    ones = np.ones((128, 64), ml_dtypes.bfloat16)
    with pytest.raises(ProgramViolation, match=sentence):
        run_warp_program(make(), {"A": ones, "B": ones})


def test_rows_cannot_be_stored_from_a_formula_of_columns() -> None:
    def edit(steps: Any) -> Any:
        for s in steps:
            column = isinstance(s, StoreRows)
            yield s.model_copy(update={"value": Coordinate(axis="column")}) if column else s

    zeros = np.zeros((128, 64), ml_dtypes.bfloat16)
    arguments = {"Q": zeros, "K": zeros, "V": zeros, "bias": np.zeros(128, np.float32), "scale": 1}
    with pytest.raises(ProgramViolation, match="asks for the column of an element"):
        run_warp_program(with_steps(attention(), "compute0", edit), arguments)


def ledger() -> Ledger:
    """One product into d in flight, which reads p."""
    found = Ledger()
    for name in ("d", "p", "x"):
        found.write(name)
    found.issue("d", "p", accumulate=True)
    return found


def test_products_into_one_fragment_need_no_wait() -> None:
    found = ledger()
    assert found.issue("d", "p", accumulate=True) == 2
    found.check_read(("p", "x"))
    found.wait(0, ("d", "p"))
    found.check_read(("d",))
    found.write("p")


@pytest.mark.parametrize(
    ("use", "sentence"),
    [
        (lambda it: it.check_read(("d",)), "reads fragment d, which a product in flight may still"),
        (lambda it: it.write("d"), "writes fragment d, which a product in flight may still write"),
        (lambda it: it.write("p"), "writes fragment p, which a product in flight may still read"),
        (lambda it: it.issue("p", None, accumulate=False), "writes fragment p"),
        (lambda it: it.issue("new", None, accumulate=True), "adds to fragment new before"),
        (lambda it: it.check_read(("new",)), "reads fragment new before"),
        (lambda it: it.wait(1, ("p",)), "calls fragment p settled"),
    ],
)
def test_a_fragment_in_flight_cannot_be_touched(
    use: Callable[[Ledger], object], sentence: str
) -> None:
    with pytest.raises(Hazard, match=sentence):
        use(ledger())


def test_a_wait_that_does_not_name_a_fragment_does_not_settle_it() -> None:
    found = ledger()
    found.wait(0, ())
    with pytest.raises(Hazard, match="no wait has settled it"):
        found.check_read(("d",))
