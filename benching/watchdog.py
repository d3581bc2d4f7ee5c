"""Runs a task in a child process, and ends it when a step takes longer than it may."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any

GRACE_SECONDS = 5.0  # in which the child itself says where a kernel hangs
START_SECONDS = 90.0
CHILD = (sys.executable, "-m", "twill.benching.worker")
_TAIL_BYTES = 4000


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended. One of `result`, `fault` and `killed_in` is set."""

    result: dict[str, Any] | None = None
    fault: dict[str, Any] | None = None  # a problem object
    killed_in: str | None = None  # the step in which it was ended
    steps: tuple[str, ...] = field(default=(), repr=False)


def run_task(
    request: Mapping[str, Any],
    command: Sequence[str] = CHILD,
    grace_seconds: float = GRACE_SECONDS,
    watch: Callable[[str], None] = lambda step: None,
) -> Outcome:
    """The outcome of a task. The child is killed `grace_seconds` after a step's time is over."""
    with tempfile.TemporaryFile() as complaints:
        child = subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints,
            text=True, start_new_session=True,
        )  # fmt: skip
        try:
            with suppress(BrokenPipeError):
                assert child.stdin is not None
                child.stdin.write(json.dumps(request))
                child.stdin.close()
            found = _listen(child, grace_seconds, watch)
        finally:
            _end(child)
        return found or Outcome(fault=_died(child.returncode, complaints))


def _listen(
    child: subprocess.Popen[str], grace_seconds: float, watch: Callable[[str], None]
) -> Outcome | None:
    """What the child says; None if it dies without a word."""
    assert child.stdout is not None
    lines: queue.Queue[str | None] = queue.Queue()
    reader = threading.Thread(target=_read, args=(child.stdout, lines), daemon=True)
    reader.start()
    try:
        return _follow(lines, grace_seconds, watch)
    finally:
        _end(child)
        reader.join()


def _follow(
    lines: queue.Queue[str | None], grace_seconds: float, watch: Callable[[str], None]
) -> Outcome | None:
    step, steps = "start", list[str]()
    limit = time.monotonic() + START_SECONDS
    while True:
        try:
            line = lines.get(timeout=max(0.0, limit + grace_seconds - time.monotonic()))
        except queue.Empty:
            return Outcome(killed_in=step, steps=tuple(steps))
        if line is None:
            return None
        event = json.loads(line)
        kind = event.pop("event")
        if kind == "result":
            return Outcome(result=event, steps=tuple(steps))
        if kind == "fault":
            return Outcome(fault=event, steps=tuple(steps))
        step = event["what"]
        steps.append(step)
        watch(step)
        limit = time.monotonic() + event["seconds"]


def _read(stdout: IO[str], lines: queue.Queue[str | None]) -> None:
    with stdout:
        for line in stdout:
            lines.put(line)
    lines.put(None)


def _end(child: subprocess.Popen[str]) -> None:
    """Kill the session of the child, with whatever it has started; it may have ended by itself."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _died(code: int, complaints: IO[bytes]) -> dict[str, Any]:
    size = complaints.seek(0, os.SEEK_END)
    complaints.seek(max(0, size - _TAIL_BYTES))
    said = complaints.read().decode(errors="replace").strip().rpartition("\n")[2]
    what = f"signal {-code}" if code < 0 else f"exit code {code}"
    return {
        "type": "urn:twill:problem:device-fault",
        "title": "device fault",
        "exit_code": 4,
        "detail": f"the process that uses the GPU ended with {what}: {said}",
    }
