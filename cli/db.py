"""`twill db`: the store of the service."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from .output import print_answer
from .serve import DatabaseOption

if TYPE_CHECKING:
    from ..service.database import Database
    from ..service.pruning import Pruned

PAUSE_SECONDS = 0.05
"""Between two transactions, so that a service that runs gets at the store."""

LONGEST_DAYS = 36_500

app = typer.Typer(rich_markup_mode=None, help="The store of the service.")


@app.callback()
def db() -> None:
    """The store of the service."""


@app.command("upgrade")
def upgrade(database: DatabaseOption = None) -> int:
    """Bring a store to the revision of this version, or make its tables.

    Make a backup first: there is no way back.
    """
    from ..service.database import Database
    from ..service.schema import upgrade as upgrade_store
    from ..service.settings import read_settings

    store = Database(read_settings(database=database).database)
    print_answer(f"revision {upgrade_store(store)}")
    return 0


@app.command("prune")
def prune(
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="DAYS", help="Such as 30d; 1d at least.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")
    ] = False,
    database: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Remove jobs that are over and were not asked for in so many days.

    Their events, solves and results go with them where nobody else has a job for the same. What is
    queued or runs stays. It may be run beside a service, and stopped and run again.
    """
    from ..service.database import Database
    from ..service.pruning import Pruned, would_prune
    from ..service.schema import check_revision
    from ..service.settings import read_settings

    days = _days(older_than)
    store = Database(read_settings(database=database).database)
    check_revision(store)
    pruned = would_prune(store, days) if dry_run else sum(_removed(store, days), Pruned())
    store.close()
    print_answer(_report(pruned, days, dry_run=dry_run, as_json=as_json))
    return 0


def _days(text: str) -> int:
    from ..models.errors import UsageError

    found = re.fullmatch(r"([1-9][0-9]{0,4})d", text)
    if found is None or int(found[1]) > LONGEST_DAYS:
        raise UsageError(f"--older-than: no number of days: {text[:40]!r}", cure="write 30d")
    return int(found[1])


def _removed(store: Database, days: int) -> Iterator[Pruned]:
    from ..service.pruning import prune as prune_store

    for removed in prune_store(store, days):
        yield removed
        time.sleep(PAUSE_SECONDS)


def _report(pruned: Pruned, days: int, *, dry_run: bool, as_json: bool) -> str:
    from dataclasses import asdict

    if as_json:
        return json.dumps({"older_than_days": days, "dry_run": dry_run, **asdict(pruned)}, indent=2)
    counts = ", ".join(
        f"{count:,} {name.replace('_', ' ')}" for name, count in pruned.rows().items()
    )
    verb = "would remove" if dry_run else "removed"
    return f"{verb} {counts}; {pruned.result_bytes:,} bytes of results"
