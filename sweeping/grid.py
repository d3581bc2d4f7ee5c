"""The grid of a sweep: every document on every GPU."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..gpu_profiles.library import load_profile
from ..models.errors import InvalidInput, UsageError
from ..models.solve_options import SolveOptions
from ..models.work import Work
from ..pipeline import Task, read_task
from .cell import Cell, Refused, refused, shown

MAXIMUM_PLACE = 1024  # characters of the name that errors give


def build_grid(
    documents: Sequence[str], gpus: Sequence[str], options: SolveOptions, memory_megabytes: int
) -> tuple[Cell | Refused, ...]:
    """Every pair in order, read and checked; a bad document spoils its own rows only.

    Raises InvalidProfile for a GPU that cannot be read, before anything is solved.
    """
    if not gpus:
        raise UsageError("no GPU is named", cure="name one, or `all`")
    for gpu in gpus:
        load_profile(gpu)
    grid: list[Cell | Refused] = []
    takers: dict[str, Cell] = {}
    for document in dict.fromkeys(documents):
        for cell in _cells(document, gpus, options, memory_megabytes):
            grid.append(_alone(cell, takers) if isinstance(cell, Cell) else cell)
    return tuple(grid)


def _cells(
    document: str, gpus: Sequence[str], options: SolveOptions, memory_megabytes: int
) -> Iterator[Cell | Refused]:
    """The rows of one document. One whose sizes are lists would give several for each GPU here."""
    chosen: Sequence[str | None] = gpus
    try:
        if read_task(document).sources.profile is None:  # a graph with its own machine
            chosen = (None,)
    except InvalidInput as fault:
        yield refused(document, None, fault)
        return
    for gpu in chosen:
        try:
            task = read_task(document, gpu)
        except InvalidInput as fault:
            yield refused(document, gpu, fault)
        else:
            yield _cell(document, gpu, task, options, memory_megabytes)


def _cell(
    document: str, gpu: str | None, task: Task, options: SolveOptions, memory_megabytes: int
) -> Cell:
    text = task.sources.kernel or task.sources.graph
    assert text is not None, "a task comes from a document"
    seconds = {} if options.seconds is None else {"seconds": options.seconds}
    work = Work.model_validate(
        {
            "document": text,
            "place": shown(document)[-MAXIMUM_PLACE:],
            "profile": task.sources.profile,
            "options": options,
            "memory_megabytes": memory_megabytes,
            **seconds,
        }
    )
    return Cell(document, gpu, task.kernel, task.gpu, work)


def _alone(cell: Cell, takers: dict[str, Cell]) -> Cell | Refused:
    """The cell, unless another document has its name already."""
    first = takers.setdefault(cell.file.casefold(), cell)
    if first is cell:
        return cell
    message = f"{shown(first.document)} on {first.gpu_name} has its results in {first.file} too"
    fault = UsageError(message, file=cell.document, cure="give one of the two another name")
    return refused(cell.document, cell.gpu_name, fault)
