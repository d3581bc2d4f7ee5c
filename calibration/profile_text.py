"""A GPU profile with measured figures: its text with their values and sources replaced."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import yaml

from ..gpu_profiles.library import load_profile_text
from ..models.errors import Path
from ..models.profile import GpuProfile
from ..reader.located import Located


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a figure of the profile is to say."""

    figure: Path
    value: int | float
    source: str


def with_measured(base: Located[GpuProfile], replacements: Iterable[Replacement]) -> str:
    """The text of the base, in which nothing else is changed: comments, order and layout stay.

    The reader takes no aliases, so no two figures share their text. Raises InvalidProfile for a
    value that a profile cannot hold.
    """
    text = base.text
    for start, end, written in sorted(_edits(text, replacements), reverse=True):
        text = text[:start] + written + text[end:]
    load_profile_text(text)
    return text


def _edits(text: str, replacements: Iterable[Replacement]) -> Iterator[tuple[int, int, str]]:
    """Beginning and end of what is replaced, and by what; the base was read within its limits."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert root is not None, "the profile was checked"
    for each in replacements:
        fields = _fields(root, each.figure)
        for name, written in (("value", json.dumps(each.value)), ("source", _quoted(each.source))):
            node = fields[name]
            yield node.start_mark.index, node.end_mark.index, written


def _fields(node: yaml.Node, path: Path) -> Mapping[str, yaml.Node]:
    for key in path:
        node = _entries(node)[str(key)]
    return _entries(node)


def _entries(node: yaml.Node) -> Mapping[str, yaml.Node]:
    assert isinstance(node, yaml.MappingNode), "the profile was checked"
    return {key.value: value for key, value in node.value}


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
