"""When a job was last asked for: what nobody asks for any more can be removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; jobs that are there were asked for when they were made."""
    asked_at = sa.Column("asked_at", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
    op.add_column("jobs", asked_at)
    op.execute("UPDATE jobs SET asked_at = created_at")
    op.create_index("ix_jobs_asked_at", "jobs", ["asked_at"])
