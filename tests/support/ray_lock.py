"""One Ray cluster at a time, whoever runs the tests: it takes seconds to start, and a gigabyte."""

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def one_cluster() -> Iterator[None]:
    """Wait until no other test of this machine has a cluster."""
    with open(Path(tempfile.gettempdir()) / "twill-tests-ray.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
