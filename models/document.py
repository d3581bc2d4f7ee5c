"""The base of every value that flows: frozen, checked at birth, one canonical text, one digest."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.\[\]'-]{0,95}$")]
"""What things are called: a letter or `_`, then letters, digits and `_ . [ ] ' -`."""

Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
"""A quantity that may be nothing: cycles, bytes, registers."""

Positive = Annotated[int, Field(ge=1, le=1_000_000_000)]
"""A quantity of at least one."""


class Document(BaseModel):
    """A frozen value, equal by content; unknown fields are errors, and nothing is coerced."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    def canonical_json(self) -> str:
        """The one text of this value: keys sorted, no spaces, ASCII; equal values, equal bytes."""
        return canonical_text(self.model_dump(mode="json"))

    def digest(self) -> str:
        """`sha256:` and 64 hexadecimal digits over the canonical text."""
        return "sha256:" + hashlib.sha256(self.canonical_json().encode()).hexdigest()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a value back from its canonical text; pydantic's ValidationError on all else."""
        return cls.model_validate_json(text)


def canonical_text(value: Any) -> str:
    """JSON with sorted keys and no spaces, so that equal values are equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
