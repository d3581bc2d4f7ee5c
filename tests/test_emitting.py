"""From a kernel to a bundle: emitted, compiled without a GPU, and described."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from twill import emitting
from twill.emitter.inputs import Emission
from twill.emitter.lower import versions
from twill.emitter.lower.lower import Lower
from twill.emitter.lower.versions import SecondVersion
from twill.emitter.machine.protocol import run_protocols
from twill.emitting import Emitted, emission_of, emit, report_of, write
from twill.extractor.sample_cases import sample_cases
from twill.gate.origin import read_with_texts
from twill.models.answer import Answer
from twill.models.errors import InvalidSchedule, UsageError
from twill.pipeline import solve_file
from twill.runtime.bundle import Bundle
from twill.runtime.cases import load_cases
from twill.runtime.sass import disassemble
from twill.runtime.sass_loops import main_loops
from twill.tests.support.emissions import EMITTED, STORE, UNROLLED, faults

FITTED = ("flash_attention_backward", "flash_attention_sigmoid", "gated_linear_attention")
"""Those whose periods have to begin elsewhere, for which many cubins are compiled."""


@cache
def answer(name: str) -> Answer:
    return read_with_texts(str(STORE / f"{name}@h100-sxm.json"))


@cache
def emitted(name: str) -> Emitted:
    return emit(answer(name))


@pytest.mark.parametrize("name", EMITTED)
def test_library_kernels_compile_clean_and_overlap_as_the_schedule_says(name: str) -> None:
    made = emitted(name)
    assert made.faults == ()
    report = made.compiled.report
    assert report.is_clean
    assert report.spill_store_bytes + report.spill_load_bytes + report.stack_bytes == 0
    assert made.overlaps
    assert all(overlap.holds for overlap in made.overlaps)


def test_registers_that_the_block_is_not_launched_with_are_a_fault() -> None:
    """PTX ISA, setmaxnreg: the roles share what the block was launched with."""
    made = emitted("gemm")
    report = replace(made.compiled.report, registers=160)
    fewer = replace(made, compiled=replace(made.compiled, report=report))
    assert fewer.faults == ("160 registers at launch, not 168",)


@pytest.mark.parametrize("name", EMITTED)
def test_library_kernels_are_emitted_from_their_best_schedules_as_they_are(name: str) -> None:
    made, asked = emitted(name), answer(name).initiation_interval
    assert (made.changes, made.program.initiation_interval) == ((), asked)
    unrolled = {role.unroll for role in made.program.roles if role.warps == 4}
    assert unrolled == ({2} if name in UNROLLED else {1})


BY_HAND = {
    # Instructions of the steady state and bytes of shared memory, as docs/emission.md has them.
    "flash_attention_forward": (479, 164_944),
    "flash_attention_causal": (639, None),
    "gemm": (53, 230_464),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_steady_states_are_no_longer_than_those_written_by_hand(name: str) -> None:
    program, most = emitted(name).program, BY_HAND[name]
    function = disassemble(emitted(name).compiled.cubin)[program.kernel]
    lengths = [len(loop.instructions) for loop in main_loops(function, "HGMMA")]
    assert len(lengths) == 2
    assert max(lengths) <= most[0]
    assert most[1] is None or program.shared_bytes <= most[1]


@pytest.mark.parametrize("name", UNROLLED)
def test_where_a_loop_cannot_be_unrolled_one_version_of_each_fragment_is_enough(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "VERSIONS", ("",))
    made, asked = emit(answer(name)), answer(name).initiation_interval
    assert "a second version in registers: one version of each" in made.changes[0]
    assert asked is not None
    assert asked < made.program.initiation_interval < 1.1 * asked
    assert {role.unroll for role in made.program.roles} == {1}
    for seed, case in enumerate(sample_cases(made.tile_program)):
        assert faults(made.program, case, seed) == 0, case.extents
    for trips in (0, 1, 2, 3, 7):
        run_protocols(made.program, trips, range(50))


def test_an_unrolled_loop_that_is_not_clean_gives_way_to_one_version_of_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = emitting._compiled

    def spilling(emission: Emission, lower: Lower, *changes: str) -> Emitted:
        made = real(emission, lower, *changes)
        spilled = 8 if any(role.unroll > 1 for role in made.program.roles) else 0
        report = replace(made.compiled.report, spill_store_bytes=spilled)
        return replace(made, compiled=replace(made.compiled, report=report))

    monkeypatch.setattr(emitting, "_compiled", spilling)
    made = emit(answer("fp8_gemm_block_scales"))
    assert made.faults == ()
    assert made.changes == ("unrolled, 8 bytes are spilled: one version of each",)


def test_more_registers_are_set_aside_until_the_assembler_has_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = emitting._compiled
    asked: list[int] = []

    def short_of_registers(emission: Emission, lower: Lower, *changes: str) -> Emitted:
        made = real(emission, lower, *changes)
        registers = emission.problem.machine.registers
        assert registers is not None
        asked.append(registers.base)
        if len(asked) > 2:
            return made
        report = replace(made.compiled.report, spill_store_bytes=8)
        return replace(made, compiled=replace(made.compiled, report=report))

    monkeypatch.setattr(emitting, "_compiled", short_of_registers)
    made = emit(answer("gemm"))
    assert asked == [32, 48, 64]
    assert made.changes == (
        "with fewer than 32 more registers of each thread set aside, ptxas spills",
    )
    assert made.faults == ()


def test_a_bundle_holds_all_that_a_bare_machine_needs(tmp_path: Path) -> None:
    write(emitted("gemm"), tmp_path / "bundle")
    bundle = Bundle.load(tmp_path / "bundle")
    assert {path.name for path in bundle.folder.iterdir()} == {
        "kernel.cu", "kernel.cubin", "report.json", "launch.json", "reference.npz", "run.py",
        "launcher.c",
    }  # fmt: skip
    assert (bundle.manifest.kernel, bundle.manifest.target) == ("gemm", "sm_90a")
    cases = load_cases(bundle.folder / "reference.npz", bundle.manifest)
    assert len(cases) >= 3
    report = json.loads((bundle.folder / "report.json").read_text())
    assert report["faults"] == []
    assert {"registers", "spill_store_bytes", "stack_bytes", "advisories", "sass_order"} <= set(
        report
    )


def test_a_schedule_with_a_margin_that_cannot_be_lowered_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, asked = emitting._compiled, list[int]()

    def refusing(emission: Emission, lower: Lower, *changes: str) -> Emitted:
        asked.append(len(asked))
        if len(asked) == 2:
            raise SecondVersion("a second version")
        made = real(emission, lower, *changes)
        report = replace(made.compiled.report, spill_store_bytes=8 if len(asked) == 1 else 0)
        return replace(made, compiled=replace(made.compiled, report=report))

    monkeypatch.setattr(emitting, "_compiled", refusing)
    made = emit(answer("gemm"))
    assert made.faults == ()
    assert "fewer than 32 more registers" in made.changes[0]
    assert len(asked) == 3


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n in FITTED else n for n in EMITTED]
)
def test_persistent_kernels_are_as_clean(name: str) -> None:
    made = emit(answer(name), persistent=True)
    assert (made.faults, made.changes) == ((), ())
    assert made.program.persistent


def test_equal_input_gives_an_equal_bundle(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write(emit(answer("gemm")), tmp_path / folder)
    for name in ("kernel.cu", "kernel.cubin", "launch.json", "reference.npz", "run.py"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_deeper_rings_reach_the_source() -> None:
    assert "++a_tile_slot == 3" in emitted("gemm").source
    assert "++a_tile_slot == 4" not in emitted("gemm").source
    deeper = emit(answer("grouped_gemm"), deeper=0)
    assert report_of(deeper)["shared_bytes"] == deeper.program.shared_bytes


def test_a_graph_has_nothing_to_emit() -> None:
    graph = solve_file("paper_running_example")
    with pytest.raises(UsageError, match="there is no program to emit"):
        emission_of(graph)


def test_an_answer_without_a_schedule_is_refused() -> None:
    with pytest.raises(UsageError, match="has no schedule"):
        emission_of(answer("gemm").model_copy(update={"schedule": None}))


def test_a_problem_that_its_texts_do_not_give_is_refused() -> None:
    stored = answer("gemm")
    other = stored.problem.model_copy(update={"notes": ("changed",)})
    with pytest.raises(InvalidSchedule, match="not the one that its kernel and profile give"):
        emission_of(stored.model_copy(update={"problem": other}))
