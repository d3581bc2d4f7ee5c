"""SQLite or Postgres behind one door: transactions for reading, transactions for writing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from ..models.errors import UsageError

BUSY_MILLISECONDS = 30_000
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # NORMAL may lose what was acknowledged when the power fails
    "foreign_keys=ON",
    f"busy_timeout={BUSY_MILLISECONDS}",
)
CURE = "give an URL such as sqlite:///twill.db or postgresql+psycopg://user@host/twill"


class Database:
    """An engine, and the two kinds of transactions; may be shared by threads."""

    def __init__(self, address: str) -> None:
        """Raises UsageError for an address that is no database which Twill knows."""
        self.url = _url(address)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _engine(self.url, is_sqlite=self.is_sqlite)
        # SQLite has one writer; threads that queue here do not sleep in its busy handler.
        self._writers = threading.Lock() if self.is_sqlite else nullcontext()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the store."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, and durable then; undone by an exception."""
        with self._writers, self.engine.connect() as connection:
            connection = connection.execution_options(twill_writes=True)
            with connection.begin():
                yield connection

    def now(self, connection: Connection) -> int:
        """Milliseconds since 1970 by the clock that all users of this database share."""
        if self.is_sqlite:
            return time.time_ns() // 1_000_000
        told = text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)")
        return int(connection.execute(told).scalar_one())

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _url(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError:
        raise UsageError("the database is no URL", cure=CURE) from None
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise UsageError(f"no database of Twill: {url.get_backend_name()[:40]}", cure=CURE)
    if url.get_backend_name() == "sqlite" and not url.database:
        raise UsageError("a database in memory would be lost with the process", cure=CURE)
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def _engine(url: URL, *, is_sqlite: bool) -> Engine:
    options: dict[str, Any] = {"pool_size": 16, "max_overflow": 48, "pool_pre_ping": not is_sqlite}
    if not is_sqlite:
        options["connect_args"] = {"connect_timeout": 10, "client_encoding": "utf8"}
    try:
        engine = create_engine(url, **options)
    except (NoSuchModuleError, ImportError) as fault:
        cure = "install twill-scheduler[postgres]"
        raise UsageError(f"no driver for the database: {fault}", cure=cure) from None
    if is_sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("twill_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
