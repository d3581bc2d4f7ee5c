"""Which revision of the store a database has, and how it gets the one of this version."""

from __future__ import annotations

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DatabaseError, OperationalError

from ..models.errors import UsageError
from .database import Database

PAGE = "see docs/service.md"


def open_store(address: str) -> Database:
    """The database, at the revision of this version; an empty SQLite file gets its tables."""
    database = Database(address)
    try:
        if database.is_sqlite and _is_empty(database):
            upgrade(database)
        check_revision(database)
    except BaseException:
        database.close()
        raise
    return database


def upgrade(database: Database) -> str:
    """Bring a database up to date, or make its tables; returns the revision."""
    config = _config()
    with _reached(database), database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return head()


def head() -> str:
    """The revision that this version of Twill works with."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def check_revision(database: Database) -> None:
    """Raise UsageError, with the command that cures it, for any other revision."""
    with _reached(database), database.reading() as connection:
        found = revision(connection)
    cure = f"twill db upgrade --database {database.url.render_as_string(hide_password=True)}"
    if found is None:
        raise UsageError("the database has no tables of Twill", cure=cure)
    if found not in _known():
        cure = f"update Twill, or restore the backup that was made before the upgrade; {PAGE}"
        raise UsageError(f"the database was made by a newer Twill: revision {found}", cure=cure)
    if found != head():
        message = f"the database has revision {found}, this version needs {head()}"
        raise UsageError(message, cure=f"make a backup, then {cure}")


def _is_empty(database: Database) -> bool:
    """Whether there is no table at all, of whomever."""
    with _reached(database), database.reading() as connection:
        return not inspect(connection).get_table_names()


def revision(connection: Connection) -> str | None:
    """What the database says it is; None if it says nothing."""
    return MigrationContext.configure(connection).get_current_revision()


def _known() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> Config:
    config = Config()
    folder = str(files("twill.service.migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


class _reached:
    """Turns the error of a database that cannot be reached into one for people."""

    def __init__(self, database: Database) -> None:
        self._address = database.url.render_as_string(hide_password=True)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OperationalError | DatabaseError):
            said = str(error.orig).strip().split("\n", 1)[0][:300]
            cure = "check the address, and that the database runs and can be written"
            raise UsageError(f"{self._address}: {said}", cure=cure) from None
