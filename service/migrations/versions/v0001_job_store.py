"""Jobs, the solves that they share, events, results, keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIVE = sa.text("state IN ('queued', 'running') AND NOT cancel_requested")


def upgrade() -> None:
    """Make all tables."""
    _instances_and_keys()
    _solves()
    _jobs_and_events()


def _instances_and_keys() -> None:
    op.create_table(
        "instances",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("boot", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_instances"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("scopes", sa.String(64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("digest", name="uq_api_keys_digest"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("owner", sa.String(16), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("body", sa.String(80), nullable=False),
        sa.Column("job", sa.String(32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def _solves() -> None:
    op.create_table(
        "results",
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_results"),
    )
    op.create_table(
        "solves",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("instance", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(16), nullable=False),
        sa.Column("content_key", sa.String(80), nullable=False),
        sa.Column("work_key", sa.String(80), nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("kernel", sa.String(96), nullable=False),
        sa.Column("gpu", sa.String(96), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("boot", sa.Integer()),
        sa.Column("excused", sa.Integer(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(16)),
        sa.Column("lower_bound", sa.Integer()),
        sa.Column("initiation_interval", sa.Integer()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("result", sa.String(80)),
        sa.Column("reusable", sa.Boolean(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("finished_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["result"], ["results.digest"], name="fk_solves_result"),
        sa.PrimaryKeyConstraint("number", name="pk_solves"),
    )
    op.create_index(
        "uq_solves_live",
        "solves",
        ["work_key"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    op.create_index("ix_solves_queue", "solves", ["state", "instance", "owner", "priority"])
    op.create_index("ix_solves_content", "solves", ["content_key", "reusable"])
    op.create_index("ix_solves_result", "solves", ["result"])


def _jobs_and_events() -> None:
    op.create_table(
        "jobs",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(16), nullable=False),
        sa.Column("solve", NUMBER, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("detached_at", sa.BigInteger()),
        sa.Column("detached_after", sa.Integer()),
        sa.ForeignKeyConstraint(["solve"], ["solves.number"], name="fk_jobs_solve"),
        sa.PrimaryKeyConstraint("number", name="pk_jobs"),
        sa.UniqueConstraint("id", name="uq_jobs_id"),
    )
    op.create_index("ix_jobs_owner", "jobs", ["owner", "number"])
    op.create_index("ix_jobs_solve", "jobs", ["solve", "owner"])
    op.create_index(
        "ix_jobs_live",
        "jobs",
        ["owner"],
        sqlite_where=sa.text("live = 1"),  # as SQLAlchemy asks for it, or it is not used
        postgresql_where=sa.text("live"),
    )
    op.create_table(
        "events",
        sa.Column("solve", NUMBER, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("progress", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["solve"], ["solves.number"], name="fk_events_solve"),
        sa.PrimaryKeyConstraint("solve", "sequence", name="pk_events"),
    )
