"""`twill db prune`: what it removes, what it says, what it refuses."""

import json
from pathlib import Path

import pytest

from twill.cli.main import run
from twill.service.database import Database
from twill.service.schema import upgrade
from twill.tests.support.store_steps import ask, begin, end, question


@pytest.fixture
def address(tmp_path: Path) -> str:
    """A store with a job of fifty years ago and one of today."""
    found = f"sqlite:///{tmp_path / 'twill.db'}"
    store = Database(found)
    upgrade(store)
    ask(store, "a", question(1), now=4)
    end(store, begin(store))
    ask(store, "a", question(2))
    store.close()
    return found


def test_it_says_what_it_would_remove_and_what_it_has(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    prune = ["db", "prune", "--older-than", "30d", "--database", address]
    counts = "1 jobs, 1 solves, 3 events, 1 results, 0 idempotency keys; 2 bytes of results\n"
    for _ in range(2):
        assert run([*prune, "--dry-run"]) == 0
        assert capsys.readouterr().out == f"would remove {counts}"
    assert run(prune) == 0
    assert capsys.readouterr().out == f"removed {counts}"
    assert run(prune) == 0
    assert capsys.readouterr().out.startswith("removed 0 jobs")


def test_it_says_so_in_json(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    prune = ["db", "prune", "--older-than", "30d", "--database", address, "--json"]
    removed = {
        "older_than_days": 30, "dry_run": False, "jobs": 1, "solves": 1, "events": 3,
        "results": 1, "idempotency_keys": 0, "result_bytes": 2,
    }  # fmt: skip
    assert run([*prune, "--dry-run"]) == 0
    assert json.loads(capsys.readouterr().out) == removed | {"dry_run": True}
    assert run(prune) == 0
    assert json.loads(capsys.readouterr().out) == removed


@pytest.mark.parametrize("text", ["", "30", "0d", "-1d", "1h", "99999d", "30d ", "١d"])
def test_an_age_that_is_none(address: str, capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert run(["db", "prune", f"--older-than={text}", "--database", address]) == 2
    assert "write 30d" in capsys.readouterr().err


def test_no_age_is_assumed(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["db", "prune", "--database", address]) == 2
    assert "--older-than" in capsys.readouterr().err
    store = Database(address)
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM jobs").scalar() == 2
    store.close()


def test_a_store_of_another_revision_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"sqlite:///{tmp_path / 'other.db'}"
    assert run(["db", "prune", "--older-than", "30d", "--database", address]) == 2
    assert "no tables of Twill" in capsys.readouterr().err
