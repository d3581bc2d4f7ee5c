"""How long kernels take: events, a flushed cache, and the kernels taking turns."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from math import nan

import numpy as np

from ..models.errors import InvalidInput
from .driver import DeviceArray, Driver

FLUSH_BYTES = 256 << 20  # several times the L2 of any GPU, 50 to 126 MB
WARM_UPS = 5
REPETITIONS = 50
_QUERY = "clocks.sm,power.draw,temperature.gpu"


@dataclass(frozen=True, slots=True)
class Timing:
    """What one kernel took, in microseconds."""

    median_us: float
    p10_us: float
    p90_us: float
    samples: int


@dataclass(frozen=True, slots=True)
class Clocks:
    """The state of the GPU by nvidia-smi; NaN for what it does not tell."""

    sm_mhz: float
    power_w: float
    temperature_c: float


@dataclass(frozen=True, slots=True)
class Measurement:
    """The times of several kernels that took turns, and the clocks before and after."""

    timings: Mapping[str, Timing]
    before: Clocks | None
    after: Clocks | None

    def as_json(self) -> dict[str, object]:
        """The measurement as plain values; None for what is not known."""
        return {
            "timings": {name: asdict(timing) for name, timing in self.timings.items()},
            "clocks_before": _plain(self.before),
            "clocks_after": _plain(self.after),
        }


def measure(
    driver: Driver,
    runs: Mapping[str, Callable[[], None]],
    repetitions: int = REPETITIONS,
    warm_ups: int = WARM_UPS,
    flush_bytes: int = FLUSH_BYTES,
) -> Measurement:
    """Time kernels that take turns, each after the L2 cache was overwritten.

    The overwriting also keeps the GPU busy while the launch is prepared; without it the events
    would time Python. Giving one kernel under two names shows the noise: a smaller difference
    between two kernels is none. Clocks are read and never set.
    """
    if repetitions < 1 or warm_ups < 0 or not runs:
        raise InvalidInput("timing needs a kernel and at least one repetition")
    flushed = driver.allocate((flush_bytes,), "uint8")
    for run in runs.values():
        for _ in range(warm_ups):
            run()
    driver.synchronize()
    before = sample_clocks()
    samples: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repetitions):
        for name, taken_us in _turn(driver, runs, flushed).items():
            samples[name].append(taken_us)
    timings = {name: summarize(taken) for name, taken in samples.items()}
    return Measurement(timings, before, sample_clocks())


def _turn(
    driver: Driver, runs: Mapping[str, Callable[[], None]], flushed: DeviceArray
) -> dict[str, float]:
    events = {}
    for name, run in runs.items():
        driver.fill(flushed, 0)
        begin = driver.record()
        run()
        events[name] = begin, driver.record()
    driver.synchronize()
    return {name: driver.elapsed_us(begin, end) for name, (begin, end) in events.items()}


def summarize(samples_us: list[float]) -> Timing:
    """The median and the 10th and 90th percentile of some times."""
    low, middle, high = (float(p) for p in np.percentile(samples_us, [10, 50, 90]))
    return Timing(middle, low, high, len(samples_us))


def sample_clocks() -> Clocks | None:
    """What nvidia-smi tells of the first GPU; None where it tells nothing."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    command = [program, f"--query-gpu={_QUERY}", "--format=csv,noheader,nounits"]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    first = run.stdout.partition("\n")[0].split(",")
    if len(first) != 3:
        return None
    sm, power, temperature = map(_number, first)
    return Clocks(sm, power, temperature)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return nan


def _plain(clocks: Clocks | None) -> dict[str, float | None] | None:
    if clocks is None:
        return None
    values: dict[str, float] = asdict(clocks)
    return {name: None if np.isnan(value) else value for name, value in values.items()}
