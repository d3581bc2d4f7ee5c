"""The marks of launch.json: which steps of each role leave their clocks and their number."""

from __future__ import annotations

from typing import Literal, cast

from .fields import Fields
from .manifest import Mark, MarksParameter, RoleMarks

MOST_ROLES = 32
MOST_MARKS = 4096  # of a role
MOST_SAMPLES = 1 << 24  # of a kernel


def marks_parameter(one: Fields) -> MarksParameter:
    """The parameter that says where marks go."""
    name = one.text("name", ("clocks", "progress", "block"))
    return MarksParameter(cast('Literal["clocks", "progress", "block"]', name))


def read_marks(fields: Fields) -> tuple[RoleMarks, ...]:
    """The marks by role; none where the kernel has none. Raises InvalidInput for a wrong field."""
    if not fields.has("marks"):
        return ()
    found = []
    for one in fields.objects("marks", MOST_ROLES):
        marks = tuple(_mark(mark) for mark in one.objects("marks", MOST_MARKS))
        found.append(RoleMarks(one.text("role"), marks))
        one.finish()
    return tuple(found)


def sample_count(roles: tuple[RoleMarks, ...]) -> int:
    """How many clock samples the kernel may write."""
    return max((m.first + m.samples for role in roles for m in role.marks), default=0)


def _mark(one: Fields) -> Mark:
    mark = Mark(
        section=one.text("section"),
        operation=one.text("operation"),
        step=one.text("step"),
        lag=one.whole("lag", -(1 << 16), 1 << 16),
        first=one.whole("first", 0, MOST_SAMPLES),
        samples=one.whole("samples", 1, 1 << 16),
        every=one.whole("every", 1, 1 << 16),
    )
    one.finish()
    return mark
