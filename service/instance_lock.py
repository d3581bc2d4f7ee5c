"""One process for each instance name: a second one would take the runs of the first for dead."""

from __future__ import annotations

import time
from typing import IO

from sqlalchemy import Connection, text

from ..models.errors import UsageError
from .database import Database

PATIENCE_SECONDS = 5.0
"""A server that was killed may be there for a moment more."""

_CURE = "stop it, or give this one another name: TWILL_INSTANCE"


class InstanceLock:
    """Held from the beginning to the end of the process, which frees it however it ends."""

    def __init__(self, database: Database, instance: str) -> None:
        """Raises UsageError if another process holds it."""
        self._file: IO[str] | None = None
        self._connection: Connection | None = None
        self._database = database
        self._instance = instance
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._try():
            if time.monotonic() > deadline:
                message = f"another process serves this database as instance {instance!r}"
                raise UsageError(message, cure=_CURE)
            time.sleep(0.1)

    def release(self) -> None:
        """Let another process serve as this instance."""
        if self._file is not None:
            self._file.close()
        if self._connection is not None:
            self._connection.close()

    def _try(self) -> bool:
        return self._try_file() if self._database.is_sqlite else self._try_session()

    def _try_file(self) -> bool:
        import fcntl  # absent on Windows

        name = f"{self._database.url.database}.{self._instance}.lock"
        try:
            file = open(name, "w", encoding="utf-8")  # noqa: SIM115
        except OSError as fault:
            cure = "let the folder of the database be written"
            raise UsageError(f"{fault.strerror}", file=name, cure=cure) from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def _try_session(self) -> bool:
        connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        wanted = text("SELECT pg_try_advisory_lock(hashtext(:name))")
        name = f"twill instance {self._instance}"
        if connection.execute(wanted, {"name": name}).scalar_one():
            self._connection = connection
            return True
        connection.close()
        return False
