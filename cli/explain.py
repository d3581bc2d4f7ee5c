"""`twill explain`: what limits the initiation interval, and what would change it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from .completion import complete_document
from .explain_costs import cost_lines, costs_are_decided, with_costs
from .gpu_option import gpu_option
from .interrupt import run_interruptibly
from .output import print_answer, print_note
from .shape_options import SizeOption, SplitOption, refuse_shape, shape_of

# What solves is imported when it is needed, so that help and errors come at once.
if TYPE_CHECKING:
    from ..models.answer import Answer
    from ..models.explanation import Explanation
    from ..models.shape import Shape
    from ..solver.question import Stop

TITLES = {
    "size": "Sizes",
    "split": "Sub-tiles",
    "groups": "Warp groups",
    "registers": "Registers",
    "ring": "Rings",
    "hand-off": "Hand-off",
    "unit": "Functional units",
    "gpu": "Other GPUs",
}


def explain(
    document: Annotated[
        str,
        typer.Argument(
            metavar="DOCUMENT|SCHEDULE",
            autocompletion=complete_document,
            help="A kernel or graph document, one of the library, or a stored schedule.",
        ),
    ],
    gpu: Annotated[
        str | None, gpu_option("GPU profile, for a document. [default: h100-sxm]")
    ] = None,
    size: SizeOption = None,
    split: SplitOption = None,
    no_what_ifs: Annotated[
        bool, typer.Option("--no-what-ifs", help="Leave out what would change it; solves nothing.")
    ] = False,
    sensitivity: Annotated[
        bool,
        typer.Option(
            "--sensitivity",
            help="How wrong each cost may be, and what it does to II; in place of the what-ifs.",
        ),
    ] = False,
    robust: Annotated[
        float | None,
        typer.Option(
            "--robust",
            metavar="P",
            min=0,
            max=100,
            help="Solve for the worst case of durations within +-P %; in place of the what-ifs.",
        ),
    ] = None,
    time_limit: Annotated[
        float,
        typer.Option("--time-limit", min=0.001, metavar="SECONDS", help="Of each solve."),
    ] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress on standard error.")
    ] = False,
) -> int:
    """Say what limits the initiation interval, and solve what would change it.

    Where sizes or splits of a kernel are lists, their first values are explained unless --size and
    --split choose others, and every other value is one of the changes.

    Exit codes: 0 explained; 2 invalid input; 3 a limit was reached before something was decided;
    130 interrupted.
    """
    from ..explaining import Asking
    from ..explaining import explain as explained
    from ..pipeline import read_listed

    asking = Asking(seconds=time_limit, say=(lambda _: None) if quiet else print_note)

    shape = shape_of(size, split)
    listed = None if document.endswith(".json") else read_listed(document, gpu, shape)
    shape = shape if listed is None else listed.shape

    def work() -> Explanation:
        answer = _answer(document, gpu, shape, time_limit, asking.stop)
        costs = sensitivity or robust is not None
        changes = not (no_what_ifs or costs)
        explanation = explained(answer, asking, what_ifs=changes, listed=listed)
        return (
            with_costs(explanation, answer, asking, sensitivity, robust) if costs else explanation
        )

    finished = run_interruptibly(work, asking.stop.request)
    explanation = finished.value
    if explanation is None:
        print_note("interrupted")
        os._exit(130)
    print_answer(explanation.model_dump_json(indent=1) if as_json else _text(explanation))
    if finished.interrupted:
        return 130
    return _exit_code(explanation)


def _exit_code(explanation: Explanation) -> int:
    decided = ("optimal", "infeasible", "refused")
    every = (explanation.status, *(change.status for change in explanation.what_ifs))
    told = all(status in decided for status in every) and costs_are_decided(explanation)
    return 0 if told else 3


def _answer(
    document: str, gpu: str | None, shape: Shape | None, seconds: float, stop: Stop
) -> Answer:
    """A stored schedule, verified again, or a new one."""
    from .. import pipeline
    from ..gate.origin import read_with_texts
    from ..models.errors import UsageError
    from ..models.solve_options import SolveOptions

    if document.endswith(".json"):
        if gpu is not None:
            cure = "leave --gpu out: the schedule is for one GPU"
            raise UsageError("--gpu does not change a stored schedule", cure=cure)
        refuse_shape(shape)
        return read_with_texts(document)
    task = pipeline.read_task(document, gpu, shape)
    return pipeline.solve_task(task, SolveOptions(seconds=seconds), stop=stop)


def _text(explanation: Explanation) -> str:
    changes = {change.sentence for change in explanation.what_ifs}
    from ..models.shape import shape_text

    shape = shape_text(explanation.shape)
    head = f"{explanation.kernel} on {explanation.gpu}"
    lines = [f"{head} with {shape}" if shape else head, ""]
    lines += [sentence for sentence in explanation.sentences if sentence not in changes]
    for kind, title in TITLES.items():
        of_kind = [change for change in explanation.what_ifs if change.kind == kind]
        if of_kind:
            lines += ["", title, *(f"  {change.sentence}" for change in of_kind)]
    return "\n".join((*lines, *cost_lines(explanation), ""))
