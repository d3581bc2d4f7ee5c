"""API keys: made, listed, revoked; only their sha256 is stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from ..models.errors import UsageError
from .tables import AnyRow, api_keys

PREFIX = "twill_"
BYTES = 32
SCOPES = ("read", "solve")
"""read: everything but changes; solve: submit and cancel."""


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new key; the text is seen once."""

    id: str
    text: str


def digest_of(key: str) -> str:
    """How a key is stored: it has 256 random bits, so that no slower hash is needed."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def create_key(connection: Connection, now: int, name: str, scopes: Sequence[str]) -> MadeKey:
    """Make a key and store its digest; raises UsageError for an unknown scope."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        cure = f"scopes are {', '.join(SCOPES)}"
        raise UsageError(f"no scope of a key: {', '.join(unknown) or 'none given'}", cure=cure)
    if not name or len(name) > 64 or not name.isprintable():
        raise UsageError("a key needs a name of 1 to 64 printable characters")
    made = MadeKey(secrets.token_hex(6), PREFIX + secrets.token_urlsafe(BYTES))
    values = {
        "id": made.id, "name": name, "digest": digest_of(made.text),
        "scopes": ",".join(sorted(set(scopes))), "created_at": now,
    }  # fmt: skip
    connection.execute(insert(api_keys).values(values))
    return made


def list_keys(connection: Connection) -> Sequence[AnyRow]:
    """All keys ever made, in order; without anything that would open the door."""
    shown = (
        api_keys.c.id, api_keys.c.name, api_keys.c.scopes,
        api_keys.c.created_at, api_keys.c.revoked_at,
    )  # fmt: skip
    return connection.execute(select(*shown).order_by(api_keys.c.created_at, api_keys.c.id)).all()


def revoke_key(connection: Connection, now: int, identity: str) -> None:
    """End a key; raises UsageError if there is none of that id that still holds."""
    held = (api_keys.c.id == identity, api_keys.c.revoked_at.is_(None))
    revoked = update(api_keys).where(*held).values(revoked_at=now)
    if connection.execute(revoked).rowcount != 1:
        cure = "twill serve keys list shows the ids"
        raise UsageError(f"no key {identity[:40]!r} that still holds", cure=cure)


def find_key(connection: Connection, digest: str) -> AnyRow | None:
    """The key of that digest, if it still holds."""
    held = (api_keys.c.digest == digest, api_keys.c.revoked_at.is_(None))
    return connection.execute(select(api_keys).where(*held)).first()


def has_keys(connection: Connection) -> bool:
    """Whether a key was ever made: revoking the last one opens no door."""
    return connection.execute(select(api_keys.c.id).limit(1)).first() is not None


def has_valid_key(connection: Connection) -> bool:
    """Whether a key holds now."""
    held = select(api_keys.c.id).where(api_keys.c.revoked_at.is_(None)).limit(1)
    return connection.execute(held).first() is not None
