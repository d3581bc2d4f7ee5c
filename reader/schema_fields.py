"""The fields that a document has at some path, read off its JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..models.document import Document
from .located import Path

Schema = dict[str, Any]


def fields_at(model: type[Document], path: Path) -> list[str]:
    """Names of the fields of the mapping at `path`; empty where any name is legal."""
    root: Schema = model.model_json_schema()
    here = list(_alternatives(root, root))
    for item in path:
        here = [inner for schema in here for inner in _step(schema, item, root)]
    names = (name for schema in here for name in schema.get("properties", {}))
    return list(dict.fromkeys(names))


def _step(schema: Schema, item: str | int, root: Schema) -> Iterator[Schema]:
    if isinstance(item, int):
        inner = schema.get("items")
    else:
        inner = schema.get("properties", {}).get(item)
        patterns = schema.get("patternProperties", {}).values()
        inner = inner or schema.get("additionalProperties") or next(iter(patterns), None)
    if isinstance(inner, dict):
        yield from _alternatives(inner, root)


def _alternatives(schema: Schema, root: Schema) -> Iterator[Schema]:
    """The schema without references and unions."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[-1]
        yield from _alternatives(root["$defs"][name], root)
        return
    unions = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    for member in unions:
        yield from _alternatives(member, root)
    if not unions:
        yield schema
