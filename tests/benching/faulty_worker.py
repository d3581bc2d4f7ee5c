"""The worker on the stub of a GPU, with a fault that its argument names."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from twill.benching import worker
from twill.benching.peers.peer import Call
from twill.models.errors import DeviceFault
from twill.runtime import timing
from twill.runtime.driver import Driver
from twill.runtime.dtypes import Array
from twill.runtime.watched import Hang
from twill.tests.runtime import scaling
from twill.tests.runtime.stub_driver import StubDriver


def right(memory: dict[int, Array], arguments: Sequence[Any]) -> None:
    scaling.compute(memory, arguments[:6])
    if len(arguments) > 6 and arguments[6]:
        leave_clocks(memory[int(arguments[6])])


def wrong_in_the_second_tile(memory: dict[int, Array], arguments: Sequence[Any]) -> None:
    scaling.compute(memory, arguments[:6])
    c = memory[int(arguments[2])]
    if c.shape[0] > 20:
        c[20, 33] ^= 0x4000


LAUNCHES: list[int] = []


def racing(memory: dict[int, Array], arguments: Sequence[Any]) -> None:
    """Wrong in the second launch, and in no other."""
    LAUNCHES.append(1)
    (wrong_in_the_second_tile if len(LAUNCHES) == 2 else right)(memory, arguments)


def hang(memory: dict[int, Array], arguments: Sequence[Any]) -> None:
    """Progress of two roles of two blocks: block 0 has ended, block 1 waits in its loop."""
    if len(arguments) > 6 and arguments[7]:
        words = memory[int(arguments[7])]
        words[:4] = [3, 2, 2 | 5 << 32, 1 | 6 << 32]


def leave_clocks(clocks: Array) -> None:
    """Iterations of 120 cycles: a wait of 20, then work of 100."""
    periods = np.arange(1, 21, dtype=np.uint64) * np.uint64(120)
    clocks[0:20] = periods
    clocks[32:52] = periods + np.uint64(20)
    clocks[64] = 9999


def fail(memory: dict[int, Array], arguments: Sequence[Any]) -> None:
    raise DeviceFault("cannot launch the kernel: CUDA_ERROR_LAUNCH_FAILED")


def killed(memory: dict[int, Array], arguments: Sequence[Any]) -> None:
    os.kill(os.getpid(), 9)


def stuck_in_the_driver(memory: dict[int, Array], arguments: Sequence[Any]) -> None:
    time.sleep(600)


FAULTS: dict[str, Callable[[dict[int, Array], Sequence[Any]], None]] = {
    "none": right,
    "wrong": wrong_in_the_second_tile,
    "racing": racing,
    "hang": hang,
    "fail": fail,
    "killed": killed,
    "driver": stuck_in_the_driver,
}


def no_peers(call: Call, worked: Path | None) -> Any:
    raise Hang("cuBLAS: has not ended in 10 s")


def no_gpu() -> Driver:
    raise DeviceFault("no GPU")


if __name__ == "__main__":
    fault = sys.argv[1]
    timing.sample_clocks = lambda: timing.Clocks(1000, 350.0, 45)
    if fault == "peers":
        mock.patch.object(worker, "find_peers", no_peers).start()
    stub = StubDriver(FAULTS.get(fault, right), hangs=fault == "hang")
    sys.exit(worker.main(sys.stdin, sys.stdout, no_gpu if fault == "no-gpu" else lambda: stub))
