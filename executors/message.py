"""What a child tells the process that started it: one line of JSON each."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from ..models.document import Document
from ..models.progress import Progress
from ..models.work import Ending

MAXIMUM_BYTES = 64 << 20  # of a line: an answer embeds its problem and texts


class Message(Document):
    """An event of the running solve, or the end, which comes last."""

    progress: Progress | None = None
    ending: Ending | None = None

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        if (self.progress is None) == (self.ending is None):
            raise ValueError("either an event or the end")
        return self

    def line(self) -> bytes:
        """The message as one line."""
        return self.model_dump_json(exclude_none=True).encode() + b"\n"
