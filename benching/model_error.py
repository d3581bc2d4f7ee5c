"""The initiation interval of the model beside cycles per iteration, measured in two ways.

From times: in one wave of blocks the loop alone tells two trip counts apart, so an iteration takes
the difference of the times over that of the trips. From clocks: the marks of one block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from ..models.errors import InvalidInput
from ..runtime.bundle import Bundle
from ..runtime.cases import Case
from ..runtime.driver import DeviceArray, Driver
from ..runtime.dtypes import Array
from ..runtime.launch import Kernel, Launch, MarkMemory
from ..runtime.marks_reading import sample_count
from ..runtime.sample_inputs import random_case
from ..runtime.timing import Measurement, measure
from ..runtime.watched import wait
from .clock_samples import cycles_per_iteration, span_cycles, step_cycles
from .correctness import CLOCKS, Say, reference_cases
from .plan import Trips
from .work import Work, work_of

NOTABLE = 0.10  # of the model: differences above are reported
NOT_MEASURED: Mapping[str, Any] = {
    "us_per_iteration": None, "sm_mhz": None, "sm_mhz_by": None, "cycles_from_times": None,
    "cycles_from_clocks": None, "steps": [],
}  # fmt: skip


def measure_model(
    trips: Trips, bundle: Bundle, marked: Bundle | None, driver: Driver, repetitions: int,
    seconds: float, say: Say,
) -> dict[str, Any]:  # fmt: skip
    """One row: predicted and measured cycles of an iteration, and the steps where there are marks.

    Two equal sizes are not timed: where the length of the loop changes the tiles, as under a causal
    mask, clocks have to do. Raises InvalidInput where two sizes do not tell the loop apart.
    """
    work = work_of(bundle)
    if work is None:
        raise InvalidInput(
            "report.json does not say what the kernel computes", file=str(bundle.folder)
        )
    cases = reference_cases(bundle)
    drawn = {"short": trips.short, "long": trips.long}
    by_name = {n: random_case(bundle.manifest, extents, cases) for n, extents in drawn.items()}
    row: dict[str, Any] = {
        "bundle": bundle.folder.name,
        "kernel": bundle.manifest.kernel,
        "predicted_cycles": work.initiation_interval,
        "trips": [work.most_trips(case.counts) for case in by_name.values()],
        **NOT_MEASURED,
    }
    clocked = _clocked(marked, by_name, driver) if marked else {}
    for name, one in clocked.items():
        say(f"{one.name}: {name} loop", seconds)
        one.launch.run()
        wait(driver, seconds, f"{one.name}: {name} loop")
    if trips.short != trips.long:
        difference = _check(work, by_name, driver.multiprocessors())
        launches = _launched(bundle, by_name, driver, seconds, say)
        marks = {f"{name}{CLOCKS}": one.launch for name, one in clocked.items()}
        runs = {name: launch.run for name, launch in {**launches, **marks}.items()}
        say(f"{bundle.folder.name}: timing", seconds + 0.2 * repetitions)
        measured = measure(driver, runs, repetitions)
        spans = {name: span_cycles(one.read()) for name, one in clocked.items()}
        row |= {**measured.as_json(), **_per_iteration(measured, difference, spans)}
    if clocked:
        row |= _by_clocks(clocked["long"], work)
    row["difference"] = relative_difference(row)
    row["notable"] = row["difference"] is not None and abs(row["difference"]) > NOTABLE
    return row


@dataclass(frozen=True, slots=True)
class Clocked:
    """A launch of a kernel with marks, the samples of one block kept on the GPU."""

    name: str
    launch: Launch
    memory: DeviceArray
    kernel: Kernel

    def read(self) -> Array:
        """The samples of the last launch."""
        return self.kernel.driver.download(self.memory)


def _clocked(bundle: Bundle, cases: Mapping[str, Case], driver: Driver) -> dict[str, Clocked]:
    """The last block of the grid is sampled: under a causal mask it has the longest loop."""
    kernel, found = Kernel(bundle, driver), {}
    for name, case in cases.items():
        grid = _bound(kernel, case).grid
        memory = driver.allocate((sample_count(bundle.manifest.marks),), "uint64")
        driver.fill(memory, 0)
        kernel.mark_memory = MarkMemory(memory.pointer, 0, prod(grid) - 1)
        found[name] = Clocked(bundle.folder.name, _bound(kernel, case), memory, kernel)
    return found


def _launched(
    bundle: Bundle, cases: Mapping[str, Case], driver: Driver, seconds: float, say: Say
) -> dict[str, Launch]:
    kernel, found = Kernel(bundle, driver), {}
    for name, case in cases.items():
        say(f"{bundle.folder.name}: {name} loop", seconds)
        found[name] = _bound(kernel, case)
        found[name].run()
        wait(driver, seconds, f"{bundle.folder.name}: {name} loop")
    return found


def _per_iteration(
    measured: Measurement, difference: int, spans: Mapping[str, int]
) -> dict[str, Any]:
    apart = measured.timings["long"].median_us - measured.timings["short"].median_us
    frequency, by = sm_frequency(measured, spans)
    return {
        "us_per_iteration": apart / difference,
        "sm_mhz": frequency,
        "sm_mhz_by": by,
        "cycles_from_times": apart / difference * frequency if frequency else None,
    }


def sm_frequency(
    measured: Measurement, spans: Mapping[str, int]
) -> tuple[float | None, str | None]:
    """MHz of the SM clock while the kernels ran, and what says so.

    The kernel with marks takes so many cycles more for the long loop, and so many microseconds.
    Else what nvidia-smi says right after the work, when clocks may already have changed.
    """
    timings = measured.timings
    if spans:
        cycles = spans["long"] - spans["short"]
        apart = timings[f"long{CLOCKS}"].median_us - timings[f"short{CLOCKS}"].median_us
        if cycles > 0 and apart > 0:
            return cycles / apart, "clocks of the kernel"
    for clocks in (measured.after, measured.before):
        if clocks is not None and np.isfinite(clocks.sm_mhz):
            return clocks.sm_mhz, "nvidia-smi"
    return None, None


def relative_difference(row: Mapping[str, Any]) -> float | None:
    """How much longer an iteration takes than predicted; by times where the SM clock is known."""
    measured = row["cycles_from_times"] or row["cycles_from_clocks"]
    if measured is None:
        return None
    return float(measured / row["predicted_cycles"] - 1)


def _by_clocks(clocked: Clocked, work: Work) -> dict[str, Any]:
    clocks, roles = clocked.read(), clocked.kernel.manifest.marks
    steps = step_cycles(clocks, roles, work.slots, work.initiation_interval)
    return {
        "cycles_from_clocks": cycles_per_iteration(clocks, roles),
        "steps": [step.as_json() for step in steps],
    }


def _bound(kernel: Kernel, case: Case) -> Launch:
    inputs: list[DeviceArray | Any] = [case.inputs[a.name] for a in kernel.manifest.inputs]
    return kernel.prepare(*inputs, **case.extents, **case.scalars)


def _check(work: Work, cases: Mapping[str, Case], multiprocessors: int) -> int:
    """How many iterations more the long case has."""
    short, long = cases["short"].counts, cases["long"].counts
    for extents in (short, long):
        tiles = work.tile_count(extents)
        if tiles > multiprocessors:
            raise InvalidInput(
                f"{tiles:,} tiles take more than one wave of {multiprocessors} blocks",
                cure="give extents with fewer tiles",
            )
    if work.counts(short) != work.counts(long):
        raise InvalidInput("the two sizes have other tiles", cure="vary the length of the loop")
    difference = work.most_trips(long) - work.most_trips(short)
    if difference < 1:
        raise InvalidInput("the second size has no longer loop", cure="give the longer one second")
    return difference
