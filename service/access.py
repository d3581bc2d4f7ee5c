"""Who calls: the key of a request, what it may do, and how often."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from limits import RateLimitItem, parse
from starlette.concurrency import run_in_threadpool

from .database import Database
from .keys import digest_of, find_key, has_keys
from .refusals import Forbidden, Misdirected, TooMany, Unauthorized
from .remembered import Remembered
from .settings import Settings
from .window import MovingWindow

SECONDS = 2.0
"""For so long a key is believed before the store is asked again: revoking takes effect then."""

LONGEST_KEY = 200
HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})
_CHALLENGE = {"WWW_Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Known:
    """A caller: the id of its key (empty where none is asked for) and its scopes."""

    owner: str
    scopes: frozenset[str]


ANYONE = Known("", frozenset({"read", "solve"}))


class Access:
    """Decides about each request; for one event loop."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._is_loopback = settings.is_loopback
        self._keys: Remembered[str, Known | None] = Remembered(10_000, seconds=SECONDS)
        self._asks: Remembered[str, bool] = Remembered(1, seconds=SECONDS)
        self._rates: dict[str, tuple[RateLimitItem, MovingWindow]] = {
            "solve": _rate(settings.submit_rate),
            "read": _rate(settings.read_rate),
            "failure": _rate(settings.failure_rate),
        }
        self._most_streams = settings.streams
        self._streams: Counter[str] = Counter()

    async def caller(
        self, authorization: str | None, scope: str, client: str, host: str | None
    ) -> Known:
        """The caller of a request; raises Unauthorized, Forbidden, TooMany, Misdirected."""
        known = await self._identify(authorization, client, host)
        if scope not in known.scopes:
            raise Forbidden(f"the key has no scope `{scope}`", "ask for a key that has it")
        self._count(scope, known.owner or client)
        return known

    @contextmanager
    def stream(self, owner: str) -> Iterator[None]:
        """An open stream of this caller; raises TooMany."""
        if self._streams[owner] >= self._most_streams:
            cure = "close one of them"
            raise TooMany(f"{self._most_streams} streams are open", cure, Retry_After="5")
        self._streams[owner] += 1
        try:
            yield
        finally:
            self._streams[owner] -= 1

    async def _identify(self, authorization: str | None, client: str, host: str | None) -> Known:
        if not await self._asks_for_keys():
            _check_host(host)
            return ANYONE
        if authorization is None:
            cure = "send `Authorization: Bearer KEY`"
            raise Unauthorized("this service asks for an API key", cure, **_CHALLENGE)
        kind, _, key = authorization.partition(" ")
        known = None
        if kind.lower() == "bearer" and 0 < len(key) <= LONGEST_KEY:
            known = await self._find(digest_of(key.strip()))
        if known is None:
            self._count("failure", client)
            cure = "ask whoever runs the service for one"
            raise Unauthorized("the API key is not valid", cure, **_CHALLENGE)
        return known

    async def _asks_for_keys(self) -> bool:
        if not self._is_loopback:
            return True
        asks = self._asks.get("")
        if asks is None:
            asks = await run_in_threadpool(self._read_asks)
            self._asks.put("", asks)
        return asks

    def _read_asks(self) -> bool:
        with self._database.reading() as connection:
            return has_keys(connection)

    async def _find(self, digest: str) -> Known | None:
        known = self._keys.get(digest)
        if known is None:
            known = await run_in_threadpool(self._read_key, digest)
            self._keys.put(digest, known)
        return known

    def _read_key(self, digest: str) -> Known | None:
        with self._database.reading() as connection:
            row = find_key(connection, digest)
        if row is None or not hmac.compare_digest(row.digest, digest):
            return None
        return Known(row.id, frozenset(row.scopes.split(",")))

    def _count(self, kind: str, who: str) -> None:
        item, window = self._rates[kind]
        if not window.hit(who):
            seconds = str(max(1, item.get_expiry() // 60))
            raise TooMany(f"more than {item} calls", "call less often", Retry_After=seconds)


def _rate(text: str) -> tuple[RateLimitItem, MovingWindow]:
    item = parse(text)
    return item, MovingWindow(item.amount, item.get_expiry())


def _check_host(host: str | None) -> None:
    """Without keys a page of another site could reach a loopback service by a name of its own."""
    name = (host or "").lower()
    name = name.rpartition(":")[0] if not name.endswith("]") and ":" in name else name
    if name not in HOSTS:
        raise Misdirected("this service answers to localhost", "call it by 127.0.0.1 or localhost")
