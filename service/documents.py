"""Schedule documents of the store, remembered once read: a result is written with the final state.

Neither the result of a job nor a document under its digest changes after that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from . import reading
from .refusals import NotFound
from .remembered import Remembered

T = TypeVar("T")
JOBS = 20_000
SECONDS = 60.0
"""So long what was removed from the store may still be given."""

DOCUMENT_BYTES = 64 << 20


class Read(Protocol):
    """What `work` returns in a transaction that reads, away from the event loop."""

    async def __call__(self, work: Callable[[Connection], T]) -> T:
        """See `Service.read`."""


class Documents:
    """For one event loop; whatever is remembered, is remembered for the owner who may see it."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._digests: Remembered[tuple[str, str], str] = Remembered(JOBS, seconds=SECONDS)
        self._contents: Remembered[tuple[str, str], bytes] = Remembered(
            DOCUMENT_BYTES, seconds=SECONDS, weigh=len
        )

    async def of_digest(self, owner: str, digest: str) -> bytes:
        """The text of a schedule document, for whoever has a job that it answers; or NotFound."""
        known = self._contents.get((owner, digest))
        if known is not None:
            return known
        content = await self._read(lambda c: reading.result_of(c, owner, digest))
        if content is None:
            raise NotFound("no such result")
        self._contents.put((owner, digest), content)
        return content

    async def of_job(self, owner: str, identity: str) -> tuple[str, bytes]:
        """Digest and text of the result of this owner's job; raises NotFound."""
        digest = self._digests.get((owner, identity))
        if digest is not None:
            return digest, await self.of_digest(owner, digest)
        found = await self._read(lambda c: reading.result_of_job(c, owner, identity))
        if found is None:
            raise NotFound("no such job", "GET /v1/schedules lists yours")
        if found.content is None or found.detached_at is not None:
            raise NotFound("the job has no result", "GET /v1/schedules/{id} tells its state")
        self._digests.put((owner, identity), found.result)
        self._contents.put((owner, found.result), found.content)
        return found.result, found.content
