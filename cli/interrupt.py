"""Ctrl-C while a solve runs: the first asks it to stop, the second ends the process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Generic, TypeVar

T = TypeVar("T")

GRACE_SECONDS = 0.5  # the answer is due within a second, printing included
_POLL_SECONDS = 0.03


@dataclass(slots=True)
class Finished(Generic[T]):
    """What came of the work: a value, or None if it did not end within the grace after Ctrl-C."""

    value: T | None
    interrupted: bool
    still_running: bool = False


@dataclass(slots=True)
class _Worker(Generic[T]):
    """Runs the work in a thread, because a backend does not return to Python's signal handlers."""

    work: Callable[[], T]
    value: T | None = None
    error: BaseException | None = None

    def __call__(self) -> None:
        try:
            self.value = self.work()
        except BaseException as error:
            self.error = error


def run_interruptibly(
    work: Callable[[], T], request_stop: Callable[[], None], grace: float = GRACE_SECONDS
) -> Finished[T]:
    """Do the work in a thread; at Ctrl-C call `request_stop` and wait `grace` seconds longer.

    Must be called from the main thread. Raises what the work raises.
    """
    worker = _Worker(work)
    thread = threading.Thread(target=worker, name="twill-solve", daemon=True)
    pressed = threading.Event()

    def on_interrupt(_signal: int, _frame: FrameType | None) -> None:
        if pressed.is_set():
            os._exit(130)
        pressed.set()

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        thread.start()
        while thread.is_alive() and not pressed.is_set():
            thread.join(_POLL_SECONDS)
        if pressed.is_set():
            request_stop()
            thread.join(grace)
    finally:
        signal.signal(signal.SIGINT, before)
    if worker.error is not None and not pressed.is_set():
        raise worker.error
    return Finished(worker.value, pressed.is_set(), thread.is_alive())
