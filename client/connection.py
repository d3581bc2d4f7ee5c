"""What both clients agree on: addresses, headers, time limits, sizes."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx2

from ..models.errors import ServiceFault, UsageError
from ..models.version import VERSION
from .patience import Patience

SILENCE_SECONDS = 60.0  # the service says something every 15 s while a job runs
MOST_BYTES = 64 << 20  # of a reply


@dataclass(frozen=True, slots=True)
class Connection:
    """Where the service is, the key to it, and how patient to be."""

    server: str  # such as http://127.0.0.1:8000
    key: str | None = field(default=None, repr=False)
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        url = _url(self.server)
        if url is None or url.scheme not in ("http", "https") or not _is_host(url.host):
            cure = "write it as http://HOST:PORT or https://HOST"
            raise UsageError(f"no address of a service: {self.server[:200]!r}", cure=cure)
        if self.key is not None and not (self.key.isascii() and self.key.isprintable()):
            raise UsageError("a key has printable ASCII characters only")

    @property
    def headers(self) -> dict[str, str]:
        """Sent with every call."""
        found = {"User-Agent": f"twill/{VERSION}", "Accept": "application/json"}
        return {**found, "Authorization": f"Bearer {self.key}"} if self.key else found

    @property
    def timeout(self) -> httpx2.Timeout:
        """Of connecting, and of waiting for the next byte."""
        return httpx2.Timeout(SILENCE_SECONDS, connect=10.0)

    def unreachable(self, fault: httpx2.TransportError) -> ServiceFault:
        """The error for a service that cannot be reached."""
        return ServiceFault(
            f"{self.server} cannot be reached: {str(fault) or type(fault).__name__}"
        )


class Body:
    """The body of a reply, part by part."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._seen = 0

    def add(self, part: bytes) -> None:
        """Keep a part; raises ServiceFault where the whole has become too long."""
        self._seen += len(part)
        if self._seen > MOST_BYTES:
            raise ServiceFault(f"the service sent more than {MOST_BYTES >> 20} MiB")
        self._parts.append(part)

    @property
    def text(self) -> str:
        """All that has come."""
        return b"".join(self._parts).decode("utf-8", "replace")


def _is_host(text: str) -> bool:
    return bool(text) and not set(text) & set("[]<>^`% ")


def _url(text: str) -> httpx2.URL | None:
    try:
        return httpx2.URL(text)
    except (httpx2.InvalidURL, ValueError):
        return None
