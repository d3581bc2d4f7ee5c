"""Migrations and revisions, on SQLite and on Postgres."""

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from twill.models.errors import UsageError
from twill.service.database import Database
from twill.service.schema import _config, check_revision, head, open_store, upgrade
from twill.service.tables import metadata


def test_migrations_make_what_the_tables_say(store: Database) -> None:
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_upgrade_can_be_repeated(store: Database) -> None:
    assert upgrade(store) == head()
    check_revision(store)


def test_jobs_of_the_first_revision_were_asked_for_when_they_were_made(address: str) -> None:
    database = Database(address)
    config = _config()
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            text(
                "INSERT INTO solves (number, instance, owner, content_key, work_key, work, kernel,"
                " gpu, state, priority, attempts, excused, cancel_requested, reason, reusable,"
                " events, created_at) VALUES (1, 'main', 'a', 'c', 'w', '{}', 'k', 'g', 'queued',"
                " 0, 0, 0, false, '', false, 0, 7)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO jobs (id, owner, solve, priority, created_at, live)"
                " VALUES ('j', 'a', 1, 0, 7, true)"
            )
        )
    with pytest.raises(UsageError, match="has revision 0001, this version needs"):
        check_revision(database)
    upgrade(database)
    with database.reading() as connection:
        assert connection.execute(text("SELECT id, asked_at FROM jobs")).all() == [("j", 7)]
    database.close()


def test_a_database_without_tables_is_refused_with_the_cure(address: str) -> None:
    database = Database(address)
    with pytest.raises(UsageError, match="no tables of Twill") as caught:
        check_revision(database)
    assert "twill db upgrade --database" in str(caught.value.problems[0].cure)
    database.close()


def test_an_empty_file_gets_its_tables_and_postgres_does_not(address: str) -> None:
    if address.startswith("sqlite"):
        open_store(address).close()
    else:
        with pytest.raises(UsageError, match="no tables"):
            open_store(address)


def test_a_newer_revision_is_refused(store: Database) -> None:
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UsageError, match="newer Twill: revision 9999"):
        check_revision(store)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("nonsense", "no URL"),
        ("mysql://x/y", "no database of Twill: mysql"),
        ("sqlite://", "in memory"),
    ],
)
def test_addresses_that_are_refused(wrong: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Database(wrong)


def test_passwords_are_not_told() -> None:
    database = Database("postgresql://twill:secret@127.0.0.1:1/none")
    with pytest.raises(UsageError) as caught:
        check_revision(database)
    assert "secret" not in str(caught.value)
