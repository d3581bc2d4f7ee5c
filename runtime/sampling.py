"""Runs microbenchmarks on a GPU: elapsed cycles of each at two lengths, in turns."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median_low

import numpy as np

from ..models.errors import InvalidInput
from .cache import store_cubin
from .driver import DeviceArray, Driver
from .manifest import CAPABILITIES
from .microbenchmark import COLUMNS, SWIZZLE, Benchmark, CalibrationBundle, Copied
from .tensor_maps import tensor_map_fields
from .timing import Clocks, sample_clocks
from .watched import WATCH_SECONDS, wait

FORMAT = "twill-samples/1"
REPETITIONS = 21
LEAST_REPETITIONS, MOST_REPETITIONS = 5, 300
WARM_UPS = 2
STORAGE = "uint16"


@dataclass(slots=True)
class _Loaded:
    """A microbenchmark that can be launched, and its times by length."""

    benchmark: Benchmark
    kernel: object
    blocks: int
    noted: DeviceArray
    map: object | None
    times: dict[int, list[int]] = field(default_factory=dict)


def take_samples(
    bundle: CalibrationBundle,
    driver: Driver,
    date: str,
    repetitions: int = REPETITIONS,
    watch: Callable[[str], None] = lambda name: None,
) -> dict[str, object]:
    """Samples as plain values, in the format of `models/calibration.py`.

    `watch` hears of each microbenchmark before its first launch, so that one that hangs is known.
    Raises InvalidInput for another GPU than the bundle is for, DeviceFault where one fails or, as
    Hang, does not end.
    """
    if not LEAST_REPETITIONS <= repetitions <= MOST_REPETITIONS:
        raise InvalidInput(f"{LEAST_REPETITIONS} to {MOST_REPETITIONS} repetitions can be taken")
    _check_gpu(bundle, driver)
    loaded = _load(bundle, driver)
    for one in loaded:
        watch(one.benchmark.name)
        for _ in range(WARM_UPS):
            _run(one, driver, one.benchmark.lengths[1])
    before = sample_clocks()
    for _ in range(repetitions):
        for one in loaded:
            _take_turn(one, driver)
    after = sample_clocks()
    return {
        "format": FORMAT,
        "gpu": bundle.gpu,
        "target": bundle.target,
        "device": _line(driver.device_name()),
        "multiprocessors": driver.multiprocessors(),
        "driver": _line(driver_version()),
        "compiler": bundle.compiler,
        "made_by": bundle.made_by,
        "date": date,
        "clock_before": _megahertz(before),
        "clock_after": _megahertz(after),
        "runs": [_as_object(one) for one in loaded],
    }


def driver_version() -> str:
    """What nvidia-smi calls the version of the driver; `unknown` where it tells nothing."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return "unknown"
    command = [program, "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return run.stdout.partition("\n")[0].strip() or "unknown"


def _check_gpu(bundle: CalibrationBundle, driver: Driver) -> None:
    needed, present = CAPABILITIES[bundle.target], driver.capability()
    if needed != present:
        raise InvalidInput(
            "the microbenchmarks are for {}, compute capability {}.{}; {} has {}.{}".format(
                bundle.target, *needed, driver.device_name(), *present
            ),
            cure="name the profile of this GPU with --gpu",
        )


def _load(bundle: CalibrationBundle, driver: Driver) -> list[_Loaded]:
    paths = {name: store_cubin(content) for name, content in bundle.cubins.items()}
    arrays = _arrays(bundle, driver)
    loaded = []
    for one in bundle.benchmarks:
        blocks = driver.multiprocessors() if one.everywhere else 1
        kernel = driver.load(paths[one.cubin], one.name, one.shared_bytes)
        noted = driver.allocate((blocks * one.warps * 2,), "uint64")
        loaded.append(_Loaded(one, kernel, blocks, noted, _map(one, arrays, driver)))
    return loaded


def _arrays(bundle: CalibrationBundle, driver: Driver) -> Mapping[int, DeviceArray]:
    """One array for each number of rows, filled with zeros: what is copied is not looked at."""
    rows = sorted({one.copied.rows for one in bundle.benchmarks if one.copied})
    arrays = {count: driver.allocate((count, COLUMNS), STORAGE) for count in rows}
    for array in arrays.values():
        driver.fill(array, 0)
    return arrays


def _map(one: Benchmark, arrays: Mapping[int, DeviceArray], driver: Driver) -> object | None:
    copied: Copied | None = one.copied
    if copied is None:
        return None
    shape = (copied.rows, COLUMNS)
    fields = tensor_map_fields(shape, 2, (copied.box_rows, COLUMNS), SWIZZLE)
    return driver.tensor_map(arrays[copied.rows].pointer, "bf16", fields)


def _take_turn(one: _Loaded, driver: Driver) -> None:
    """A run that does not count, so that code and data are where they will be; then both."""
    _run(one, driver, one.benchmark.lengths[1])
    for length in one.benchmark.lengths:
        one.times.setdefault(length, []).append(_run(one, driver, length))


def _run(one: _Loaded, driver: Driver, length: int) -> int:
    """Elapsed cycles of the median block, from its first beginning to its last end."""
    arguments: list[object] = [np.uint64(one.noted.pointer), np.int32(length)]
    if one.map is not None:
        arguments.append(one.map)
    benchmark = one.benchmark
    driver.launch(
        one.kernel, (one.blocks, 1, 1), benchmark.threads, benchmark.shared_bytes, arguments
    )
    wait(driver, WATCH_SECONDS, benchmark.name)
    clocks = driver.download(one.noted).reshape(one.blocks, benchmark.warps, 2).tolist()
    elapsed = [max(warp[1] for warp in block) - min(warp[0] for warp in block) for block in clocks]
    return int(median_low(elapsed))


def _as_object(one: _Loaded) -> dict[str, object]:
    short, long = one.benchmark.lengths
    return {
        "name": one.benchmark.name,
        "source": one.benchmark.source,
        "lengths": [short, long],
        "short": one.times[short],
        "long": one.times[long],
    }


def _megahertz(clocks: Clocks | None) -> float | None:
    return clocks.sm_mhz if clocks is not None and clocks.sm_mhz > 0 else None


def _line(text: str) -> str:
    return re.sub(r"[^ -~]+", " ", text).strip()[:60] or "unknown"
