"""`twill serve`: the REST service, and the keys to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from .output import print_answer, print_note
from .tables import table_text

# What serves is imported when it is needed, so that help and errors come at once.
if TYPE_CHECKING:
    from ..service.database import Database

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
keys = typer.Typer(rich_markup_mode=None, help="API keys: create, list, revoke.")
app.add_typer(keys, name="keys")
DatabaseOption = Annotated[
    str | None,
    typer.Option("--database", metavar="URL", help="Of the store. [default: sqlite:///twill.db]"),
]


@app.callback()
def serve(
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen at. [default: 127.0.0.1]")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65_535, help="[default: 8000]")
    ] = None,
    database: DatabaseOption = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            max=1024,
            metavar="N",
            help="Solves at the same time. [default: one for two processors]",
        ),
    ] = None,
    instance: Annotated[
        str | None,
        typer.Option("--instance", metavar="NAME", help="Name in a shared store. [default: main]"),
    ] = None,
) -> int:
    """Serve schedules by REST, with a page to look at them.

    Every option has a variable, such as TWILL_PORT; docs/service.md lists the others. An address
    that other machines reach is served only if there is an API key.
    """
    if context.invoked_subcommand is not None:
        return 0
    from ..service.server import serve as serve_until_stopped
    from ..service.settings import read_settings

    settings = read_settings(
        host=host, port=port, database=database, workers=workers, instance=instance
    )
    return serve_until_stopped(settings)


@keys.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is.")],
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="read or solve; may be repeated.")
    ] = None,
    database: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Make a key and print it, this once: only its digest is stored."""
    from ..service.keys import SCOPES, create_key

    store = _open(database)
    with store.writing() as connection:
        made = create_key(connection, store.now(connection), name, scope or SCOPES)
    if as_json:
        print_answer(json.dumps({"id": made.id, "key": made.text}))
    else:
        print_answer(made.text)
        print_note(f"key {made.id} of {name}; it is not shown again")
    return 0


@keys.command("list")
def listed(
    database: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """List all keys that were ever made."""
    from ..service.keys import list_keys
    from ..service.moments import moment

    with _open(database).reading() as connection:
        found = list_keys(connection)
    rows = [
        {
            "id": key.id,
            "name": key.name,
            "scopes": key.scopes,
            "created": moment(key.created_at),
            "revoked": moment(key.revoked_at) if key.revoked_at is not None else "",
        }
        for key in found
    ]
    if as_json:
        print_answer(json.dumps(rows, indent=2))
    elif rows:
        print_answer(table_text(rows))
    else:
        print_note("no key was ever made; make one: twill serve keys create NAME")
    return 0


@keys.command("revoke")
def revoke(
    identity: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")],
    database: DatabaseOption = None,
) -> int:
    """End a key; a running service notices within two seconds."""
    from ..service.keys import revoke_key

    store = _open(database)
    with store.writing() as connection:
        revoke_key(connection, store.now(connection), identity)
    print_note(f"key {identity} is revoked")
    return 0


def _open(database: str | None) -> Database:
    from ..service.schema import open_store
    from ..service.settings import read_settings

    return open_store(read_settings(database=database).database)
