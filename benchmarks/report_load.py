"""The section on the load that a service bears, from what `service_load.py` printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from twill.benchmarks.report_table import Row, table


def load_section(part: Row) -> Iterator[str]:
    """Rates and times, medians of the runs."""
    yield "## Load on the service"
    yield ""
    yield (
        "`benchmarks/service_load.py`: stored schedules asked for over four connections that are "
        "kept, with a key and with logs, on SQLite, while a solve of two threads runs on the same "
        "processors as the service and the generator. Rates are raised for it."
    )
    yield ""
    head = ("asked for", "per second", "median ms", "p99 ms", "cores of the generator")
    names = part["rows"][0]["loads"]
    yield from table(head, (_loaded(name, part["rows"]) for name in names))
    yield ""
    events = sorted(second for row in part["rows"] for second in row["first_event_seconds"])
    yield (
        f"From a submission to the first event of its search: median {median(events):.2f} s "
        f"of {len(events)} ({events[0]:.2f} to {events[-1]:.2f}); {part['rows'][0]['processors']} "
        f"processors, {median(row['service_megabytes'] for row in part['rows']):.0f} MB resident."
    )


def _loaded(name: str, rows: Sequence[Row]) -> tuple[str, ...]:
    def middle(field: str) -> float:
        return float(median(row["loads"][name][field] for row in rows))

    rate = f"{middle('per_second'):,.0f}"
    times = (f"{middle(field):.1f}" for field in ("median_ms", "p99_ms"))
    return (name, rate, *times, f"{middle('generator_cores'):.2f}")
