"""Launches that are waited for with a limit, without blocking in the driver."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

from ..models.errors import DeviceFault
from .driver import Driver

POLL_SECONDS = 0.0005
INTERRUPTED = 130  # exit code of a command that Ctrl-C ended
WATCH_SECONDS = 60.0  # of a launch that nobody else watches; a sanitizer slows it down


class Hang(DeviceFault):
    """A kernel has not ended in time."""

    title = "hang"


def wait(driver: Driver, seconds: float, what: str, sleep: Callable[[float], None] = time.sleep
         ) -> None:  # fmt: skip
    """Wait for all that was launched. Raises Hang after so many seconds, DeviceFault on failure."""
    event = driver.record()
    limit = time.monotonic() + seconds
    while not driver.has_passed(event):
        if time.monotonic() > limit:
            raise Hang(f"{what}: has not ended in {seconds:g} s")
        sleep(POLL_SECONDS)
    driver.synchronize()


def leave(code: int) -> int:
    """End this process at once: to free memory of the GPU would be to wait for the kernel."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
