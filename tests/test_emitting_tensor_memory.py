"""From a kernel to a bundle for Tensor Memory: emitted, compiled without a GPU, and described."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from twill.emitter.printer.printer import print_cuda
from twill.emitting import Emitted, emit, report_of, write
from twill.models.answer import Answer
from twill.models.errors import InvalidInput
from twill.models.solve_options import SolveOptions
from twill.models.tensor_memory_step import TensorProduct
from twill.models.warp_program import WarpProgram
from twill.models.warp_program_checks import steps_of
from twill.pipeline import solve_file
from twill.runtime.bundle import Bundle
from twill.runtime.cache import compile_cached
from twill.runtime.cases import load_cases
from twill.runtime.launch import load
from twill.runtime.sass import SassFunction, disassemble
from twill.runtime.sass_loops import main_loops
from twill.tests.emitter.machine.programs import with_steps
from twill.tests.runtime.stub_driver import StubDriver
from twill.tests.support.emissions import ON_BLACKWELL

INSTRUCTION_DEPTH = 16
ELEMENTWISE = ("LDTM", "FADD", "FMUL", "FFMA", "FMNMX", "FMNMX3", "FSEL", "MUFU", "F2FP")


@cache
def answer(name: str) -> Answer:
    return solve_file(name, "b200", SolveOptions(blame_work=0.0))


@cache
def emitted(name: str) -> Emitted:
    return emit(answer(name))


@cache
def machine_code(name: str) -> SassFunction:
    return disassemble(emitted(name).compiled.cubin)[emitted(name).program.kernel]


@pytest.mark.parametrize("name", ON_BLACKWELL)
def test_library_kernels_compile_clean_from_their_optimal_schedules(name: str) -> None:
    made = emitted(name)
    assert made.faults == ()
    report = made.compiled.report
    assert report.is_clean
    assert report.spill_store_bytes + report.spill_load_bytes + report.stack_bytes == 0
    assert (made.changes, made.program.target) == ((), "sm_100a")
    assert made.program.initiation_interval == answer(name).initiation_interval


@pytest.mark.parametrize("name", ON_BLACKWELL)
def test_machine_code_is_uniform_and_has_the_instructions_of_its_steps(name: str) -> None:
    function, program = machine_code(name), emitted(name).program
    assert not function.local_memory
    assert not function.divergent_loops
    steps = [step for role in program.roles for step in steps_of(role)]
    products = [step for step in steps if isinstance(step, TensorProduct)]
    assert function.count("UTCHMMA") == sum(s.depth // INSTRUCTION_DEPTH for s in products)
    commits = [s for s in steps if s.step in ("commit_products", "commit_release")]
    assert function.count("UTCBAR") == len(commits)
    assert function.count("LDTM") > 0


@pytest.mark.parametrize("name", ON_BLACKWELL)
def test_machine_code_has_each_operation_where_the_schedule_has_it(name: str) -> None:
    report = report_of(emitted(name))
    assert report["sass_order_counted"]
    order = report["sass_order"]
    there = [(entry["role"], entry["operation"]) for entry in order]
    roles = emitted(name).program.roles
    assert there == [(role.name, operation) for role in roles for operation in role.operations]
    assert all(entry["holds"] for entry in order)


def test_the_report_has_what_each_operation_does() -> None:
    report = report_of(emitted("flash_attention_forward"))
    found = {(e["role"], e["operation"]): e["found"] for e in report["sass_order"]}
    products = {"TRYWAIT": 2, "BAR.SYNC": 1, "UTCHMMA": 8, "UTCBAR": 2}
    assert found["compute-1", "acc[0]"] == products
    chain = found["compute-1", "p[0]"]
    assert (chain["MUFU.EX2"], chain["F2FP"], chain["STTM"]) == (128, 64, 1)


@pytest.mark.parametrize("name", [n for n in ON_BLACKWELL if n.startswith("flash_attention")])
def test_loads_of_tensor_memory_are_issued_before_any_work_on_them(name: str) -> None:
    bodies = main_loops(machine_code(name), "LDTM")
    assert len(bodies) == 2
    for loop in bodies:
        codes = [i.opcode.split(".")[0] for i in loop.instructions]
        runs = re.findall(r"LDTM(?: LDTM)*", " ".join(c for c in codes if c in ELEMENTWISE))
        assert {run.count("LDTM") for run in runs} == {4}  # of 32 columns each


def test_a_bundle_holds_all_that_a_bare_machine_needs(tmp_path: Path) -> None:
    write(emitted("flash_attention_forward"), tmp_path / "bundle")
    bundle = Bundle.load(tmp_path / "bundle")
    assert (bundle.manifest.kernel, bundle.manifest.target) == (
        "flash_attention_forward",
        "sm_100a",
    )
    assert len(load_cases(bundle.folder / "reference.npz", bundle.manifest)) >= 3
    report = json.loads((bundle.folder / "report.json").read_text())
    assert report["faults"] == []


def test_equal_input_gives_an_equal_bundle(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write(emit(answer("gemm")), tmp_path / folder)
    for name in ("kernel.cu", "kernel.cubin", "launch.json", "reference.npz"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_runtime_launches_a_bundle_on_its_own_gpu_only(tmp_path: Path) -> None:
    write(emitted("gemm"), tmp_path / "bundle")
    driver = StubDriver(compute_capability=(10, 0))
    a, b = np.zeros((600, 128), np.uint16), np.zeros((520, 128), np.uint16)
    load(tmp_path / "bundle", driver)(a, b)
    ((_, name, grid, threads, shared, arguments),) = driver.named("launch")
    assert (name, grid, threads, shared) == ("kernel gemm", (3, 3, 1), 384, 197_696)
    assert [argument.nbytes for argument in arguments[:3]] == [128] * 3  # tensor maps
    assert [int(argument) for argument in arguments[3:]] == [600, 128, 520]
    with pytest.raises(InvalidInput, match="for sm_100a"):
        load(tmp_path / "bundle", StubDriver(compute_capability=(9, 0)))


def exponentials_before_factors(program: WarpProgram) -> list[int]:
    """Per steady state with a factor that crosses: exponentials between its load and its store."""
    made = compile_cached(print_cuda(program), program.target, f"{program.kernel}.cu")
    found = []
    for loop in main_loops(disassemble(made.cubin)[program.kernel], "LDTM"):
        stores = [n for n, i in enumerate(loop.instructions) if i.matches("STS")]
        loads = [n for n, i in enumerate(loop.instructions) if i.matches("LDTM")]
        assert len(stores) == 1
        begin = max((n for n in loads if n < stores[0]), default=0)
        between = loop.instructions[begin : stores[0]]
        found.append(sum(i.matches("MUFU.EX2") for i in between))
    return found


@pytest.mark.parametrize(
    "name", ["flash_attention_causal", "flash_attention_forward", "flash_attention_softcap"]
)
def test_factors_are_handed_on_before_the_probabilities_are_computed(name: str) -> None:
    counts = exponentials_before_factors(emitted(name).program)
    assert len(counts) == 2
    assert max(counts) <= 1  # the factor itself


def test_without_anchors_the_assembler_hands_factors_on_last() -> None:
    program = emitted("flash_attention_forward").program
    for role in ("compute-1", "compute-2"):
        program = with_steps(program, role, lambda steps: (s for s in steps if s.step != "anchor"))
    assert min(exponentials_before_factors(program)) > 100
