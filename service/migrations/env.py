"""How alembic runs a migration: on the connection that it was given, in one transaction."""

from __future__ import annotations

from alembic import context

from twill.service.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
)
with context.begin_transaction():
    context.run_migrations()
