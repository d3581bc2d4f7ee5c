"""The migrations of the job store, which alembic runs for `twill db upgrade`."""
