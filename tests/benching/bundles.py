"""Bundles of the kernel that scales, with what `twill emit` says of work, and twins with marks."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from twill.benching.plan import Plan, Sizes
from twill.benching.run import Runner
from twill.runtime.cases import Case, cases_bytes
from twill.runtime.pack import write_bundle
from twill.tests.runtime import scaling

WORK = {
    "trips": ["cdiv", "N", 8],
    "axes": [{"index": "m", "count": ["cdiv", "M", 16]}],
    "flop_per_iteration": 1000,
    "tiles": {"c": [16, 32], "total": [16]},
}
REPORT = {"initiation_interval": 100, "slots": {"load": 90, "mul": 10}, "work": WORK}


def mark(section: str, operation: str, step: str, first: int, samples: int) -> dict[str, Any]:
    return {
        "section": section, "operation": operation, "step": step, "lag": 1 if operation else 0,
        "first": first, "samples": samples, "every": 1,
    }  # fmt: skip


MARKS = [
    {
        "role": "compute-1",
        "marks": [
            mark("loop", "load", "acquire a", 0, 32),
            mark("loop", "mul", "work", 32, 32),
            mark("end", "", "end", 64, 1),
        ],
    },
    {
        "role": "producer",
        "marks": [mark("loop", "load", "reserve a", 65, 32), mark("end", "", "end", 97, 1)],
    },
]


def bundle(folder: Path, cases: Sequence[Case] = (), report: Any = REPORT, **changes: Any) -> Path:
    """A bundle in a folder."""
    files = {
        "kernel.cu": b"// scale\n", "kernel.cubin": b"\x7fELF scale",
        "report.json": json.dumps(report).encode(),
    }  # fmt: skip
    if cases:
        files["reference.npz"] = cases_bytes(cases)
    write_bundle(folder, files, scaling.launch(**changes))
    return folder


def marked_bundle(folder: Path, cases: Sequence[Case] = ()) -> Path:
    """The twin with marks."""
    places = [{"kind": "marks", "name": name} for name in ("clocks", "progress", "block")]
    parameters = [*scaling.LAUNCH["parameters"], *places]
    return bundle(folder, cases, parameters=parameters, marks=MARKS)


def cases() -> list[Case]:
    """One block, and two."""
    return [scaling.case(16), scaling.case(100)]


def runner(fault: str, **changes: Any) -> Runner:
    """Tasks in child processes, on the stub."""
    command = (sys.executable, "-m", "twill.tests.benching.faulty_worker", fault)
    return replace(Runner(command=command, grace_seconds=10.0), **changes)


def plan(*folders: Path, **changes: Any) -> Plan:
    """A plan for some bundles, timed together."""
    names = tuple(map(str, folders))
    given = Plan(names, (Sizes(names),), repetitions=3, peers=False, watch_seconds=1.0)
    return replace(given, **changes)
