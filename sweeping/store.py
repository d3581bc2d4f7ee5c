"""The folder of a sweep: a schedule for each pair, and beside it what was asked."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from pydantic import ValidationError

from ..gate.origin import origin_of
from ..models.answer import Answer
from ..models.errors import UsageError
from ..models.schedule_text import schedule_text
from ..models.sweep import Kept, SweepRow
from ..models.work import Ending
from .cell import Cell, shown

PROVED = ("optimal", "infeasible")


class Store:
    """Files are replaced in one step, so that a killed sweep leaves none by halves."""

    def __init__(self, folder: Path) -> None:
        """Make the folder; raises UsageError where that is not possible."""
        self.folder = folder
        self._rows = folder / ".sweep"
        try:
            self._rows.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            cure = "give the path of a folder that can be made and written"
            said = f"cannot be made: {fault.strerror}"
            raise UsageError(said, file=str(folder), cure=cure) from None

    def kept(self, cell: Cell) -> SweepRow | None:
        """The row of an earlier run, if the same was asked and it would not come out better now.

        What was interrupted is solved again, and what was not proved within a smaller limit.
        """
        try:
            known = Kept.from_json(self._row_file(cell).read_text(encoding="utf-8"))
            text = (self.folder / cell.file).read_bytes()
        except (OSError, UnicodeDecodeError, ValidationError):
            return None
        if known.key != cell.key or known.written != _digest(text) or known.row.stopped:
            return None
        if known.row.status not in PROVED and (known.seconds or 0.0) < cell.seconds:
            return None
        return known.row.model_copy(update={"resumed": True, "document": shown(cell.document)})

    def keep(self, cell: Cell, ending: Ending) -> SweepRow:
        """Write the schedule of an ending, if it has one, and remember what was asked.

        Raises UsageError if a file cannot be written.
        """
        row = _row(cell, ending)
        if ending.answer is None:
            return row
        file = self.folder / cell.file
        # One shape of a document with lists is not what the document says.
        origin = origin_of(cell.document, cell.gpu, file) if cell.shape is None else None
        answer = Answer.from_json(ending.answer).model_copy(update={"origin": origin})
        text = schedule_text(answer).encode()
        _write(file, text)
        if ending.kind == "answer":
            kept = Kept(key=cell.key, seconds=cell.seconds, written=_digest(text), row=row)
            _write(self._row_file(cell), kept.canonical_json().encode())
        return row

    def _row_file(self, cell: Cell) -> Path:
        return self._rows / cell.file.replace(".json", ".row")


def _row(cell: Cell, ending: Ending) -> SweepRow:
    """The numbers of an ending; a crash after a schedule was found has them too."""
    told: dict[str, object] = {"stopped": ending.stopped, "problem": ending.problem}
    if ending.answer is not None:
        told |= _numbers(cell, Answer.from_json(ending.answer))
    if ending.problem is not None:
        told |= {"status": ending.kind, "reason": str(json.loads(ending.problem)["detail"])}
    return cell.row(**told)


def _numbers(cell: Cell, answer: Answer) -> dict[str, object]:
    minimum = answer.bounds.minimum if answer.bounds else None
    proved = answer.certificate.lower_bound if answer.certificate else None
    return {
        "status": answer.status,
        "reason": answer.reason,
        "initiation_interval": answer.initiation_interval,
        "minimum": minimum,
        "lower_bound": max(minimum or 1, proved or 1) if minimum else None,
        "stages": answer.stages,
        "warp_groups": len(answer.warp_groups) if answer.schedule else None,
        "seconds": round(answer.seconds, 3),
        "file": cell.file,
    }


def _digest(text: bytes) -> str:
    return "sha256:" + hashlib.sha256(text).hexdigest()


def _write(file: Path, text: bytes) -> None:
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(text)
        os.replace(temporary, file)
    except OSError as fault:
        temporary.unlink(missing_ok=True)
        cure = "make room, or give another folder"
        said = f"cannot be written: {fault.strerror}"
        raise UsageError(said, file=str(file), cure=cure) from None
