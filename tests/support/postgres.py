"""A Postgres of the tests' own: a unix socket, no fsync, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

OPTIONS = (
    "-c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    " -c max_connections=200"
)


def programs() -> Path | None:
    """The folder with initdb and pg_ctl, if there is one."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("pg_ctl")
    if not folders and found is not None:
        folders = [Path(found).resolve().parent]
    return next((f for f in folders if (f / "initdb").exists() and (f / "pg_ctl").exists()), None)


class Cluster:
    """A running server; `database` makes an empty database in it."""

    def __init__(self, folder: Path, user: str) -> None:
        self.folder = folder
        self.user = user

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{self.user}@/{name}?host={self.folder}"

    def database(self) -> str:
        """The address of a new database."""
        name = f"t{uuid.uuid4().hex}"
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self.url(name)


@contextmanager
def cluster(binaries: Path) -> Iterator[Cluster]:
    """A server for as long as the block lasts; as `nobody` where the tests run as root."""
    folder = Path(tempfile.mkdtemp(prefix="twill-pg-"))
    user = "nobody" if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)
    data = folder / "data"
    try:
        _run(
            binaries / "initdb",
            "-D",
            data,
            "-U",
            "twill",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "-N",
            user=user,
        )
        options = f"{OPTIONS} -c unix_socket_directories={folder}"
        start = ("-w", "-l", folder / "log", "-o", options, "start")
        _run(binaries / "pg_ctl", "-D", data, *start, user=user)
        try:
            yield Cluster(folder, "twill")
        finally:
            _run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop", user=user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(*command: object, user: str | None) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        user=user,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
