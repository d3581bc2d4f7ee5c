"""A service in this process: the app as `twill serve` builds it, and a client for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from starlette.testclient import TestClient

from twill.models.job import JobEvent
from twill.service.app import build_app
from twill.service.database import Database
from twill.service.keys import create_key
from twill.service.schema import upgrade
from twill.service.service import Service
from twill.service.settings import Settings
from twill.service.workshop import Workshop
from twill.tests.support.fake_executor import FakeExecutor

BASE = "http://127.0.0.1"
FINAL = ("done", "cancelled", "failed")


class Served:
    """A service that runs, with its client, its store and its executor."""

    def __init__(
        self, settings: Settings, executor: FakeExecutor, database: Database, workshop: Workshop
    ) -> None:
        self.database = database
        self.executor = executor
        self.service = Service(settings, database, executor, workshop)
        self.app = build_app(self.service)
        self.client = TestClient(self.app, base_url=BASE, raise_server_exceptions=False)

    def key(self, name: str = "somebody", *scopes: str) -> dict[str, str]:
        """The header of a new key."""
        with self.database.writing() as connection:
            made = create_key(connection, 0, name, scopes or ("read", "solve"))
        self.service.access._asks.put("", True)
        return {"Authorization": f"Bearer {made.text}"}

    def submit(self, document: str, **more: Any) -> dict[str, Any]:
        headers = more.pop("headers", {})
        reply = self.client.post(
            "/v1/schedules", json={"document": document, **more}, headers=headers
        )
        assert reply.status_code in (200, 202), reply.text
        found: dict[str, Any] = reply.json()
        return found

    def job(self, identity: str, **headers: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/v1/schedules/{identity}", headers=headers).json()
        return found

    def told(self, identity: str, **headers: str) -> list[JobEvent]:
        """The events of a job that is over."""
        reply = self.client.get(f"/v1/schedules/{identity}/events", headers=headers)
        assert reply.status_code == 200
        assert reply.headers["content-type"].startswith("text/event-stream")
        lines = [line[6:] for line in reply.text.splitlines() if line.startswith("data: ")]
        return [JobEvent.from_json(line) for line in lines]

    def finished(self, identity: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """The job when it is over."""
        deadline = time.monotonic() + 30
        while (job := self.job(identity, **(headers or {})))["state"] not in FINAL:
            assert time.monotonic() < deadline, job
            time.sleep(0.01)
        return job


S = TypeVar("S", bound=Served)


def unserved(
    kind: type[S], address: str, executor: FakeExecutor | None, workshop: Workshop, **chosen: Any
) -> S:
    """A service on a store with tables, not yet begun."""
    settings = Settings(database=address, **{"shutdown_seconds": 2.0, **chosen})
    database = Database(address)
    upgrade(database)
    return kind(settings, executor or FakeExecutor(), database, workshop)


@contextmanager
def serving(folder: Path, workshop: Workshop) -> Iterator[Callable[..., Served]]:
    """Makes running services; all end with the block."""
    with ExitStack() as stack:
        count = 0

        def make(executor: FakeExecutor | None = None, **chosen: Any) -> Served:
            nonlocal count
            count += 1
            address = chosen.pop("database", f"sqlite:///{folder / f'{count}.db'}")
            made = unserved(Served, address, executor, workshop, **chosen)
            stack.callback(made.database.close)
            stack.enter_context(made.client)
            return made

        yield make


def tiny_graph(number: int, latency: int = 3) -> str:
    """A document of its own for each number, solved at once."""
    return (
        f"graph: tiny_{number}\nmachine: {{units: {{U: 1}}}}\n"
        f"operations: {{v: {{latency: {latency}, uses: {{U: 2}}}}}}\n"
        "dependences: [{from: v, to: v, distance: 1}]\n"
    )
