"""What keeps a child in its place: its end with that of its parent, and limits of the system."""

from __future__ import annotations

import ctypes
import math
import os
import signal
import sys

FILE_MEGABYTES = 64
CPU_MARGIN_SECONDS = 60
_SET_PARENT_DEATH_SIGNAL = 1  # linux/prctl.h
_SET_NO_NEW_PRIVILEGES = 38


def missing_limits() -> str:
    """One sentence on what this system cannot do, or nothing."""
    if sys.platform != "linux":
        return f"on {sys.platform} the memory of a solve is not limited"
    return ""


def bind_to_parent(parent: int) -> None:
    """Die at once when the thread that started this process ends; gain no privileges."""
    if sys.platform != "linux":
        return  # the end of standard input tells it, a moment later
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    libc.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it was gone before
        os._exit(1)


def limit_resources(memory_megabytes: int, seconds: float) -> None:
    """Limit address space, time of all processors, size of files; leave no core."""
    import resource  # absent on Windows

    processors = os.cpu_count() or 1
    cpu = math.ceil(min(seconds, 1e7)) * processors + CPU_MARGIN_SECONDS
    wanted = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_CPU, cpu)]
    wanted.append((resource.RLIMIT_FSIZE, FILE_MEGABYTES << 20))
    if sys.platform == "linux":
        wanted.append((resource.RLIMIT_AS, memory_megabytes << 20))
    for kind, limit in wanted:
        _, most = resource.getrlimit(kind)
        least = limit if most == resource.RLIM_INFINITY else min(limit, most)
        resource.setrlimit(kind, (least, least))
