"""What surrounds every request: its number, its log line, limits on its body, safe headers."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import MutableMapping
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .answers import error_response, fault_response
from .metrics import Metrics
from .refusals import Refusal, TooLarge, TooSlow
from .settings import Settings

REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
_LOG = structlog.get_logger("twill.request")


class Frontier:
    """ASGI around the whole app, so that nothing is answered without it."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        answer = _Answer(send, _request_id(Headers(scope=scope).get("x-request-id")))
        scope.setdefault("state", {})["request_id"] = answer.request_id
        try:
            await self._answer(scope, receive, answer)
        except Exception as fault:  # of ours: the log has what the caller is not told
            _LOG.exception("fault", request_id=answer.request_id)
            if answer.status == 0:
                await fault_response(fault)(scope, receive, answer)
        finally:
            self._tell(scope, answer, time.perf_counter() - begun)

    async def _answer(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        body = _Body(receive, self._settings.body_bytes, self._settings.body_seconds)
        refusal = body.refusal(Headers(scope=scope))
        if refusal is None:
            await self._app(scope, body, answer)
        else:
            await error_response(refusal)(scope, receive, answer)

    def _tell(self, scope: Scope, answer: _Answer, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        self._metrics.answered(scope["method"], route, answer.status, seconds)
        _LOG.info(
            "request",
            request_id=answer.request_id,
            method=scope["method"],
            route=route,
            status=answer.status,
            milliseconds=round(seconds * 1000, 2),
            key=scope["state"].get("owner") or None,
        )


class _Answer:
    """`send`, with headers that every answer has."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self.request_id = request_id
        self.status = 0

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            add_headers(MutableHeaders(scope=message), self.request_id)
        await self._send(message)


class _Body:
    """`receive`, with an end to how much may come and how long it may take."""

    def __init__(self, receive: Receive, most: int, seconds: float) -> None:
        self._receive = receive
        self._most = most
        self._seconds = seconds
        self._deadline: float | None = None
        self._seen = 0
        self._is_whole = False

    def refusal(self, headers: Headers) -> Refusal | None:
        """Why not even the beginning of the body is worth reading."""
        told = headers.get("content-length", "0")
        if not (told.isascii() and told.isdigit() and len(told) < 20):
            return Refusal("the Content-Length is no number")
        return self._too_large() if int(told) > self._most else None

    async def __call__(self) -> Message:
        if self._is_whole:
            return await self._receive()
        loop = asyncio.get_running_loop()
        self._deadline = self._deadline or loop.time() + self._seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise TooSlow(
                f"the body did not come within {self._seconds:g} s", Connection="close"
            ) from None
        self._seen += len(message.get("body", b""))
        self._is_whole = message["type"] != "http.request" or not message.get("more_body", False)
        if self._seen > self._most:
            raise self._too_large()
        return message

    def _too_large(self) -> TooLarge:
        return TooLarge(f"the body is larger than {self._most} bytes", Connection="close")


def add_headers(headers: MutableHeaders, request_id: str) -> None:
    """What every answer has."""
    headers["X-Request-ID"] = request_id
    for name, value in SAFE_HEADERS.items():
        headers.setdefault(name, value)


def new_request_id() -> str:
    """A number for a request that brought none."""
    return secrets.token_hex(12)


def _request_id(told: str | None) -> str:
    """That of the caller, if it is harmless in a log and in a header; else a new one."""
    return told if told and REQUEST_ID.fullmatch(told) else new_request_id()
