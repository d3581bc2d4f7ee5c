"""The JSON Schema of each kind of document."""

from __future__ import annotations

import json
from typing import Literal

from .answer import Answer
from .check_report import CheckReport
from .document import Document
from .explanation import Explanation
from .graph import GraphDocument
from .kernel import KernelDocument
from .profile import GpuProfile
from .shape_search import ShapeSearch
from .sweep import SweepReport
from .verification import Verification

Kind = Literal[
    "kernel", "profile", "graph", "schedule", "verification", "check", "explanation", "sweep",
    "shapes",
]  # fmt: skip

KINDS: dict[Kind, type[Document]] = {
    "kernel": KernelDocument,
    "profile": GpuProfile,
    "graph": GraphDocument,
    "schedule": Answer,
    "verification": Verification,
    "check": CheckReport,
    "explanation": Explanation,
    "sweep": SweepReport,
    "shapes": ShapeSearch,
}


def schema_text(kind: Kind) -> str:
    """JSON Schema 2020-12 of a document, the same bytes every time."""
    described = KINDS[kind].model_json_schema(mode="validation")
    described = {"$schema": "https://json-schema.org/draft/2020-12/schema", **described}
    return json.dumps(described, indent=2, sort_keys=True) + "\n"
