"""`twill solve`: from a document to an optimal schedule with its certificate."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .choices import EXIT_CODES, BackendChoice, solve_options
from .completion import complete_document
from .gpu_option import gpu_option
from .interrupt import Finished, run_interruptibly
from .memory import LEAST_MEGABYTES, limit_memory
from .output import check_writable, print_answer, print_note, write_file
from .remote import GRACE_SECONDS, RemoteSolve, check_is_local_only
from .shape_options import SizeOption, SplitOption, shape_of

# What solves is imported when it is needed, so that help and errors come at once.
if TYPE_CHECKING:
    from ..models.answer import Answer
    from ..models.shape import Shape
    from ..models.solve_options import SolveOptions
    from ..pipeline import Task
    from .progress import Watcher


def solve(
    document: Annotated[
        str,
        typer.Argument(
            metavar="DOCUMENT",
            autocompletion=complete_document,
            help="A kernel.yaml, a graph.yaml, or a name that `twill kernels` lists.",
        ),
    ],
    gpu: Annotated[str | None, gpu_option("GPU profile. [default: h100-sxm]")] = None,
    size: SizeOption = None,
    split: SplitOption = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Also write the schedule to this file, as JSON."),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            "--store",
            metavar="FOLDER",
            help="Store it for `twill check`, beside what is stored there; implies --prove.",
        ),
    ] = None,
    emit: Annotated[
        Path | None,
        typer.Option(
            "--emit", metavar="FOLDER", help="Also emit the kernel as a launch bundle, see `emit`."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    top: Annotated[
        int,
        typer.Option(
            "--top",
            min=1,
            max=100,
            metavar="K",
            help="Find K different strategies of equal initiation interval.",
        ),
    ] = 1,
    prove: Annotated[
        bool,
        typer.Option(
            "--prove", help="Let every backend exclude the initiation intervals below by itself."
        ),
    ] = False,
    time_limit: Annotated[
        float | None,
        typer.Option(
            "--time-limit", min=0.001, metavar="SECONDS", help="Stop the search after so long."
        ),
    ] = None,
    memory_limit: Annotated[
        int | None,
        typer.Option(
            "--memory-limit",
            min=LEAST_MEGABYTES,
            metavar="MB",
            help="Address space of this process.",
        ),
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(
            "--objective",
            metavar="NAME,...",
            help="What to minimise, in this order, once the initiation interval is least.",
        ),
    ] = None,
    backend: Annotated[
        BackendChoice, typer.Option("--backend", help="Which backends to ask.")
    ] = BackendChoice.both,
    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            metavar="URL",
            envvar="TWILL_SERVER",
            help="Let this Twill service solve it; its key is taken from TWILL_KEY.",
        ),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress on standard error.")
    ] = False,
) -> int:
    """Find a schedule with the least initiation interval, and prove that it is the least.

    Exit codes: 0 proved optimal; 1 proved infeasible; 2 invalid input; 3 a limit was reached before
    a proof; 70 a fault of Twill; 130 interrupted (what was found by then is printed).
    """
    options = solve_options(top, prove or store is not None, time_limit, objective, backend)
    shape = shape_of(size, split)
    _check_places(output, store, shape)
    if server is not None:
        check_is_local_only(
            backend=backend is not BackendChoice.both, memory_limit=memory_limit is not None
        )
    if memory_limit is not None:
        limit_memory(memory_limit)
    from .. import pipeline
    from ..models.schedule_text import schedule_text
    from .answer import answer_text  # now: after Ctrl-C there is no time left to import it
    from .progress import build_watcher, progress_style

    task = _read(document, gpu, shape, emits=emit)
    watcher = build_watcher(progress_style(quiet=quiet))
    finished = _solve(task, options, watcher, server)
    answer = finished.value
    if answer is None:
        answer = pipeline.interrupted_answer(task, watcher.best, watcher.lower_bound)
    answer = _kept(answer, document if shape is None else None, gpu, output, store)
    if answer.schedule is not None and len(answer.alternatives) + 1 < top:
        print_note(f"found {len(answer.alternatives) + 1} of the {top} strategies asked for")
    if as_json:
        print_answer(schedule_text(answer))
    else:
        print_answer(answer_text(answer, _gpu_note(answer, gpu)))
    if finished.still_running:
        os._exit(130)  # a backend that does not stop would hold the process back
    if finished.interrupted:
        return 130
    code = EXIT_CODES[answer.status]
    if emit is not None and answer.schedule is not None:
        code = _emit(answer, emit, time_limit) or code
    return code


def _read(document: str, gpu: str | None, shape: Shape | None, *, emits: Path | None) -> Task:
    """The task; where it is to be emitted, after a check that its GPU has CUDA text."""
    from ..pipeline import read_task

    task = read_task(document, gpu, shape)
    if emits is not None:
        from ..emitting import emittable
        from ..runtime.pack import check_folder

        check_folder(emits)
        emittable(task.kernel, task.gpu, task.sources)
    return task


def _check_places(output: Path | None, store: Path | None, shape: Shape | None) -> None:
    if store is not None and shape is not None:
        from ..models.errors import UsageError

        cure = "store the schedule of a document that has this shape alone; see `twill shapes -o`"
        raise UsageError("--store compares with the document, and --size changes it", cure=cure)
    if output is not None:
        check_writable(output)
    if store is not None:
        check_writable(store / "schedule.json")


def _kept(
    answer: Answer, document: str | None, gpu: str | None, output: Path | None, store: Path | None
) -> Answer:
    """The answer as it is printed, after it was written where that was asked for.

    Without a document it names no origin: it was solved for one shape, which no file says.
    """
    if store is not None and document is not None:
        _store(answer, store, document, gpu)
    return answer if output is None else _written(answer, output, document, gpu)


def _written(answer: Answer, file: Path, document: str | None, gpu: str | None) -> Answer:
    """The answer as it was written, with where it comes from as seen from the file."""
    from ..gate.origin import origin_of
    from ..models.schedule_text import schedule_text

    if document is not None:
        answer = answer.model_copy(update={"origin": origin_of(document, gpu, file)})
    write_file(file, schedule_text(answer))
    return answer


def _store(answer: Answer, folder: Path, document: str, gpu: str | None) -> None:
    """Write what is proved, without its texts, for `twill check` to compare with them."""
    from ..gate.origin import origin_of
    from ..gate.store import file_name, stored_text

    if answer.status not in ("optimal", "infeasible"):
        print_note(f"not stored: {answer.status} is no proof")
        return
    default = answer.gpu if answer.sources.kernel is not None else None
    file = folder / file_name(answer.kernel, answer.gpu)
    write_file(file, stored_text(answer, origin_of(document, gpu or default, file)))
    print_note(f"stored as {file}")


def _emit(answer: Answer, folder: Path, seconds: float | None) -> int:
    """Write the bundle; what is said of it goes to standard error, beside the answer."""
    from .emit import emit_answer

    text, code = emit_answer(answer, folder, seconds=seconds)
    print_note(text)
    return code


def _solve(
    task: Task, options: SolveOptions, watcher: Watcher, server: str | None
) -> Finished[Answer | None]:
    from ..pipeline import solve_task
    from ..solver.question import Stop

    if server is not None:
        remote = RemoteSolve(server, task, options, watcher)
        with watcher:
            return run_interruptibly(remote, remote.stop, GRACE_SECONDS)
    stop = Stop()
    with watcher:
        return run_interruptibly(lambda: solve_task(task, options, watcher, stop), stop.request)


def _gpu_note(answer: Answer, gpu: str | None) -> str:
    was_default = gpu is None and answer.sources.kernel is not None
    return "(the default GPU; choose another with --gpu)" if was_default else ""
