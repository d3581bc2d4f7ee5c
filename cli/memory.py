"""A limit on the memory of this process, where the system has one."""

from __future__ import annotations

import sys

from .output import print_note

LEAST_MEGABYTES = 1024  # the backends alone map several hundred


def limit_memory(megabytes: int) -> None:
    """Let allocations beyond the limit fail; says so where that is not possible."""
    if sys.platform != "linux":
        print_note(f"--memory-limit needs Linux; continuing without it on {sys.platform}")
        return
    import resource  # absent on Windows

    limit = megabytes << 20
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most != resource.RLIM_INFINITY:
        limit = min(limit, most)
    resource.setrlimit(resource.RLIMIT_AS, (limit, most))
