"""The figures of a profile by their place in it, and what differs between two profiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..models.document import Document
from ..models.errors import Path
from ..models.profile import Figure, GpuProfile

_DESCRIPTIONS = ("profile", "summary")  # which decide nothing


def figures_of(profile: GpuProfile) -> Mapping[Path, Figure]:
    """Every figure that has a unit and a source, in the order of the document."""
    return {path: leaf for path, leaf in _leaves(profile, ()) if isinstance(leaf, Figure)}


def settings_of(profile: GpuProfile) -> Mapping[str, str]:
    """Everything else that decides something, as text: target, limits, legal shapes."""
    return {
        ".".join(map(str, path)): str(leaf)
        for path, leaf in _leaves(profile, ())
        if not isinstance(leaf, Figure) and path[-1] not in _DESCRIPTIONS
    }


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Figure):
        yield path, value
    elif isinstance(value, Document):
        for name in type(value).model_fields:
            yield from _leaves(getattr(value, name), (*path, name))
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _leaves(each, (*path, name))
    elif value is not None:
        yield path, value


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure in two profiles; None where one of them lacks it."""

    path: Path
    first: Figure | None
    second: Figure | None

    @property
    def name(self) -> str:
        """Its place, such as tensor_core.latency."""
        return ".".join(map(str, self.path))

    @property
    def ratio(self) -> float | None:
        """The second value over the first; None where there is none."""
        if self.first is None or self.second is None or not self.first.value:
            return None
        return self.second.value / self.first.value

    @property
    def differs_in_value(self) -> bool:
        """Whether anything but the source differs."""
        values = [(f.value, f.unit) if f else None for f in (self.first, self.second)]
        return values[0] != values[1]


def differences(first: GpuProfile, second: GpuProfile) -> tuple[Difference, ...]:
    """Figures that differ in value, unit or source, in the order of the first profile."""
    ours, theirs = figures_of(first), figures_of(second)
    paths = dict.fromkeys((*ours, *theirs))
    return tuple(
        Difference(path, ours.get(path), theirs.get(path))
        for path in paths
        if ours.get(path) != theirs.get(path)
    )
