"""The child process that touches the GPU: one task from standard input, events as lines of JSON.

Each event `step` says what comes next and how long it may take, so that whoever started the process
can end it. `result` has what was found, `fault` an error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from ..models.errors import TwillError
from ..runtime.bundle import Bundle
from ..runtime.cupy_driver import CupyDriver
from ..runtime.driver import Driver
from ..runtime.launch import Kernel
from ..runtime.show import problem_object
from .ceiling import measure_ceiling
from .correctness import CLOCKS, Say, check_bundle, identity, reference_cases
from .model_error import measure_model
from .peers.found import find_peers
from .plan import Plan, plan_of
from .timed import time_together

START_SECONDS = 90.0  # imports, the context of CUDA, arrays of a reference file
Emit = Callable[[str, dict[str, Any]], None]
Task = Callable[[Plan, dict[str, Any], Driver, Say], dict[str, Any]]


def main(stdin: IO[str], stdout: IO[str], make_driver: Callable[[], Driver] = CupyDriver) -> int:
    """Do the task; returns the exit code, that of the error if there was one."""

    def emit(event: str, described: dict[str, Any]) -> None:
        stdout.write(json.dumps({"event": event, **described}, allow_nan=False) + "\n")
        stdout.flush()

    def say(what: str, seconds: float) -> None:
        emit("step", {"what": what, "seconds": seconds})

    try:
        request = json.loads(stdin.read())
        plan = plan_of(request["plan"], "plan")
        say("start", START_SECONDS)
        driver = make_driver()
        emit("result", TASKS[request["task"]](plan, request, driver, say))
    except TwillError as error:
        emit("fault", {**problem_object(error), "text": str(error)})
        return error.exit_code
    return 0


def _probe(plan: Plan, request: dict[str, Any], driver: Driver, say: Say) -> dict[str, Any]:
    versions = driver.versions()
    return {
        "name": driver.device_name(),
        "capability": list(driver.capability()),
        "multiprocessors": driver.multiprocessors(),
        "driver_cuda": versions.driver,
        "runtime_cuda": versions.runtime,
        "library": versions.library,
    }


def _check(plan: Plan, request: dict[str, Any], driver: Driver, say: Say) -> dict[str, Any]:
    """One bundle; only one case of it where the request names one."""
    bundle = Bundle.load(request["bundle"])
    cases = reference_cases(bundle)
    if (only := request.get("extents")) is not None:
        cases = tuple(case for case in cases if dict(case.extents) == only)
    kernel = Kernel(bundle, driver)
    found = check_bundle(kernel, cases, plan.launches, plan.watch_seconds, say)
    return {"name": bundle.folder.name, **identity(bundle.manifest), **found}


def _time(plan: Plan, request: dict[str, Any], driver: Driver, say: Say) -> dict[str, Any]:
    sizes = plan.sizes[request["number"]]
    bundles = {Path(folder).name: Bundle.load(folder) for folder in sizes.bundles}
    worked = Path(plan.worked) if plan.worked else None
    return time_together(
        bundles, sizes.extents, driver, repetitions=plan.repetitions, seconds=plan.watch_seconds,
        find_peers=(lambda call: find_peers(call, worked)) if plan.peers else None, say=say,
    )  # fmt: skip


def _ceiling(plan: Plan, request: dict[str, Any], driver: Driver, say: Say) -> dict[str, Any]:
    return measure_ceiling(driver, plan.repetitions, plan.watch_seconds, say)


def _model(plan: Plan, request: dict[str, Any], driver: Driver, say: Say) -> dict[str, Any]:
    trips = plan.trips[request["number"]]
    twin = Path(f"{trips.bundle.rstrip('/')}{CLOCKS}")
    marked = Bundle.load(twin) if twin.is_dir() else None
    return measure_model(
        trips, Bundle.load(trips.bundle), marked, driver, plan.repetitions, plan.watch_seconds, say
    )


TASKS: dict[str, Task] = {
    "probe": _probe,
    "check": _check,
    "time": _time,
    "ceiling": _ceiling,
    "model": _model,
}


def run_child() -> int:
    """The task of this process; whatever libraries print goes to standard error."""
    import os

    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return main(sys.stdin, events)


if __name__ == "__main__":
    sys.exit(run_child())
