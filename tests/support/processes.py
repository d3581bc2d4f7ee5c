"""Processes as /proc shows them: who is there, whose child it is, what it has used."""

import os
import time
from collections.abc import Callable
from pathlib import Path

CHILD = "twill.executors.child"


def children(parent: int | None = None) -> set[int]:
    """The processes that solve or wait for work, of this process unless told otherwise."""
    wanted = os.getpid() if parent is None else parent
    return {pid for pid in _pids() if _parent(pid) == wanted and CHILD in _command(pid)}


def grandchildren() -> dict[int, int]:
    """Such processes that somebody started for this process, with who did."""
    parents = {pid: parent for pid in _pids() if (parent := _parent(pid)) is not None}
    found = {pid: parents[pid] for pid in parents if CHILD in _command(pid)}
    own = os.getpid()
    return {
        pid: parent
        for pid, parent in found.items()
        if parent != own and own in _ancestors(pid, parents)
    }


def _ancestors(pid: int, parents: dict[int, int]) -> set[int]:
    found: set[int] = set()
    while pid in parents and parents[pid] not in found:
        pid = parents[pid]
        found.add(pid)
    return found


def is_alive(pid: int) -> bool:
    """Whether it runs; a zombie does not."""
    return _stat(pid)[:1] not in ([], ["Z"])


def cpu_seconds(pid: int) -> float:
    """What it has used so far; 0 if it is gone."""
    fields = _stat(pid)
    ticks = sum(int(field) for field in fields[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


def soon(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether it comes true within so long."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str]:
    """Fields of the state and after it (proc(5)); none if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _parent(pid: int) -> int | None:
    fields = _stat(pid)
    return int(fields[1]) if fields else None


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def offspring(parent: int) -> set[int]:
    """Every process that this one has started, whatever it does."""
    return {pid for pid in _pids() if _parent(pid) == parent}
