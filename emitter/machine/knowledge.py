"""What the threads of a role know to be over: a vector clock, some counters for each role.

A barrier carries it from those that arrive to those that wait. What a role did itself counts as
known to all its threads only after a barrier, as its warps do not run in step on hardware.
"""

from __future__ import annotations

from typing import Literal

Knowledge = list[int]
Kind = Literal[0, 1, 2, 3, 4, 5, 6, 7]

STAGED: Kind = 0  # writes to shared memory that a proxy fence followed
DRAINED: Kind = 1  # copies out that have read what they copy
SETTLED: Kind = 2  # products that were waited for
WRITTEN: Kind = 3  # writes to shared memory, which other threads may read
FETCHED: Kind = 4  # reads of shared memory by threads
MULTIPLIED: Kind = 5  # products into Tensor Memory, as their commits tell
MOVED: Kind = 6  # loads and stores of Tensor Memory that were waited for and fenced
EXCHANGED: Kind = 7  # reads and writes of row vectors in shared memory
KINDS = 8


def nothing(roles: int) -> Knowledge:
    """What is known when the block begins."""
    return [0] * (KINDS * roles)


def joined(one: Knowledge, other: Knowledge) -> Knowledge:
    """What both know together."""
    return [a if a > b else b for a, b in zip(one, other, strict=True)]
