"""`twill serve`, `twill serve keys` and `twill db`, short of serving for long."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from twill.cli.main import run
from twill.service import server
from twill.service.access import Access
from twill.service.database import Database
from twill.service.instance_lock import InstanceLock
from twill.service.keys import digest_of, find_key
from twill.service.schema import head
from twill.service.settings import Settings, read_settings


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'twill.db'}"


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(arguments) == 2
    return capsys.readouterr().err


def test_keys_are_made_listed_and_revoked(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    store = ("--database", address)
    assert run(["serve", "keys", "create", "ann", *store]) == 0
    key = capsys.readouterr().out.strip()
    assert run(["serve", "keys", "create", "ben", "--scope", "read", "--json", *store]) == 0
    made = json.loads(capsys.readouterr().out)
    assert run(["serve", "keys", "list", "--json", *store]) == 0
    ann, ben = json.loads(capsys.readouterr().out)
    assert (ann["name"], ann["scopes"], ann["revoked"]) == ("ann", "read,solve", "")
    assert (ben["id"], ben["scopes"]) == (made["id"], "read")
    assert run(["serve", "keys", "revoke", ann["id"], *store]) == 0
    assert run(["serve", "keys", "list", *store]) == 0
    assert "Z" in capsys.readouterr().out.splitlines()[1]
    database = Database(address)
    with database.reading() as connection:
        stored = connection.execute(text("SELECT * FROM api_keys")).all()
        assert find_key(connection, digest_of(key)) is None
        assert find_key(connection, digest_of(made["key"])) is not None
    database.close()
    assert key not in str(stored)
    assert len(key) > 40


def test_no_keys_are_listed_as_none(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "keys", "list", "--database", address]) == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "no key was ever made" in shown.err
    assert run(["serve", "keys", "list", "--json", "--database", address]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["keys", "create", "ann", "--scope", "all"], "no scope of a key: all"),
        (["keys", "create", ""], "printable"),
        (["keys", "revoke", "nothing"], "no key 'nothing'"),
    ],
)
def test_keys_that_are_refused(
    address: str, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert said in refusal(capsys, "serve", *arguments, "--database", address)


def test_other_machines_need_a_key(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(capsys, "serve", "--host", "0.0.0.0", "--database", address)
    assert "there is no API key" in said
    assert "twill serve keys create" in said
    assert run(["serve", "keys", "create", "ann", "--database", address]) == 0
    assert run(["serve", "keys", "list", "--json", "--database", address]) == 0
    identity = json.loads(capsys.readouterr().out.split("\n", 1)[1])[0]["id"]
    database = Database(address)
    server.check_door(database, Settings(host="0.0.0.0"))
    assert run(["serve", "keys", "revoke", identity, "--database", address]) == 0
    with pytest.raises(Exception, match="there is no API key"):
        server.check_door(database, Settings(host="0.0.0.0"))
    database.close()


def test_an_address_that_is_taken(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refusal(capsys, "serve", "--port", port, "--database", address)
    assert f"127.0.0.1:{port}" in said
    assert "--port" in said


def test_one_process_for_each_instance(
    address: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twill.service.instance_lock.PATIENCE_SECONDS", 0.2)
    assert run(["db", "upgrade", "--database", address]) == 0
    database = Database(address)
    lock = InstanceLock(database, "main")
    said = refusal(capsys, "serve", "--port", "0", "--database", address)
    assert "another process serves this database as instance 'main'" in said
    InstanceLock(database, "other").release()
    lock.release()
    InstanceLock(database, "main").release()
    database.close()


def test_upgrading(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert run(["db", "upgrade", "--database", address]) == 0
        assert capsys.readouterr().out == f"revision {head()}\n"
    said = refusal(capsys, "db", "upgrade", "--database", "mysql://a/b")
    assert "no database of Twill: mysql" in said


def test_a_database_that_cannot_be_reached(capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(capsys, "db", "upgrade", "--database", "sqlite:////nowhere/at/all.db")
    assert "unable to open" in said
    said = refusal(
        capsys, "db", "upgrade", "--database", "postgresql://u:secret@127.0.0.1:1/x"
    )  # fmt: skip
    assert "secret" not in said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TWILL_PROT", "1", "did you mean TWILL_PORT?"),
        ("TWILL_LIVE_JOBS", "x", "TWILL_LIVE_JOBS"),
        ("TWILL_ATTEMPTS", "0", "TWILL_ATTEMPTS"),
        ("TWILL_READ_RATE", "many", "TWILL_READ_RATE"),
        ("TWILL_INSTANCE", "a/b", "TWILL_INSTANCE"),
    ],
)
def test_settings_that_are_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    name: str, value: str, said: str,
) -> None:  # fmt: skip
    monkeypatch.setenv(name, value)
    assert said in refusal(capsys, "db", "upgrade")


def test_settings_come_from_options_then_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TWILL_PORT", "1234")
    monkeypatch.setenv("TWILL_KEY", "the client's")
    assert read_settings(port=None).port == 1234
    assert read_settings(port=99).port == 99
    assert Access(Database("sqlite:///x"), read_settings()) is not None


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True),
     ("0.0.0.0", False), ("::", False), ("example.org", False), ("10.0.0.1", False)],
)  # fmt: skip
def test_which_addresses_are_this_machine(host: str, loopback: bool) -> None:
    assert Settings(host=host).is_loopback is loopback


def test_help_does_not_wait_for_the_service() -> None:
    program = (
        "import sys, twill.cli.main as main; main.run(['serve', '--help']);"
        "assert not {'fastapi', 'sqlalchemy', 'uvicorn', 'alembic'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert b"--workers" in done.stdout
