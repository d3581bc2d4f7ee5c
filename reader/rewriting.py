"""The text of a YAML document with some of its values replaced, and all else as it was written."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from .located import Path

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def with_values(text: str, values: Mapping[Path, int]) -> str:
    """The text with an integer in place of the value at each path, which must lead there by keys.

    `text` has been read by `load_yaml`, so that it is one document within its limits. Comments
    inside of a replaced value go with it.
    """
    root = yaml.compose(text, Loader=_LOADER)
    spans = {_span(root, path, text): value for path, value in values.items()}
    for (start, end), value in sorted(spans.items(), reverse=True):
        text = f"{text[:start]} {value}{text[end:]}"
    return text


def _span(root: yaml.Node | None, path: Path, text: str) -> tuple[int, int]:
    """From behind the colon after the key to the end of the value, in characters.

    From behind the colon, because a list may stand further left than a number may.
    """
    here, start = root, 0
    for name in path:
        assert isinstance(here, yaml.MappingNode), f"{path} does not lead through mappings"
        key, here = next((key, below) for key, below in here.value if key.value == name)
        start = text.index(":", key.end_mark.index) + 1
    return start, _end(here)


def _end(node: yaml.Node | None) -> int:
    """Where the last character of a value stands; a list in lines ends with its last item."""
    assert node is not None
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _end(node.value[-1])
    return int(node.end_mark.index)
