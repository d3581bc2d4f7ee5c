"""From a solved kernel to a launch bundle: the stages behind `pipeline`, in order.

schedule -> warp program -> CUDA source -> cubin, checked -> reference cases -> bundle.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .emitter.inputs import Emission
from .emitter.launch_description import launch_description
from .emitter.launcher import launcher_source
from .emitter.lower.grid_order import TileOrderName
from .emitter.lower.lower import Lower
from .emitter.lower.versions import SecondVersion, single_version_orders
from .emitter.lowering import lower
from .emitter.machine.late_warps import check_late_warps
from .emitter.printer.marks import Marks
from .emitter.printer.printer import TARGETS, print_cuda
from .emitter.printer.registers import STEP
from .emitter.work import work_of
from .event_order import Overlap
from .extractor.build import build_loop, price_graph
from .extractor.sample_cases import SampleCase, sample_cases
from .fitting import compile_program, compile_with_marks, fitted, is_clean, lowerable, with_margin
from .gpu_profiles.library import load_profile_text
from .models.answer import Answer, Sources
from .models.document import canonical_text
from .models.errors import (
    InvalidKernel,
    InvalidSchedule,
    LimitReached,
    Unsupported,
    UsageError,
)
from .models.kernel import KernelDocument
from .models.profile import GpuProfile
from .models.solve_options import SolveOptions
from .models.tile_program import TileProgram
from .models.version import VERSION
from .models.warp_program import WarpProgram
from .ordering import find_overlaps
from .reader.documents import read_document
from .reader.located import Located
from .runtime.cases import Case, cases_bytes
from .runtime.dtypes import to_storage
from .runtime.nvrtc import Compiled
from .runtime.pack import write_bundle
from .solver.search import find_schedule

MADE_BY = f"twill {VERSION}"
MARGINS = (16, 32, 48, 64)
"""Registers of each thread that are set aside, one after the other, where ptxas lacks some."""


@dataclass(frozen=True, slots=True)
class Emitted:
    """A kernel that is compiled and checked, not yet written."""

    tile_program: TileProgram
    program: WarpProgram
    source: str
    compiled: Compiled
    overlaps: tuple[Overlap, ...]
    changes: tuple[str, ...] = ()  # why it is not the schedule of the answer, a sentence each
    slots: Mapping[str, int] = field(default_factory=dict)  # of the schedule, by operation
    marks: Marks | None = None  # where roles say where they are

    @property
    def is_clean(self) -> bool:
        """Whether the assembler had registers enough, and serialized nothing."""
        return is_clean(self.compiled.report)

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with the machine code, a sentence each; empty if it is as it should be."""
        report = self.compiled.report
        found = [f"{a.code}: {a.sentence}" for a in report.advisories]
        held = -(-report.registers // STEP) * STEP
        if held < self.program.entry_registers:
            # What the roles ask for is not there, and setmaxnreg would wait for ever.
            found.append(f"{held} registers at launch, not {self.program.entry_registers}")
        if report.spill_store_bytes or report.spill_load_bytes:
            found.append(f"{report.spill_store_bytes} bytes are spilled")
        if report.stack_bytes:
            found.append(f"{report.stack_bytes} bytes of stack")
        found += [fault for overlap in self.overlaps for fault in overlap.faults]
        return tuple(found)


def emittable(
    kernel: str, gpu: str, sources: Sources
) -> tuple[Located[KernelDocument], GpuProfile]:
    """The kernel and the profile behind an answer or a task, if there is CUDA text for such a pair.

    Asked before solving, so that nobody waits for a schedule that cannot be emitted. Raises
    UsageError for a graph document, Unsupported for a GPU of another architecture.
    """
    if sources.kernel is None or sources.profile is None:
        raise UsageError(
            f"{kernel} is a graph: there is no program to emit",
            cure="emit the schedule of a kernel document",
        )
    profile = load_profile_text(sources.profile)
    if profile.target not in TARGETS:
        known = " and ".join(TARGETS)
        raise Unsupported(
            f"{kernel} for {gpu}: CUDA is emitted for {known}, not yet for {profile.target}"
        )
    return read_document(sources.kernel, kernel, KernelDocument, InvalidKernel), profile


def emission_of(answer: Answer) -> Emission:
    """The program, sub-tiles and graph of an answer, made again from the texts that it holds.

    Raises UsageError for a graph document, InvalidSchedule if the texts give another problem.
    """
    if answer.schedule is None:
        raise UsageError(f"{answer.kernel} has no schedule", cure="solve it first")
    document, profile = emittable(answer.kernel, answer.gpu, answer.sources)
    lowered = build_loop(document, profile)
    if price_graph(lowered.graph, profile) != answer.problem:
        raise InvalidSchedule(
            "the stored problem is not the one that its kernel and profile give",
            cure="solve again: the schedule was made by another version",
        )
    return Emission(
        gpu=answer.gpu, program=lowered.program, tiled=lowered.tiled, graph=lowered.graph,
        problem=answer.problem, schedule=answer.schedule,
        tolerance=document.value.tolerance, multiprocessors=int(profile.multiprocessors.value),
    )  # fmt: skip


def printed(answer: Answer) -> str:
    """The CUDA source of the schedule as it is, not compiled; raises as `emit` does."""
    program = lower(emission_of(answer))
    check_late_warps(program)
    return print_cuda(program)


def emit(
    answer: Answer, *, deeper: int = 0, tile_order: TileOrderName = "bands",
    persistent: bool = False, seconds: float | None = None,
) -> Emitted:  # fmt: skip
    """Lower, print, compile and check the schedule of an answer.

    What the lowering cannot do yet with the schedule, and could with another one, is asked of the
    best schedule that does without. A fragment that needs several versions has them in an unrolled
    loop. Where that cannot be, or does not compile cleanly, the schedule is replaced by the best
    one in which none needs a second.
    Where ptxas needs more registers than it has, periods begin elsewhere; if that does not help,
    more registers are set aside and the kernel is solved again, within `seconds` each time.
    `changes` says what is not the schedule of the answer. Raises Unsupported for what cannot be
    emitted yet, DeviceFault if it does not compile.
    """
    lowered = partial(lower, deeper=deeper, tile_order=tile_order, persistent=persistent)
    emission, changes = lowerable(emission_of(answer), lowered, seconds)
    try:
        first = _compiled(emission, lowered, *changes)
        unrolled = any(role.unroll > 1 for role in first.program.roles)
        unclean = f"unrolled, {first.faults[0]}" if unrolled and first.faults else ""
    except SecondVersion as reason:
        unclean = reason.problems[0].message
    if unclean:
        emission = _with_single_versions(emission, unclean, seconds)
        emission, more_changes = lowerable(emission, lowered, seconds)
        why = f"{unclean}: one version of each"
        first = _compiled(emission, lowered, *changes, why, *more_changes)
    if first.is_clean:
        return first
    for more in MARGINS:
        again = with_margin(emission, more, seconds)
        if again is None:
            break
        why = f"with fewer than {more} more registers of each thread set aside, ptxas spills"
        with suppress(Unsupported):  # the next schedule may be one that can be lowered
            again, more_changes = lowerable(again, lowered, seconds)
            emitted = _compiled(again, lowered, *first.changes, why, *more_changes)
            if emitted.is_clean:
                return emitted
    return first


def _with_single_versions(emission: Emission, unclean: str, seconds: float | None) -> Emission:
    """The same loop, solved so that no product overwrites a fragment that is still read."""
    orders = tuple(single_version_orders(emission))
    problem = emission.problem.model_copy(
        update={"dependences": (*emission.problem.dependences, *orders)}
    )
    solution = find_schedule(problem, SolveOptions(seconds=seconds))
    if solution.status == "infeasible":
        raise Unsupported(f"{unclean}; no schedule exists in which one version of each is enough")
    if solution.schedule is None:
        raise LimitReached("no schedule was found in which every fragment has one version")
    return replace(emission, problem=problem, schedule=solution.schedule)


def _compiled(emission: Emission, lowered: Lower, *changes: str) -> Emitted:
    """With demands of what products read or write too, where ptxas moves work and they hold it."""
    first = _as_it_is(emission, lowered, *changes)
    if first.is_clean and first.faults and not first.program.tensors:
        again = _as_it_is(emission, partial(lowered, demanding=True), *changes)
        return first if again.faults else again
    return first


def _as_it_is(emission: Emission, lowered: Lower, *changes: str) -> Emitted:
    program = lowered(emission)
    source, compiled = compile_program(program)
    if not is_clean(compiled.report) and not program.tensors:
        program = fitted(emission, lowered)
        source, compiled = compile_program(program)
    check_late_warps(program)
    overlaps, slots = find_overlaps(program, compiled.cubin), emission.schedule.slots
    return Emitted(emission.program, program, source, compiled, overlaps, changes, slots)


def with_clocks(emitted: Emitted) -> Emitted:
    """The same warp program with marks; what overlaps in its machine code is not counted."""
    source, compiled, marks = compile_with_marks(emitted.program)
    return replace(emitted, source=source, compiled=compiled, overlaps=(), marks=marks)


def write(emitted: Emitted, folder: Path, *, compared: bool = True) -> None:
    """Write the bundle, its reference cases included unless it is a twin of one that has them."""
    whole, program = emitted.tile_program, emitted.program
    cases = [_stored(case, whole) for case in (sample_cases(whole) if compared else ())]
    files = {
        "kernel.cu": emitted.source.encode(),
        "kernel.cubin": emitted.compiled.cubin,
        "report.json": (canonical_text(report_of(emitted)) + "\n").encode(),
        "reference.npz": cases_bytes(cases),
    }
    if emitted.marks is None:  # marks are read from Python
        files["launcher.c"] = launcher_source(program).encode()
    compiler = emitted.compiled.compiler
    launch = launch_description(program, compiler, MADE_BY, emitted.marks)
    write_bundle(folder, files, launch)


def report_of(emitted: Emitted) -> dict[str, Any]:
    """report.json: what the assembler says, and what overlaps in machine code."""
    program = emitted.program
    return {
        **emitted.compiled.report.as_json(),
        "kernel": program.kernel,
        "gpu": program.gpu,
        "target": program.target,
        "compiler": emitted.compiled.compiler,
        "initiation_interval": program.initiation_interval,
        "changes": list(emitted.changes),
        "threads": program.threads,
        "shared_bytes": program.shared_bytes,
        "roles": [
            {"name": r.name, "registers": r.registers, "operations": list(r.operations)}
            for r in program.roles
        ],
        "sass_order_counted": emitted.marks is None,
        "sass_order": [
            {"role": o.role, "operation": o.operation, "promised": dict(o.promised),
             "found": dict(o.found), "holds": o.holds, "in_flight": o.in_flight}
            for o in emitted.overlaps
        ],
        "slots": dict(emitted.slots),
        "work": work_of(program),
        "faults": list(emitted.faults),
    }  # fmt: skip


def _stored(case: SampleCase, program: TileProgram) -> Case:
    def stored(name: str, array: Any) -> Any:
        dtype = program.tensor(name).dtype
        return to_storage(np.asarray(array, dtype=np.float32), dtype) if dtype != "i32" else array

    return Case(
        inputs={n: stored(n, a) for n, a in case.inputs.items()},
        outputs={n: np.asarray(a, dtype=np.float32) for n, a in case.outputs.items()},
        extents=case.extents,
        scalars=case.scalars,
    )
