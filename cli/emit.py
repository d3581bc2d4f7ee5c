"""`twill emit`: from a kernel or a stored schedule to a launch bundle."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .completion import complete_document
from .gpu_option import gpu_option
from .interrupt import run_interruptibly
from .output import print_answer
from .shape_options import SizeOption, SplitOption, refuse_shape, shape_of

# What solves and emits is imported when it is needed, so that help and errors come at once.
if TYPE_CHECKING:
    from ..emitter.lower.grid_order import TileOrderName
    from ..emitting import Emitted
    from ..event_order import Overlap
    from ..models.answer import Answer
    from ..models.shape import Shape

DEVICE_FAULT = 4


class TileOrderChoice(StrEnum):
    """What --tile-order takes; the names of `TileOrderName`."""

    BANDS = "bands"
    PLAIN = "plain"


def emit(
    document: Annotated[
        str,
        typer.Argument(
            metavar="KERNEL|SCHEDULE",
            autocompletion=complete_document,
            help="A kernel.yaml, a library kernel by name, or a file that `twill solve -o` wrote.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the bundle is written.")
    ],
    gpu: Annotated[str | None, gpu_option("GPU profile, for a kernel. [default: h100-sxm]")] = None,
    size: SizeOption = None,
    split: SplitOption = None,
    ring_slots: Annotated[
        int,
        typer.Option(
            "--more-ring-slots", min=0, max=16, metavar="N", help="Deepen every ring by so many."
        ),
    ] = 0,
    tile_order: Annotated[
        TileOrderChoice,
        typer.Option(
            "--tile-order",
            help="Tiles that run at the same time lie in bands that share operands in L2, "
            "or as the grid of the kernel document counts them.",
        ),
    ] = TileOrderChoice.BANDS,
    persistent: Annotated[
        bool,
        typer.Option(
            "--persistent", help="As many blocks as the GPU has SMs, each doing tile after tile."
        ),
    ] = False,
    clocks: Annotated[
        bool,
        typer.Option(
            "--clocks",
            help="Roles leave their clocks and where they are, for `twill bench`; it costs time.",
        ),
    ] = False,
    time_limit: Annotated[
        float | None,
        typer.Option("--time-limit", min=0.001, metavar="SECONDS", help="Of the search."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print report.json instead.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress on standard error.")
    ] = False,
) -> int:
    """Emit CUDA for an optimal schedule, compile it without a GPU, and write a launch bundle.

    The bundle holds kernel.cu, kernel.cubin, report.json, launch.json, reference.npz, launcher.c,
    which launches it from C, and run.py, which checks and times it on a GPU. Exit codes: 0 done; 2
    invalid input, or a kernel that cannot be emitted yet; 3 a limit was reached before any schedule
    was found; 4 the machine code is not what the schedule says (the bundle is written all the
    same).
    """
    from ..models.errors import Unsupported
    from ..runtime.pack import check_folder

    check_folder(output)
    answer = answer_to_emit(document, gpu, shape_of(size, split), time_limit, quiet=quiet)
    try:
        text, code = emit_answer(
            answer, output, deeper=ring_slots, tile_order=tile_order.value, persistent=persistent,
            seconds=time_limit, as_json=as_json, clocks=clocks,
        )  # fmt: skip
    except Unsupported as fault:  # its line is one of the kernel, whose file is known here
        raise fault.in_file(document) from None
    print_answer(text)
    return code


def emit_answer(
    answer: Answer, folder: Path, *, deeper: int = 0, tile_order: TileOrderName = "bands",
    persistent: bool = False, seconds: float | None = None, as_json: bool = False,
    clocks: bool = False,
) -> tuple[str, int]:  # fmt: skip
    """Write the bundle of an answer: what to print of it, and the exit code."""
    from .. import emitting

    emitted = emitting.emit(
        answer, deeper=deeper, tile_order=tile_order, persistent=persistent, seconds=seconds
    )
    if clocks:
        emitted = emitting.with_clocks(emitted)
    emitting.write(emitted, folder)
    code = DEVICE_FAULT if emitted.faults else 0
    if not as_json:
        return _text(emitted, folder), code
    import json

    return json.dumps(emitting.report_of(emitted), indent=1), code


def answer_to_emit(
    document: str, gpu: str | None, shape: Shape | None, seconds: float | None, *, quiet: bool,
    top: int = 1,
) -> Answer:  # fmt: skip
    """A stored schedule, verified again, or a new one."""
    from .. import emitting, pipeline
    from ..gate.origin import read_with_texts
    from ..models.errors import LimitReached, UsageError
    from ..models.solve_options import SolveOptions
    from ..solver.question import Stop
    from .progress import build_watcher, progress_style

    if document.endswith(".json"):
        if gpu is not None:
            cure = "leave --gpu out: the schedule is for one GPU"
            raise UsageError("--gpu does not change a stored schedule", cure=cure)
        refuse_shape(shape)
        return read_with_texts(document)
    task = pipeline.read_task(document, gpu, shape)
    emitting.emittable(task.kernel, task.gpu, task.sources)
    stop, options = Stop(), SolveOptions(seconds=seconds, top=top)
    with build_watcher(progress_style(quiet=quiet)) as watcher:
        finished = run_interruptibly(
            lambda: pipeline.solve_task(task, options, watcher, stop), stop.request
        )
    answer = finished.value
    if finished.still_running:
        os._exit(130)
    if answer is None or answer.schedule is None:
        raise LimitReached(f"no schedule to emit: {answer.reason if answer else 'interrupted'}")
    return answer


def _text(emitted: Emitted, folder: Path) -> str:
    program, report = emitted.program, emitted.compiled.report
    lines = [
        f"{program.kernel} for {program.gpu} ({program.target}), one iteration every "
        f"{program.initiation_interval:,} cycles by the model",
        f"{program.threads} threads, {program.shared_bytes:,} bytes of shared memory, "
        f"{report.registers} registers at launch",
    ]
    lines += [f"solved again: {change}" for change in emitted.changes]
    for role in program.roles:
        operations = " ".join(role.operations)
        lines.append(f"  {role.name:11} {role.registers:3} registers  {operations}")
    lines.append(
        f"{emitted.compiled.compiler}: {report.spill_store_bytes} bytes spilled, "
        f"{report.stack_bytes} bytes of stack, {len(report.advisories)} advisories"
    )
    lines += [_overlap(overlap) for overlap in emitted.overlaps if any(overlap.promised.values())]
    lines += [f"wrong: {fault}" for fault in emitted.faults]
    lines.append(f"written to {folder}; on a machine with such a GPU: python {folder / 'run.py'}")
    return "\n".join(lines)


def _overlap(overlap: Overlap) -> str:
    if overlap.in_flight:
        done = _counts(overlap, always=True)
        return f"  while {overlap.operation} is in flight, {overlap.role} executes {done}"
    order = "in order" if overlap.holds else "not in order"
    return f"  {overlap.role} does {overlap.operation} {order}: {_counts(overlap, always=False)}"


def _counts(overlap: Overlap, *, always: bool) -> str:
    """How many of each opcode; beside how many were promised, always or where some are missing."""
    counts = [(opcode, n, overlap.found.get(opcode, 0)) for opcode, n in overlap.promised.items()]
    parts = [
        f"{found} of {promised} {opcode}" if always or found < promised else f"{found} {opcode}"
        for opcode, promised, found in counts
        if promised
    ]
    return ", ".join(parts)
