"""One solve that another process is to do, and how it ended; everything in it crosses a wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from .document import Document
from .solve_options import SolveOptions

Text = Annotated[str, StringConstraints(min_length=1, max_length=1 << 20)]
Place = Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class Work(Document):
    """The texts of a document and a profile, what is wanted, and what it may cost."""

    document: Text  # YAML of a kernel or of a graph
    place: Place = "kernel.yaml"  # what errors call the document
    profile: Text | None = None  # YAML of a GPU profile; None: as `twill solve` without --gpu
    options: SolveOptions = SolveOptions()
    memory_megabytes: Annotated[int, Field(ge=1024)] = 4096  # address space of the child
    seconds: Annotated[float, Field(gt=0)] = 3600.0  # after this it is stopped, keeping the best


EndKind = Literal[
    "answer",  # `answer` holds the text of a schedule document, with or without a proof
    "refused",  # the document is wrong: `problem` says where and why
    "crashed",  # the process died, or ran out of memory, or Twill is at fault: `problem` says how
]


class Ending(Document):
    """How a piece of work ended; exactly one for each that was started."""

    kind: EndKind
    # Text of a schedule document (models/schedule_text.py); beside `crashed`, the best before it.
    answer: str | None = None
    problem: str | None = None  # JSON of the same problem object that `--json` prints
    stopped: bool = False  # `stop` or `close` ended it; not its own limit of time
