"""Values that need several versions in registers: loops unrolled, and how they end."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from twill.emitter.lower import versions
from twill.emitter.lower.lower import lower_schedule
from twill.emitter.lower.versions import SecondVersion
from twill.emitter.machine.protocol import run_protocols
from twill.extractor.sample_cases import sample_cases
from twill.models.errors import ProgramViolation
from twill.models.role_periods import periods_of
from twill.models.warp_program import Role, WarpProgram
from twill.models.warp_step import Anchor, Assign, Product
from twill.tests.support.emissions import UNROLLED, emission, faults, warp_program


def working(program: WarpProgram) -> list[Role]:
    return [role for role in program.roles if role.warps == 4]


@pytest.mark.parametrize("name", UNROLLED)
def test_products_write_the_version_of_their_iteration(name: str) -> None:
    for role in working(warp_program(name)):
        twice = {f.name for f in role.fragments if f.name.endswith(".second")}
        assert twice
        for trips in range(1, 9):
            for period, steps in periods_of(role, trips):
                for step in steps:
                    if isinstance(step, Product) and f"{step.target}.second" in twice:
                        assert (period - step.lag) % 2 == 0
                    if isinstance(step, Product) and step.target in twice:
                        assert (period - step.lag) % 2 == 1


@pytest.mark.parametrize("name", UNROLLED)
def test_loops_that_leave_periods_over_are_right(name: str) -> None:
    program = warp_program(name)
    for trips in range(12):
        run_protocols(program, trips, range(30))
    for seed, case in enumerate(sample_cases(emission(name).program)):
        assert faults(program, case, seed) == 0


@pytest.mark.parametrize("name", UNROLLED)
def test_without_its_second_version_a_value_is_lost(name: str) -> None:
    program = warp_program(name)
    text = program.canonical_json()
    case = max(sample_cases(emission(name).program), key=lambda c: sum(c.extents.values()))
    for role in working(program):
        for fragment in role.fragments:
            if fragment.name.endswith(".second"):
                text = text.replace(f'"{fragment.name}"', f'"{fragment.name[:-7]}"')
    with pytest.raises(ProgramViolation, match="a product in flight may still write"):
        assert faults(WarpProgram.from_json(text), case, seed=0) == 0


@pytest.mark.parametrize("name", UNROLLED)
def test_a_wrong_remainder_is_objected_to(name: str) -> None:
    program = warp_program(name)
    role = working(program)[0]
    others = tuple(r for r in program.roles if r != role)
    without = role.model_copy(update={"remainders": ()})
    with pytest.raises(ProgramViolation, match="needs a remainder for each of 1 to 1 periods left"):
        WarpProgram(**{**dict(program), "roles": (*others, without)})


def test_a_value_that_later_iterations_find_in_place_gets_no_second_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(versions, "_lasting", lambda emission, homes: frozenset(homes.values()))
    with pytest.raises(SecondVersion, match="has made the next one") as caught:
        lower_schedule(emission("fp8_gemm_block_scales"))
    assert caught.value.problems[0].line is not None


def test_work_on_a_waiting_version_is_anchored_to_a_number() -> None:
    for role in working(warp_program("flash_attention_sigmoid")):
        anchors = [step for step in role.steady if isinstance(step, Anchor)]
        assert [step.operation for step in anchors] == [role_chain(role)] * 2
        (name,) = anchors[0].fragments
        (number, *_) = (s for s in role.steady if isinstance(s, Assign) and s.target == name)
        assert number.value.kind == "scalar"


def role_chain(role: Role) -> str:
    return next(operation for operation in role.operations if operation.startswith("p["))


@pytest.mark.parametrize("name", UNROLLED)
def test_the_same_schedule_gives_the_same_program_whatever_sets_are_ordered_by(name: str) -> None:
    code = (
        "from twill.tests.support.emissions import warp_program\n"
        f"print(warp_program({name!r}).digest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert digests == {warp_program(name).digest() + "\n"}
