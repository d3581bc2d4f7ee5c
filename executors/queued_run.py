"""A run from its start to its ending: waiting for a slot, working, over."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from ..models.progress import Observer, Progress
from ..models.work import Ending, Work
from .protocol import STOP_GRACE_SECONDS
from .solving import Best, kept

_LOG = logging.getLogger(__name__)
Stopper = Callable[[float], None]
"""Asks what works to end, and kills it after so many seconds; repeatable, returns at once."""


class QueuedRun:
    """Implements `Run`; whoever works it off calls `begin`, `tell` and then `end`."""

    def __init__(
        self,
        work: Work,
        observe: Observer,
        ended: Callable[[Ending], None],
        withdraw: Callable[[QueuedRun], None],
    ) -> None:
        self.work = work
        self.best = Best()
        self.stopped = False
        self._observe = observe
        self._ended = ended
        self._withdraw = withdraw  # takes it out of the queue, if it is still there
        self._stopper: Stopper | None = None
        self._grace = STOP_GRACE_SECONDS
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._ending: Ending | None = None
        self._began: float | None = None

    def stop(self) -> None:
        """See `Run`."""
        self.stop_within(STOP_GRACE_SECONDS)

    def stop_within(self, grace_seconds: float) -> None:
        """Stop with another grace; nothing, if it is over."""
        if self._over.is_set():
            return
        with self._lock:
            self.stopped, self._grace = True, grace_seconds
            stopper = self._stopper
        if stopper is None:
            self._withdraw(self)
        else:
            stopper(grace_seconds)

    def wait(self, seconds: float | None = None) -> Ending | None:
        """See `Run`."""
        self._over.wait(seconds)
        return self._ending

    def begin(self, stopper: Stopper) -> None:
        """From now on `stopper` stops it; called at once if that was asked for before."""
        self._began = self._began or time.monotonic()
        with self._lock:
            self._stopper, stopped, grace = stopper, self.stopped, self._grace
        if stopped:
            stopper(grace)

    def tell(self, progress: Progress) -> None:
        """Hand an event on."""
        self.best.take(progress)
        try:
            self._observe(progress)
        except Exception:  # of whoever asked: the solve goes on
            _LOG.exception("an observer of a solve failed")

    def kept(self) -> Ending:
        """The ending if it is cut off now."""
        began = self._began
        seconds = 0.0 if began is None else time.monotonic() - began
        return kept(self.work, self.best, stopped=self.stopped, seconds=seconds)

    def end(self, ending: Ending) -> None:
        """Hand the ending on; nothing follows."""
        self._ending = ending
        try:
            self._ended(ending)
        except Exception:  # of whoever asked: whoever waits is told all the same
            _LOG.exception("what follows a solve failed")
        self._over.set()
