"""The process of `twill serve`: what must be true before it starts, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from typing import Any, cast

import h11
import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..executors.local import LocalExecutor
from ..executors.protocol import Executor
from ..models.errors import UsageError
from ..models.version import VERSION
from .answers import error_response
from .app import build_app
from .database import Database
from .frontier import add_headers, new_request_id
from .instance_lock import InstanceLock
from .keys import has_valid_key
from .logs import set_up_logs
from .refusals import Refusal
from .schema import open_store
from .service import Service
from .settings import Settings
from .workshop import Workshop

HEAD_SECONDS = 15.0
"""For the head of a request, and for which a connection may do nothing."""

_LOG = structlog.get_logger(__name__)


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or Ctrl-C; raises UsageError for what is missing."""
    with contextlib.ExitStack() as stack:
        database = open_store(settings.database)
        stack.callback(database.close)
        check_door(database, settings)
        stack.callback(InstanceLock(database, settings.instance).release)
        listening = stack.enter_context(_listen(settings))
        set_up_logs()
        workshop = Workshop()
        stack.callback(workshop.close)
        service = Service(settings, database, _executor(settings), workshop)
        signal.signal(signal.SIGTERM, _end_quietly)
        host, port = listening.getsockname()[:2]
        _LOG.info("serving", version=VERSION, host=host, port=port, instance=settings.instance)
        config = uvicorn_config(build_app(service), settings)
        Server(config, service).run(sockets=[listening])
    return 0


def uvicorn_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves the app; logs are ours."""
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=settings.connections,
        timeout_graceful_shutdown=max(1, round(settings.shutdown_seconds)),
    )


def check_door(database: Database, settings: Settings) -> None:
    """Raise UsageError where other machines could ask without a key."""
    if settings.is_loopback:
        return
    with database.reading() as connection:
        if not has_valid_key(connection):
            raise UsageError(
                f"{settings.host} can be reached by other machines, and there is no API key",
                cure="make one: twill serve keys create NAME",
            )


class Server(uvicorn.Server):
    """Ends open event streams before it waits for connections to close."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        self._service.bell.close()
        await super().shutdown(sockets)


class BoundedProtocol(H11Protocol):
    """Closes connections on which no head comes in time; answers what is no HTTP by a problem."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        super().connection_made(cast(asyncio.Transport, transport))
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        super().data_received(data)
        if self._late is not None and self.conn.their_state is not h11.IDLE:
            self._late.cancel()

    def on_response_complete(self) -> None:
        """See uvicorn."""
        super().on_response_complete()
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        if self._late is not None:
            self._late.cancel()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """See uvicorn: what cannot be read as a request never reaches the app."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            request_id = new_request_id()
            self.transport.write(self._unreadable(request_id))
            _LOG.info("request", request_id=request_id, method="none", route="none", status=400)
        self.transport.close()

    def _unreadable(self, request_id: str) -> bytes:
        cure = "send HTTP/1.1, with a head of at most 64 KiB"
        answer = error_response(Refusal("the request is no HTTP", cure, Connection="close"))
        add_headers(answer.headers, request_id)
        parts = (
            h11.Response(status_code=answer.status_code, headers=answer.raw_headers),
            h11.Data(data=bytes(answer.body)),
            h11.EndOfMessage(),
        )
        return b"".join(self.conn.send(part) or b"" for part in parts)

    def _await_head(self) -> None:
        if self._late is not None:
            self._late.cancel()
        self._late = self.loop.call_later(HEAD_SECONDS, self._close_if_late)

    def _close_if_late(self) -> None:
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()


def _executor(settings: Settings) -> Executor:
    if settings.executor == "ray":
        from ..executors.ray import RayExecutor  # the extra may not be installed

        return RayExecutor(settings.workers, address=settings.ray_address)
    executor = LocalExecutor(settings.workers)
    if executor.notice:
        _LOG.warning("limits", notice=executor.notice)
    return executor


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Without the protocol asyncio would not switch Nagle's algorithm off: 40 ms for each answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(2048)
    except OSError as fault:
        with contextlib.suppress(OSError):
            listening.close()
        cure = "choose another with --host and --port"
        raise UsageError(f"{settings.host}:{settings.port}: {fault.strerror}", cure=cure) from None
    return listening


def _end_quietly(_number: int, _frame: Any) -> None:
    """Uvicorn has ended the service on SIGTERM; sent again to the process, it means nothing."""
