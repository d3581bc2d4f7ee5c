"""The grid of a sweep: every document on every GPU."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..extractor.shapes import listed_shapes
from ..gpu_profiles.library import load_profile
from ..models.errors import InvalidInput, UsageError
from ..models.shape import Shape
from ..models.solve_options import SolveOptions
from ..models.work import Work
from ..pipeline import Task, read_listed, read_task
from .cell import Cell, Refused, refused, shown

MAXIMUM_PLACE = 1024  # characters of the name that errors give


def build_grid(
    documents: Sequence[str],
    gpus: Sequence[str],
    options: SolveOptions,
    memory_megabytes: int,
    *,
    every_shape: bool = False,
) -> tuple[Cell | Refused, ...]:
    """Every pair in order, read and checked; a bad document spoils its own rows only.

    `every_shape`: a document whose sizes or splits are lists has a row for each combination.

    Raises InvalidProfile for a GPU that cannot be read, before anything is solved.
    """
    if not gpus:
        raise UsageError("no GPU is named", cure="name one, or `all`")
    for gpu in gpus:
        load_profile(gpu)
    grid: list[Cell | Refused] = []
    takers: dict[str, Cell] = {}
    for document in dict.fromkeys(documents):
        for cell in _cells(document, gpus, options, memory_megabytes, every_shape):
            grid.append(_alone(cell, takers) if isinstance(cell, Cell) else cell)
    return tuple(grid)


def _cells(
    document: str,
    gpus: Sequence[str],
    options: SolveOptions,
    memory_megabytes: int,
    every_shape: bool,
) -> Iterator[Cell | Refused]:
    """The rows of one document."""
    try:
        pairs = [
            (gpu, shape)
            for gpu in _gpus_of(document, gpus, every_shape)
            for shape in (_shapes_of(document, gpu) if every_shape else (None,))
        ]
    except InvalidInput as fault:
        yield refused(document, None, fault)
        return
    for gpu, shape in pairs:
        try:
            task = read_task(document, gpu, shape)
        except InvalidInput as fault:
            yield refused(document, gpu, fault, shape)
        else:
            yield _cell(document, gpu, shape, task, options, memory_megabytes)


def _gpus_of(
    document: str, gpus: Sequence[str], every_shape: bool
) -> Sequence[str] | tuple[None, ...]:
    """Those that were asked for; None alone for a graph with its own machine."""
    if every_shape and read_listed(document, gpus[0]) is not None:
        return gpus
    return gpus if read_task(document).sources.profile is not None else (None,)


def _shapes_of(document: str, gpu: str | None) -> Iterator[Shape | None]:
    listed = read_listed(document, gpu) if gpu is not None else None
    if listed is None:
        yield None
    else:
        yield from listed_shapes(listed.document, listed.profile.target)


def _cell(
    document: str,
    gpu: str | None,
    shape: Shape | None,
    task: Task,
    options: SolveOptions,
    memory_megabytes: int,
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
    return Cell(document, gpu, task.kernel, task.gpu, work, shape)


def _alone(cell: Cell, takers: dict[str, Cell]) -> Cell | Refused:
    """The cell, unless another document has its name already."""
    first = takers.setdefault(cell.file.casefold(), cell)
    if first is cell:
        return cell
    message = f"{shown(first.document)} on {first.gpu_name} has its results in {first.file} too"
    fault = UsageError(message, file=cell.document, cure="give one of the two another name")
    return refused(cell.document, cell.gpu_name, fault)
