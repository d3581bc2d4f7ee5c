"""The worker thread: results and errors come through, signals are handed back."""

import os
import signal
import threading

import pytest

from twill.cli.interrupt import run_interruptibly


def test_value_and_handler_come_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    finished = run_interruptibly(lambda: 7, lambda: None)
    assert (finished.value, finished.interrupted, finished.still_running) == (7, False, False)
    assert signal.getsignal(signal.SIGINT) is before


def test_errors_come_through() -> None:
    def work() -> int:
        raise ValueError("from the worker")

    with pytest.raises(ValueError, match="from the worker"):
        run_interruptibly(work, lambda: None)


def test_first_interrupt_asks_to_stop() -> None:
    asked = threading.Event()

    def work() -> str:
        os.kill(os.getpid(), signal.SIGINT)
        return "stopped" if asked.wait(5) else "never asked"

    finished = run_interruptibly(work, asked.set)
    assert (finished.value, finished.interrupted) == ("stopped", True)
