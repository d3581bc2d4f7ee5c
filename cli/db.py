"""`twill db`: the store of the service."""

from __future__ import annotations

import typer

from .output import print_answer
from .serve import DatabaseOption

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
