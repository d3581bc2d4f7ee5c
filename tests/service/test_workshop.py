"""Processes for short computations: limited, replaced when they die, gone in the end."""

import asyncio
import os
import signal
import time

import pytest

from twill.service.refusals import Unavailable
from twill.service.workshop import Workshop
from twill.tests.support.processes import is_alive, soon


def run(workshop: Workshop, work: object, *values: object, seconds: float = 30.0) -> object:
    return asyncio.run(workshop.run(work, *values, seconds=seconds))  # type: ignore[arg-type]


def test_what_is_returned_and_what_is_raised(workshop: Workshop) -> None:
    assert run(workshop, divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        run(workshop, divmod, 7, 0)


def test_what_takes_too_long_is_killed(workshop: Workshop) -> None:
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        run(workshop, time.sleep, 600, seconds=0.5)
    assert time.monotonic() - begun < 20
    assert run(workshop, divmod, 7, 2) == (3, 1)


def test_a_process_that_dies_is_replaced(workshop: Workshop) -> None:
    with pytest.raises(Unavailable, match="died"):
        run(workshop, os._exit, 3)
    assert run(workshop, divmod, 7, 2) == (3, 1)


def test_too_many_wait(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twill.service.workshop.MOST_WAITING", 0)
    with pytest.raises(Unavailable, match="too many"):
        run(workshop, divmod, 7, 2)


def test_memory_is_limited(workshop: Workshop) -> None:
    with pytest.raises(MemoryError):
        run(workshop, bytes, 8 << 30)


def test_processes_end_with_the_workshop() -> None:
    workshop = Workshop(processes=1)
    pid = run(workshop, os.getpid)
    assert isinstance(pid, int)
    assert run(workshop, signal.getsignal, signal.SIGINT) is signal.SIG_IGN
    workshop.close()
    assert soon(lambda: not is_alive(pid), 5)
    with pytest.raises(Unavailable):
        run(workshop, os.getpid)
