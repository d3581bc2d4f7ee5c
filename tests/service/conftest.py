"""Stores on both databases, and a service that can be called without a network."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from twill.service.database import Database
from twill.service.schema import upgrade
from twill.service.workshop import Workshop
from twill.tests.support.postgres import Cluster, cluster, programs
from twill.tests.support.served import Served, serving

# Nobody reads logs here, and the pretty ones that structlog begins with take seconds.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    binaries = programs()
    if binaries is None:
        pytest.skip("no Postgres here: neither initdb nor pg_ctl is found")
    with cluster(binaries) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'twill.db'}"
    running: Cluster = request.getfixturevalue("postgres")
    return running.database()


@pytest.fixture
def store(address: str) -> Iterator[Database]:
    """A store with its tables."""
    database = Database(address)
    upgrade(database)
    yield database
    database.close()


@pytest.fixture(scope="session")
def workshop() -> Iterator[Workshop]:
    made = Workshop(processes=1)
    yield made
    made.close()


@pytest.fixture
def serve(tmp_path: Path, workshop: Workshop) -> Iterator[Callable[..., Served]]:
    """Makes services with a fake executor, each on a SQLite file of its own."""
    with serving(tmp_path, workshop) as make:
        yield make


@pytest.fixture
def served(serve: Callable[..., Served]) -> Served:
    """A service whose solves end at once."""
    return serve()
