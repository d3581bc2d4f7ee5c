"""A service that listens on a socket, as `twill serve` has it, in a thread of this process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from twill.service.server import Server, uvicorn_config
from twill.service.workshop import Workshop
from twill.tests.support.fake_executor import FakeExecutor
from twill.tests.support.processes import soon
from twill.tests.support.served import Served, unserved


class Listening(Served):
    """A service with its address."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        """A plain connection, for what no client would send."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def exchange(self, sent: bytes) -> bytes:
        """What comes back until the service closes the connection."""
        with self.connect() as connection:
            connection.sendall(sent)
            return received(connection)


def received(connection: socket.socket) -> bytes:
    parts = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionError:  # the rest of the body was not wanted
        pass
    return b"".join(parts)


@contextmanager
def listening(
    folder: Path, workshop: Workshop, executor: FakeExecutor | None = None, **chosen: Any
) -> Iterator[Listening]:
    served = unserved(Listening, f"sqlite:///{folder / 'heard.db'}", executor, workshop, **chosen)
    server = Server(uvicorn_config(served.app, served.service.settings), served.service)
    with socket.create_server(("127.0.0.1", 0)) as heard:
        served.port = heard.getsockname()[1]
        thread = threading.Thread(target=_run, args=(server, heard), name="twill-listening")
        thread.start()
        assert soon(lambda: server.started, 20)
        try:
            yield served
        finally:
            server.should_exit = True
            thread.join(30)
            served.database.close()
    assert not thread.is_alive()


def _run(server: uvicorn.Server, heard: socket.socket) -> None:
    server.run(sockets=[heard])
