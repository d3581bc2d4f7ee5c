"""`twill show --format html`: one schedule as a page, or two side by side."""

from __future__ import annotations

from pathlib import Path

from ..drawing.page.html import page_html
from ..gate.origin import origin_task
from ..models.answer import Answer
from ..models.errors import InvalidInput
from ..pipeline import read_answer
from ..reader.documents import read_text


def page_of_files(schedule: Path, other: Path | None, cuda: Path | None) -> str:
    """The page of one stored schedule with its CUDA source, or of two that are compared."""
    files = [file for file in (schedule, other) if file is not None]
    answers = [_with_texts(read_answer(str(file)), file) for file in files]
    sources = {0: read_text(str(cuda))} if cuda is not None else {}
    return page_html(answers, sources, compare=other is not None)


def _with_texts(answer: Answer, file: Path) -> Answer:
    """The same with the texts of its origin, if it holds none and they still give its problem."""
    held = answer.sources.kernel or answer.sources.graph
    if held is not None or answer.origin is None:
        return answer
    try:
        now = origin_task(answer.origin, str(file))
    except InvalidInput:
        return answer
    if now.problem != answer.problem:
        return answer
    return answer.model_copy(update={"sources": now.sources})
