"""The tables of the job store; migrations make them, nothing else does."""

from __future__ import annotations

from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    Text,
    func,
    text,
)

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row of whatever was selected; columns are its attributes."""

LIVE = ("queued", "running")
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)

# Moments are milliseconds since 1970, UTC. SQLite counts only INTEGER keys up by itself.
Number = BigInteger().with_variant(Integer(), "sqlite")
KeyName = String(80)

instances = Table(
    "instances",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("boot", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),  # sha256 of the key
    Column("scopes", String(64), nullable=False),  # with commas between
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

results = Table(
    "results",
    metadata,
    Column("digest", KeyName, primary_key=True),  # of `content`
    Column("content", LargeBinary, nullable=False),  # UTF-8 text of a schedule document
    Column("created_at", BigInteger, nullable=False),
)

solves = Table(
    "solves",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("instance", String(64), nullable=False),
    Column("owner", String(16), nullable=False),  # the key that asked first; empty without keys
    Column("content_key", KeyName, nullable=False),  # of the question
    Column("work_key", KeyName, nullable=False),  # of the question and what it may cost
    Column("work", Text, nullable=False),
    Column("kernel", String(96), nullable=False),
    Column("gpu", String(96), nullable=False),
    Column("state", String(16), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),  # counted when a run starts
    Column("boot", Integer),  # of the instance, when the run started
    Column("excused", Integer, nullable=False, default=0),  # attempts that a shutdown ended
    Column("cancel_requested", Boolean, nullable=False, default=False),
    Column("status", String(16)),
    Column("lower_bound", Integer),
    Column("initiation_interval", Integer),
    Column("reason", Text, nullable=False, default=""),
    Column("result", KeyName, ForeignKey("results.digest")),
    Column("reusable", Boolean, nullable=False, default=False),  # proved, whatever the budget
    Column("events", Integer, nullable=False, default=0),  # number of the last one
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
)
takes_callers = text("state IN ('queued', 'running') AND NOT cancel_requested")
Index(
    "uq_solves_live",
    solves.c.work_key,
    unique=True,
    sqlite_where=takes_callers,
    postgresql_where=takes_callers,
)
Index("ix_solves_queue", solves.c.state, solves.c.instance, solves.c.owner, solves.c.priority)
Index("ix_solves_content", solves.c.content_key, solves.c.reusable)
Index("ix_solves_result", solves.c.result)

jobs = Table(
    "jobs",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("owner", String(16), nullable=False),
    Column("solve", Number, ForeignKey("solves.number"), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("asked_at", BigInteger, nullable=False, server_default=text("0")),  # the last time
    Column("live", Boolean, nullable=False),  # its solve goes on, and its caller has not left
    Column("detached_at", BigInteger),  # its caller cancelled, others did not
    Column("detached_after", Integer),  # number of the last event that it has
)
Index("ix_jobs_owner", jobs.c.owner, jobs.c.number)
Index("ix_jobs_solve", jobs.c.solve, jobs.c.owner)
Index("ix_jobs_asked_at", jobs.c.asked_at)
Index("ix_jobs_live", jobs.c.owner, sqlite_where=text("live = 1"), postgresql_where=text("live"))

# An owner has many jobs, a solve few: hidden in an expression, the owner leads no planner astray.
owner_checked = func.coalesce(jobs.c.owner, "")

events = Table(
    "events",
    metadata,
    Column("solve", Number, ForeignKey("solves.number"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("progress", Text),
    Column("reason", Text, nullable=False, default=""),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("owner", String(16), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("body", KeyName, nullable=False),  # digest
    Column("job", String(32), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
Index("ix_idempotency_keys_created_at", idempotency_keys.c.created_at)
