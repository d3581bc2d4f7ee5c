"""One kernel on one GPU: what is asked of the executor, and the key that tells it from others."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ..models.errors import InvalidInput
from ..models.problem_object import problem_object
from ..models.shape import Shape, shape_text
from ..models.sweep import SweepRow
from ..models.version import VERSION
from ..models.work import Work


@dataclass(frozen=True, slots=True)
class Cell:
    """A pair that can be solved."""

    document: str  # as it was asked for
    gpu: str | None  # name or path, as it was asked for; None: the graph has its own machine
    kernel: str
    gpu_name: str
    work: Work
    shape: Shape | None = None  # of a document with lists

    @property
    def file(self) -> str:
        """The name of the file of its schedule."""
        shape = f"@{_slug(self.shape)}" if self.shape is not None else ""
        return f"{self.kernel}@{self.gpu_name}{shape}.json"

    @property
    def key(self) -> str:
        """Equal where the same is asked of the same version; limits and places do not count."""
        options = self.work.options.model_copy(update={"seconds": None})
        asked = Work(document=self.work.document, profile=self.work.profile, options=options)
        return f"{VERSION} {asked.digest()}"

    @property
    def seconds(self) -> float:
        """The limit of time."""
        return min(self.work.seconds, self.work.options.seconds or self.work.seconds)

    def row(self, **told: object) -> SweepRow:
        """A row of the table."""
        about = {"document": shown(self.document), "kernel": self.kernel, "gpu": self.gpu_name}
        about |= {"shape": shape_text(self.shape) if self.shape is not None else ""}
        return SweepRow.model_validate({**about, **told})


@dataclass(frozen=True, slots=True)
class Refused:
    """A pair that cannot be: the document is wrong, or does not go with that GPU."""

    row: SweepRow


def _slug(shape: Shape) -> str:
    """A shape in the name of a file, such as `BLOCK_M-128.BLOCK_N-256.split-BLOCK_M-2`."""
    sizes = [f"{name}-{value}" for name, value in shape.sizes.items()]
    return ".".join([*sizes, *(f"split-{name}-{value}" for name, value in shape.split.items())])


def shown(name: str) -> str:
    """A name as text; not every name of a file is."""
    return name.encode("utf-8", "backslashreplace").decode()


def refused(
    document: str, gpu: str | None, fault: InvalidInput, shape: Shape | None = None
) -> Refused:
    """The row of a document that cannot be read."""
    row = SweepRow(
        document=shown(document),
        kernel=shown(document),
        gpu=gpu or "",
        shape=shape_text(shape) if shape is not None else "",
        status="refused",
        reason=shown(str(fault.problems[0]).split("\n", 1)[0]),
        problem=json.dumps(problem_object(fault)),
    )
    return Refused(row)
