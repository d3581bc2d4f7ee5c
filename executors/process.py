"""A child process as its parent sees it: started, given its work, listened to, stopped, buried."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

from ..models.work import Work
from .child import STOP_LINE
from .message import MAXIMUM_BYTES, Message

KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV")
"""All that a child sees of the environment: no addresses of databases, no keys."""

LAST_WORDS_BYTES = 4096
_BURIAL_SECONDS = 1.0


class Process:
    """One child. It dies with the thread that makes this object, so that must be a lasting one."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="twill-"))
        with open(self._folder / "stderr", "wb") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "twill.executors.child", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                cwd=self._folder,
                env=_environment(self._folder),
                start_new_session=True,
            )
        self._requests = cast(BinaryIO, self._process.stdin)
        self._messages = cast(BinaryIO, self._process.stdout)
        self._lock = threading.Lock()  # whoever waits for the process frees its number
        self._timers: list[threading.Timer] = []
        self._has_work = False
        self.was_killed = False  # by `stop` or `kill`
        self.was_silent = True  # it has told nothing yet

    @property
    def pid(self) -> int:
        """Its number, which is that of its process group as well."""
        return self._process.pid

    def give(self, work: Work) -> None:
        """Hand over the work; if the process is no more, `bury` tells."""
        with suppress(OSError):
            self._requests.write(work.canonical_json().encode() + b"\n")
            self._requests.flush()
        self._has_work = True

    def messages(self) -> Iterator[Message]:
        """What it tells, until it is gone; half a message is none."""
        while (line := self._messages.readline(MAXIMUM_BYTES)).endswith(b"\n"):
            self.was_silent = False
            yield Message.from_json(line.decode())

    def stop(self, grace_seconds: float) -> None:
        """Ask it to end, kill it after the grace; at once while it has no work."""
        if not self._has_work or grace_seconds <= 0:
            self.kill()
            return
        with suppress(OSError, ValueError):  # it is gone, or buried
            self._requests.write(STOP_LINE)
            self._requests.flush()
        self.later(grace_seconds, self.kill)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Call `act` after so long, unless the process is buried before."""
        timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), act)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def kill(self) -> None:
        """End it and all that it started, now."""
        with self._lock:
            if self._process.poll() is None:
                self.was_killed = True  # before the end can be seen
                os.killpg(self._process.pid, signal.SIGKILL)

    def bury(self) -> tuple[int, str]:
        """Wait for its end, which must be near; its return code and what it said last."""
        with self._lock:
            try:
                self._process.wait(_BURIAL_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        for timer in self._timers:
            timer.cancel()
        self._messages.close()
        with suppress(OSError):  # what it did not read
            self._requests.close()
        said = _last_words(self._folder / "stderr")
        shutil.rmtree(self._folder, ignore_errors=True)
        return self._process.returncode, said


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {**kept, "TMPDIR": str(folder)}


def _last_words(file: Path) -> str:
    try:
        with open(file, "rb") as stream:
            stream.seek(max(0, file.stat().st_size - LAST_WORDS_BYTES))
            return stream.read().decode(errors="replace")
    except OSError:
        return ""
