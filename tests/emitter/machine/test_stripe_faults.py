"""Faults of kernels without products, each found by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from twill.emitter.machine.protocol import run_protocol
from twill.extractor.sample_cases import sample_cases
from twill.models.errors import ProgramViolation
from twill.models.warp_expression import Coordinate, StoredElement
from twill.models.warp_program import Fragment, WarpProgram
from twill.models.warp_step import Step, StoreRows
from twill.tests.emitter.machine.programs import with_steps
from twill.tests.support.emissions import emission, faults, warp_program
from twill.tests.support.row_kernels import ROW_SUMS, emission_of_text, program_of_text

TRIPS, SEEDS = 7, range(8)
OUT = "y_tile.to_bf16.shared"
Edit = Callable[[tuple[Step, ...]], Iterable[Step]]


def edited(edit: Edit, role: str = "compute-1") -> WarpProgram:
    return with_steps(warp_program("layer_norm"), role, edit)


def is_of(step: Step, kind: str, ring: str) -> bool:
    return step.step == kind and getattr(step, "ring", ring) == ring


def drop(kind: str, ring: str, role: str = "compute-1") -> WarpProgram:
    return edited(lambda steps: (s for s in steps if not is_of(s, kind, ring)), role)


def change(kind: str, ring: str, **update: Any) -> WarpProgram:
    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        return (s.model_copy(update=update) if is_of(s, kind, ring) else s for s in steps)

    return edited(edit)


def released_early() -> WarpProgram:
    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        for s in steps:
            if not is_of(s, "release", "x_tile"):
                yield s
            if is_of(s, "acquire", "x_tile"):
                yield next(p for p in steps if is_of(p, "release", "x_tile"))

    return edited(edit)


FAULTS: dict[str, tuple[Callable[[], WarpProgram], str]] = {
    "a vector is read before it is there": (
        lambda: drop("acquire", "w"), r"of ring w that it has not acquired"
    ),
    "a vector is never copied": (
        lambda: drop("copy_in", "w", "producer"), r"ring w.*(bytes|copied)|deadlock(.|\n)*ring w"
    ),
    "a tile is read before it is there": (
        lambda: drop("acquire", "x_tile"), r"of ring x_tile that it has not acquired"
    ),
    "a tile is given back before it is read": (released_early, "ring x_tile after it released it"),
    "a tile is never given back": (
        lambda: drop("release", "x_tile"), r"deadlock(.|\n)*empty\[0\] of ring x_tile"
    ),
    "no proxy fence": (
        lambda: drop("proxy_fence", OUT), "has staged rows: no proxy fence"
    ),
    "no wait for a free slot": (
        lambda: drop("reserve", OUT), "without a reserved slot: a Reserve is missing"
    ),
    "given back while its copy out reads": (
        lambda: drop("wait_copies", OUT),
        f"releases slot . of ring {OUT} while its copy out may still read it",
    ),
    "rows beyond the tile": (
        lambda: change("stage", OUT, first_row=4), "stages rows 4 to 12 of .*, which has 8"
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_called_by_its_name(fault: str) -> None:
    make, sentence = FAULTS[fault]
    program = make()
    for seed in SEEDS:
        with pytest.raises(ProgramViolation, match=sentence):
            run_protocol(program, TRIPS, seed)


# ---- with data


@pytest.mark.parametrize(("field", "value"), [("first_column", 64), ("columns", 960)])
def test_stripes_staged_elsewhere_give_a_wrong_result(field: str, value: int) -> None:
    case = sample_cases(emission("layer_norm").program)[0]
    wrong = change("stage", OUT, **{field: value})
    if field == "first_column":
        with pytest.raises(ProgramViolation, match="touches elements outside of"):
            faults(wrong, case, 0)
    else:
        with pytest.raises(ProgramViolation, match="reads 64 elements of fragment centered for 60"):
            faults(wrong, case, 0)


def test_a_vector_read_at_other_columns_gives_a_wrong_result() -> None:
    case = sample_cases(emission("layer_norm").program)[0]
    text = warp_program("layer_norm").canonical_json()
    bias = StoredElement(buffer="b", ring="b", down="none", across="column").canonical_json()
    weight = StoredElement(buffer="w", ring="w", down="none", across="column").canonical_json()
    assert bias in text
    assert faults(WarpProgram.from_json(text.replace(bias, weight)), case, 0) > 0


def test_row_numbers_that_differ_between_the_threads_of_a_row_are_not_stored() -> None:
    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        for s in steps:
            column = isinstance(s, StoreRows)
            yield s.model_copy(update={"value": Coordinate(axis="column")}) if column else s

    case = sample_cases(emission_of_text(ROW_SUMS).program)[0]
    program = with_steps(program_of_text(ROW_SUMS), "compute-1", edit)
    with pytest.raises(ProgramViolation, match="asks for the column of an element"):
        faults(program, case, 0)


# ---- programs that contradict themselves


@pytest.mark.parametrize(
    ("update", "sentence"),
    [
        ({"stripe_rows": 16}, "compute-1 has stripes of 16 rows, not of 8 or 4"),
        ({"stripe_rows": 4}, "mean.sum has 8 rows, compute-1 has others"),
        ({"fragments": (Fragment(name="mean.sum", layout="rows", rows=64),)},
         "compute-1 is spread by stripes, mean.sum is not"),
    ],
)  # fmt: skip
def test_a_role_is_spread_in_one_way(update: dict[str, Any], sentence: str) -> None:
    program = warp_program("layer_norm")
    roles = tuple(
        r.model_copy(update=update) if r.name == "compute-1" else r for r in program.roles
    )
    with pytest.raises(ProgramViolation, match=sentence):
        WarpProgram(**{**dict(program), "roles": roles})
