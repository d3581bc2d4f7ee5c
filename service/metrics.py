"""What Prometheus is told: requests, solves, retries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from .outcome import Outcome, Retry
from .pruning import Pruned

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """One registry for each service, so that two can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "twill_http_requests", "Requests answered.", ("method", "route", "status"),
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "twill_http_request_seconds", "From the head of a request to the end of its answer.",
            ("method", "route"), buckets=BUCKETS, registry=self.registry,
        )  # fmt: skip
        self.ended = Counter(
            "twill_solves_ended", "Solves that came to an end.", ("state", "status"),
            registry=self.registry,
        )  # fmt: skip
        self.retried = Counter(
            "twill_solves_retried", "Runs that were put back into the queue.", ("excused",),
            registry=self.registry,
        )  # fmt: skip
        self.stored = Counter(
            "twill_answers_from_store", "Submissions answered without a solve.",
            registry=self.registry,
        )  # fmt: skip
        self.pruned = Counter(
            "twill_pruned_rows", "Rows removed as older than TWILL_KEEP_DAYS.", ("table",),
            registry=self.registry,
        )  # fmt: skip
        self.live = Gauge(
            "twill_solves_live", "Solves in the store that are not over.", ("state",),
            registry=self.registry,
        )  # fmt: skip
        self.slots = Gauge(
            "twill_executor_slots", "Solves that can run at the same time.", registry=self.registry
        )

    def count(self, outcomes: Iterable[Outcome | Retry]) -> None:
        """Add ends and retries of solves."""
        for outcome in outcomes:
            if isinstance(outcome, Retry):
                self.retried.labels(str(outcome.excused).lower()).inc()
            else:
                self.ended.labels(outcome.state, outcome.status or "none").inc()

    def removed(self, rows: Pruned) -> None:
        """Add what was removed from the store."""
        for table, count in rows.rows().items():
            self.pruned.labels(table).inc(count)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Add a request; `route` is a template, never a path."""
        method = method if method in METHODS else "other"
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(method, route).observe(seconds)

    def text(self, live: Mapping[str, int], slots: int) -> bytes:
        """The exposition, with the figures of this moment."""
        for state, count in live.items():
            self.live.labels(state).set(count)
        self.slots.set(slots)
        return generate_latest(self.registry)
