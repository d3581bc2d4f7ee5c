"""What is to be measured: bundles, their sizes, and how often; child processes get it as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..models.errors import InvalidInput
from ..runtime.fields import Fields, read_json
from ..runtime.timing import REPETITIONS

FORMAT = "twill-bench-plan/1"
WATCH_SECONDS = 20.0
MOST_BUNDLES = 256
MOST_NUMBER = 2**31 - 1
LARGEST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Sizes:
    """One kernel at one size: bundles of it that are timed together, and the extents."""

    bundles: tuple[str, ...]  # folders
    extents: Mapping[str, int] = field(default_factory=dict)  # others: of the largest case


@dataclass(frozen=True, slots=True)
class Trips:
    """A bundle at two trip counts, all else the same, in one wave of blocks."""

    bundle: str
    short: Mapping[str, int]
    long: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one run measures."""

    bundles: tuple[str, ...]
    sizes: tuple[Sizes, ...] = ()
    trips: tuple[Trips, ...] = ()
    repetitions: int = REPETITIONS
    launches: int = 1
    peers: bool = True
    worked: str | None = None  # the folder of the worked examples
    watch_seconds: float = WATCH_SECONDS

    def as_json(self) -> dict[str, Any]:
        """The plan as plain values."""
        return {"format": FORMAT, **asdict(self)}


def read_plan(path: Path) -> Plan:
    """A plan in a file, its folders relative to that of the file. Raises InvalidInput."""
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_BYTES + 1)
    except OSError as failure:
        raise InvalidInput(f"cannot be read: {failure.strerror}", file=str(path)) from failure
    if len(text) > LARGEST_BYTES:
        raise InvalidInput(f"longer than {LARGEST_BYTES:,} bytes", file=str(path))
    return plan_of(read_json(text, str(path)), str(path), path.parent)


def plan_text(plan: Plan) -> str:
    """The plan as a file has it."""
    return json.dumps(plan.as_json(), indent=1) + "\n"


def plan_of(value: object, file: str, folder: Path = Path()) -> Plan:
    """The plan in plain values; every field but `format` and `bundles` may be left out."""
    fields = Fields(value, file)
    fields.text("format", (FORMAT,))
    found = Plan(
        bundles=_folders(fields, folder),
        sizes=tuple(_sizes(one, folder) for one in _objects(fields, "sizes")),
        trips=tuple(_trips(one, folder) for one in _objects(fields, "trips")),
        repetitions=_whole(fields, "repetitions", REPETITIONS),
        launches=_whole(fields, "launches", 1),
        peers=bool(fields.take("peers")) if fields.has("peers") else True,
        worked=_place(fields, "worked", folder),
        watch_seconds=fields.number("watch_seconds") if fields.has("watch_seconds")
        else WATCH_SECONDS,
    )  # fmt: skip
    fields.finish()
    return found


def _objects(fields: Fields, name: str) -> list[Fields]:
    return list(fields.objects(name, MOST_BUNDLES)) if fields.has(name) else []


def _whole(fields: Fields, name: str, otherwise: int) -> int:
    return fields.whole(name, 1, 1_000_000) if fields.has(name) else otherwise


def _folders(fields: Fields, folder: Path) -> tuple[str, ...]:
    return tuple(str(folder / one) for one in fields.texts("bundles", MOST_BUNDLES))


def _place(fields: Fields, name: str, folder: Path) -> str | None:
    value = fields.take(name) if fields.has(name) else None
    if value is not None and not isinstance(value, str):
        fields.fail(name, "is not a folder")
    return None if value is None else str(folder / value)


def _sizes(one: Fields, folder: Path) -> Sizes:
    found = Sizes(_folders(one, folder), _extents(one, "extents"))
    one.finish()
    return found


def _trips(one: Fields, folder: Path) -> Trips:
    found = Trips(str(folder / one.text("bundle")), _extents(one, "short"), _extents(one, "long"))
    one.finish()
    return found


def _extents(fields: Fields, name: str) -> dict[str, int]:
    inner = fields.object(name)
    return {key: Fields({key: value}, "plan", name).whole(key, 1, MOST_NUMBER)
            for key, value in inner.rest().items()}  # fmt: skip
