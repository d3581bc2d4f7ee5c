"""`twill sweep`: many kernels on many GPUs, on this machine or on a cluster."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .choices import BackendChoice, solve_options
from .completion import complete_document, complete_gpu
from .interrupt import Finished, run_interruptibly
from .memory import LEAST_MEGABYTES
from .output import print_answer, print_note

# What reads and solves is imported when it is needed, so that help and errors come at once.
if TYPE_CHECKING:
    from ..executors.protocol import Executor
    from ..models.sweep import SweepReport
    from ..sweeping.sweep import Sweep

INTERRUPT_GRACE_SECONDS = 4.0  # children end within 2, then files are written


class TableFormat(StrEnum):
    """How the table is written."""

    text = "text"
    json = "json"
    markdown = "markdown"
    csv = "csv"


class ExecutorChoice(StrEnum):
    """Where solves run."""

    local = "local"
    ray = "ray"


def sweep(
    documents: Annotated[
        list[str],
        typer.Argument(
            metavar="DOCUMENT...",
            autocompletion=complete_document,
            help="Kernel or graph documents, or names that `twill kernels` lists.",
        ),
    ],
    gpu: Annotated[
        str,
        typer.Option(
            "--gpu",
            metavar="NAME|FILE,...",
            autocompletion=complete_gpu,
            help="GPU profiles; `all`: those of the library.",
        ),
    ] = "h100-sxm",
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FOLDER", help="Where schedules go, and are found again."
        ),
    ] = Path("sweep"),
    executor: Annotated[
        ExecutorChoice, typer.Option("--executor", help="This machine, or a Ray cluster.")
    ] = ExecutorChoice.local,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            "-j",
            min=1,
            max=1024,
            metavar="N",
            help="Solves at the same time. [default: one for two processors]",
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            "--ray-address",
            metavar="ADDRESS",
            help="Of the cluster; `local`: a new one. [default: that of this machine, or local]",
        ),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(
            "--ray-tag", metavar="NAME=N", help="What a Ray node must have; may be repeated."
        ),
    ] = None,
    shapes: Annotated[
        bool,
        typer.Option("--shapes", help="Every combination where sizes or splits are lists."),
    ] = False,
    prove: Annotated[bool, typer.Option("--prove", help="As for `solve`.")] = False,
    time_limit: Annotated[
        float,
        typer.Option("--time-limit", min=0.001, metavar="SECONDS", help="Of each solve."),
    ] = 3600.0,
    memory_limit: Annotated[
        int,
        typer.Option("--memory-limit", min=LEAST_MEGABYTES, metavar="MB", help="Of each solve."),
    ] = 4096,
    objective: Annotated[
        str | None, typer.Option("--objective", metavar="NAME,...", help="As for `solve`.")
    ] = None,
    backend: Annotated[
        BackendChoice, typer.Option("--backend", help="Which backends to ask.")
    ] = BackendChoice.both,
    form: Annotated[
        TableFormat, typer.Option("--format", "-f", help="How the table is printed.")
    ] = TableFormat.text,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress on standard error.")
    ] = False,
) -> int:
    """Solve every document on every GPU, and print one table.

    Schedules are written to the folder as soon as they are found; called again, what is there for
    the same question is not solved again. Exit codes: 0 all proved optimal; 1 some infeasible;
    2 some documents invalid; 3 some not proved; 70 a fault of Twill; 130 interrupted.
    """
    from ..sweeping.grid import build_grid
    from ..sweeping.store import Store
    from ..sweeping.sweep import Sweep
    from .progress import progress_style
    from .sweep_progress import build_sweep_watcher
    from .sweep_tables import sweep_text

    options = solve_options(1, prove, time_limit, objective, backend)
    grid = build_grid(documents, _gpus(gpu), options, memory_limit, every_shape=shapes)
    watcher = build_sweep_watcher(progress_style(quiet=quiet), len(grid))
    run = Sweep(grid, Store(output), watcher)
    with watcher, redirect_stdout(sys.stderr):  # where Ray tells of workers that died
        finished = _finished(run, lambda: _executor(executor, jobs, address, tuple(tag or ())))
    report = finished.value or run.report()
    print_answer(sweep_text(report, "json" if as_json else form.value))
    if finished.still_running:
        os._exit(130)  # children die with this process
    return 130 if finished.interrupted else report.exit_code


def _finished(sweep: Sweep, open_executor: Callable[[], Executor]) -> Finished[SweepReport]:
    if not sweep.take_over():
        return Finished(sweep.report(), interrupted=False)
    executor = open_executor()
    finished = run_interruptibly(lambda: sweep.run(executor), sweep.stop, INTERRUPT_GRACE_SECONDS)
    if not finished.still_running:
        executor.close(grace_seconds=0.0)  # nothing runs any more
    return finished


def _gpus(names: str) -> tuple[str, ...]:
    from ..gpu_profiles.library import profile_names

    if names == "all":
        return profile_names()
    return tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))


def _executor(
    choice: ExecutorChoice, jobs: int | None, address: str | None, tags: tuple[str, ...]
) -> Executor:
    if choice is ExecutorChoice.ray:
        from ..executors.ray import RayExecutor

        return RayExecutor(jobs, address=address, tags=dict(map(_tag, tags)))
    from ..executors.local import LocalExecutor
    from ..models.errors import UsageError

    if address is not None or tags:
        option = "--ray-tag" if tags else "--ray-address"
        raise UsageError(f"{option} is for a Ray cluster", cure="add --executor ray")
    executor = LocalExecutor(jobs)
    if executor.notice:
        print_note(executor.notice)
    return executor


def _tag(text: str) -> tuple[str, float]:
    from ..models.errors import UsageError

    name, _, number = text.partition("=")
    try:
        amount = float(number or 1)
    except ValueError:
        amount = 0.0
    if not name or not 0 < amount < 1e6:
        cure = "write NAME=N, such as gpu_h100=1"
        raise UsageError(f"--ray-tag: {text!r} is no tag", cure=cure)
    return name, amount
