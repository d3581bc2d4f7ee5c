"""A constraint and what it is about."""

from __future__ import annotations

from dataclasses import dataclass

from .terms import Formula


@dataclass(frozen=True, slots=True)
class Labelled:
    """A formula that every schedule satisfies; `about` names a unit, a memory, operations ..."""

    about: str
    formula: Formula
