"""`twill bench`: bundles or kernels checked, timed and compared on this GPU."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .completion import complete_document
from .gpu_option import gpu_option
from .output import print_answer, print_note

if TYPE_CHECKING:
    from ..benching.run import Runner


def bench(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="BUNDLE|KERNEL|SCHEDULE...",
            autocompletion=complete_document,
            help="Folders with bundles, or what `twill emit` takes, which is emitted first.",
        ),
    ],
    gpu: Annotated[str | None, gpu_option("GPU profile, for kernels. [default: h100-sxm]")] = None,
    size: Annotated[
        list[str] | None,
        typer.Option(
            "--size",
            metavar="NAME=N",
            help="Time random inputs with this extent instead of the largest case.",
        ),
    ] = None,
    trips: Annotated[
        str | None,
        typer.Option(
            "--trips",
            metavar="NAME=SHORT,LONG",
            help="Two values of an extent that change the loop only: cycles of an iteration.",
        ),
    ] = None,
    top: Annotated[
        int,
        typer.Option(
            "--top", min=1, max=100, metavar="K", help="Compare K strategies of a kernel."
        ),
    ] = 1,
    repetitions: Annotated[
        int, typer.Option("--reps", min=1, max=100_000, metavar="N", help="Of each timing.")
    ] = 50,
    launches: Annotated[
        int,
        typer.Option("--launches", min=1, max=1_000_000, metavar="N", help="Of each case checked."),
    ] = 1,
    watchdog: Annotated[
        float,
        typer.Option("--watchdog", min=0.1, metavar="SECONDS", help="After which a launch hangs."),
    ] = 20.0,
    peers: Annotated[
        bool, typer.Option("--peers/--no-peers", help="Time what is installed beside them.")
    ] = True,
    worked: Annotated[
        Path | None,
        typer.Option("--worked", metavar="FOLDER", help="With the worked CUDA examples."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Write results.json and bundles."),
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option("--time-limit", min=0.001, metavar="SECONDS", help="Of each search."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress on standard error.")
    ] = False,
) -> int:
    """Check bundles against their references, then time them in turns with their peers.

    Everything runs in child processes under a watchdog. Exit codes: 0 all right; 1 a wrong result;
    2 invalid input; 4 no GPU, a failure of it, or a kernel that hangs.
    """
    from ..benching.plan import Plan
    from ..benching.run import probe
    from ..models.errors import UsageError
    from .bench_targets import bundles_of, sizes_of, trips_of

    if top > 1 and len(targets) > 1:
        raise UsageError("--top compares strategies of one kernel", cure="name one kernel")
    extents, runner = sizes_of(size or []), _runner(quiet=quiet)
    probe(Plan(()), runner)  # before anything is solved and compiled
    with ExitStack() as stack:
        scratch = output or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folders = bundles_of(targets, gpu, scratch / "bundles", top, time_limit, quiet=quiet)
        plan = Plan(
            bundles=tuple(folders),
            sizes=groups_of(folders, extents),
            trips=tuple(trips_of(folders, extents, trips)) if trips else (),
            repetitions=repetitions,
            launches=launches,
            peers=peers,
            worked=str(worked) if worked else None,
            watch_seconds=watchdog,
        )
        found = measured(plan, output, runner, top)
    return _print(found, as_json=as_json)


def measured(plan: Any, output: Path | None, runner: Runner, top: int) -> dict[str, Any]:
    """The results of a plan, with strategies where more than one was asked for."""
    from ..benching.rates import strategy_ranks
    from ..benching.results import write_results
    from ..benching.run import STAGES, run

    stages = STAGES if plan.peers else tuple(stage for stage in STAGES if stage != "ceiling")
    found = run(plan, runner, stages, lambda now: write_results(output, now) if output else None)
    if top > 1:
        names = [Path(folder).name for folder in plan.bundles]
        found["strategies"] = strategy_ranks(names, found["timings"])
        if output is not None:
            write_results(output, found)
    return found


def groups_of(folders: list[str], extents: dict[str, int]) -> Any:
    """Bundles of one kernel are timed together."""
    from ..benching.plan import Sizes
    from ..runtime.bundle import Bundle

    groups: dict[tuple[str, str], list[str]] = {}
    for folder in folders:
        manifest = Bundle.load(folder).manifest
        groups.setdefault((manifest.kernel, manifest.target), []).append(folder)
    return tuple(Sizes(tuple(group), extents) for group in groups.values())


def _runner(*, quiet: bool) -> Runner:
    from ..benching.run import Runner

    return Runner(note=(lambda text: None) if quiet else (lambda text: print_note(f"  {text}")))


def _print(found: dict[str, Any], *, as_json: bool) -> int:
    from ..benching.__main__ import exit_code
    from ..benching.results import results_text
    from ..benching.show import run_text

    print_answer(results_text(found) if as_json else run_text(found))
    return exit_code(found)
