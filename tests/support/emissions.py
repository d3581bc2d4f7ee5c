"""Kernels of the library, solved for emission."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from twill.emitter.inputs import Emission
from twill.emitter.lower.versions import single_version_orders
from twill.emitter.lowering import lower
from twill.emitter.machine.machine import run_warp_program
from twill.extractor.build import LoweredLoop, build_loop, price_graph
from twill.extractor.sample_cases import SampleCase
from twill.gpu_profiles.library import load_profile
from twill.kernels.library import load_kernel
from twill.models.kernel import KernelDocument, Tolerance
from twill.models.problem import SchedulingProblem
from twill.models.schedule import Schedule
from twill.models.solve_options import SolveOptions
from twill.models.warp_program import Role, WarpProgram
from twill.reader.located import Located
from twill.reader.schedules import read_schedule
from twill.solver.bounds import compute_bounds
from twill.solver.cp_sat.backend import solve
from twill.solver.question import Limit, Question, Stop
from twill.solver.search import find_schedule

EMITTED = (
    "dual_gemm_swiglu",
    "flash_attention_backward",
    "flash_attention_causal",
    "flash_attention_forward",
    "flash_attention_sigmoid",
    "flash_attention_softcap",
    "fp8_gemm_block_scales",
    "gated_linear_attention",
    "gemm",
    "gemm_bias_gelu",
    "grouped_gemm",
    "layer_norm",
    "mamba2_ssd",
    "retention",
    "softmax_stream",
)
"""Library kernels that can be emitted for Hopper: all of them."""

ELEMENTWISE = ("layer_norm", "softmax_stream")
"""Those without products, whose tiles lie by stripes; emitted for B200 too."""

UNROLLED = ("flash_attention_sigmoid", "fp8_gemm_block_scales")
"""Those whose optimal schedules need a second version of a fragment on Hopper."""

STORE = Path(__file__).parents[2] / "kernels" / "schedules"

ON_BLACKWELL = (
    "dual_gemm_swiglu",
    "flash_attention_causal",
    "flash_attention_forward",
    "flash_attention_sigmoid",
    "flash_attention_softcap",
    "gemm",
    "gemm_bias_gelu",
    "grouped_gemm",
)
"""Library kernels with products that can be emitted for B200."""


@cache
def emission(name: str, gpu: str = "h100-sxm") -> Emission:
    """A library kernel with its stored schedule of least initiation interval."""
    document = load_kernel(name)
    lowered, problem = _lowered(document, gpu)
    stored = read_schedule(STORE / f"{name}@{gpu}.json")
    assert stored.problem == problem, "the store is old: twill check --update"
    assert stored.schedule is not None
    return _emission(gpu, lowered, problem, stored.schedule, document.value.tolerance)


@cache
def emission_with_single_versions(name: str, gpu: str = "h100-sxm") -> Emission:
    """A library kernel with the best schedule in which one version of each fragment is enough."""
    given = emission(name, gpu)
    orders = tuple(single_version_orders(given))
    problem = given.problem.model_copy(
        update={"dependences": (*given.problem.dependences, *orders)}
    )
    schedule = find_schedule(problem, SolveOptions(blame_work=0.0)).schedule
    assert schedule is not None
    return replace(given, problem=problem, schedule=schedule)


@cache
def loose_emission(name: str, gpu: str = "h100-sxm") -> Emission:
    """A library kernel with any schedule, of a large initiation interval."""
    lowered, problem = _lowered(load_kernel(name), gpu)
    interval = 3 * compute_bounds(problem).minimum
    outcome = solve(Question(problem, interval, 8), Limit(), Stop())
    assert outcome.schedule is not None
    return _emission(gpu, lowered, problem, outcome.schedule, None)


def emission_of_document(document: Located[KernelDocument], gpu: str = "h100-sxm") -> Emission:
    """A kernel document, solved."""
    lowered, problem = _lowered(document, gpu)
    schedule = find_schedule(problem, SolveOptions(blame_work=0.0)).schedule
    assert schedule is not None
    return _emission(gpu, lowered, problem, schedule, document.value.tolerance)


def _lowered(document: Located[KernelDocument], gpu: str) -> tuple[LoweredLoop, SchedulingProblem]:
    profile = load_profile(gpu).value
    lowered = build_loop(document, profile)
    return lowered, price_graph(lowered.graph, profile)


def _emission(
    gpu: str, lowered: LoweredLoop, problem: SchedulingProblem, schedule: Schedule,
    tolerance: Tolerance | None,
) -> Emission:  # fmt: skip
    return Emission(
        gpu=gpu, program=lowered.program, tiled=lowered.tiled, graph=lowered.graph,
        problem=problem, schedule=schedule, tolerance=tolerance,
    )  # fmt: skip


@cache
def warp_program(name: str, gpu: str = "h100-sxm") -> WarpProgram:
    """The warp program of a library kernel."""
    return lower(emission(name, gpu))


@cache
def persistent_program(name: str) -> WarpProgram:
    """The same as a persistent kernel."""
    return lower(emission(name), persistent=True)


def role_of(program: WarpProgram, name: str) -> Role:
    """The role of that name."""
    return next(role for role in program.roles if role.name == name)


def faults(program: WarpProgram, case: SampleCase, seed: int) -> int:
    """Elements that lie outside the tolerance of the kernel document."""
    arguments = {**case.inputs, **case.scalars}
    results = run_warp_program(program, arguments, dict(case.extents), seed=seed)
    return wrong_elements(program, case, results)


def wrong_elements(program: WarpProgram, case: SampleCase, results: Mapping[str, Any]) -> int:
    """Elements of some results that lie outside the tolerance."""
    tolerance = program.tolerance
    assert tolerance is not None
    wrong = 0
    for name, expected in case.outputs.items():
        reference, got = np.asarray(expected, np.float64), np.asarray(results[name], np.float64)
        allowed = tolerance.absolute + tolerance.relative * np.abs(reference)
        near = np.abs(got - reference) <= allowed
        wrong += int(np.sum(~(near | (np.isnan(got) & np.isnan(reference)))))
    return wrong
