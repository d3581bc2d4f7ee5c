"""The thread that removes what is older than `TWILL_KEEP_DAYS`, while the service runs."""

from __future__ import annotations

import threading
from dataclasses import asdict

import structlog
from sqlalchemy.exc import DBAPIError

from .database import Database
from .metrics import Metrics
from .pruning import Pruned, prune

FIRST_SECONDS = 60.0
"""After the start, when there is other work."""

LOOK_SECONDS = 3600.0
PAUSE_SECONDS = 0.2
"""Between two transactions, so that others get at the store."""

_LOG = structlog.get_logger(__name__)


class Keeper:
    """Does nothing without `days`. Any number of instances may each have one."""

    def __init__(self, database: Database, metrics: Metrics, days: int | None) -> None:
        self._database = database
        self._metrics = metrics
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        if days is not None:
            self._thread = threading.Thread(
                target=self._work, args=(days,), name="twill-keeper", daemon=True
            )

    def start(self) -> None:
        """Begin, a while from now."""
        if self._thread is not None:
            self._thread.start()

    def stop(self) -> None:
        """End after the transaction that is going on."""
        self._over.set()

    def join(self, seconds: float = 5.0) -> None:
        """Wait until it has ended."""
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(seconds)

    def _work(self, days: int) -> None:
        pause = FIRST_SECONDS
        while not self._over.wait(pause):
            pause = LOOK_SECONDS
            try:
                self._prune(days)
            except DBAPIError as fault:
                _LOG.error("database", error=str(fault.orig)[:300])
            except Exception:  # of ours: the service goes on
                _LOG.exception("keeper")

    def _prune(self, days: int) -> None:
        total = Pruned()
        for removed in prune(self._database, days):
            total += removed
            self._metrics.removed(removed)
            if self._over.wait(PAUSE_SECONDS):
                break
        if total != Pruned():
            _LOG.info("pruned", days=days, **asdict(total))
