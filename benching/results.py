"""The folder of a run: results.json, written anew after each task."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..models.errors import InvalidInput
from ..runtime.cache import write_atomically
from ..runtime.fields import read_json
from .run import FORMAT

FILE = "results.json"
LARGEST_BYTES = 64 << 20


def write_results(folder: Path, found: dict[str, Any]) -> None:
    """Replace results.json. Raises InvalidInput where it cannot be written."""
    try:
        write_atomically(folder / FILE, results_text(found).encode())
        (folder / FILE).chmod(0o644)
    except OSError as failure:
        raise InvalidInput(f"cannot be written: {failure.strerror}", file=str(folder)) from failure


def results_text(found: dict[str, Any]) -> str:
    """The JSON twin of `run_text`."""
    return json.dumps(found, indent=1, allow_nan=False) + "\n"


def read_results(folder: Path) -> dict[str, Any]:
    """What a run found. Raises InvalidInput for a folder without a results.json that fits."""
    path = folder / FILE
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_BYTES + 1)
    except OSError as failure:
        raise InvalidInput(
            f"cannot be read: {failure.strerror}", file=str(path),
            cure="give the folder that `twill bench --output` or benchmarks/gpu_day.sh wrote",
        ) from failure  # fmt: skip
    found = read_json(text, str(path)) if len(text) <= LARGEST_BYTES else None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InvalidInput(f"no results of the format {FORMAT}", file=str(path))
    missing = {"device", "bundles", "timings", "ceiling", "model", "faults"} - set(found)
    if missing:
        raise InvalidInput(f"the field {sorted(missing)[0]} is missing", file=str(path))
    return found
