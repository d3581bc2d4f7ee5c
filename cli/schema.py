"""`twill schema`: the JSON Schema of each document, for editors and other programs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from .output import print_answer


class Kind(StrEnum):
    """The documents that have a schema."""

    kernel = "kernel"
    profile = "profile"
    graph = "graph"
    schedule = "schedule"
    verification = "verification"
    check = "check"
    explanation = "explanation"
    sweep = "sweep"
    shapes = "shapes"


def schema(kind: Annotated[Kind, typer.Argument(help="Which document.")]) -> int:
    """Print a JSON Schema, with which editors complete and check YAML."""
    from ..models.schemas import schema_text

    print_answer(schema_text(kind.value))
    return 0
