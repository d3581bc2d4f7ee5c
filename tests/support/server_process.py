"""`twill serve` as a process of its own, which can be killed and started again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2

from twill.tests.support.processes import is_alive, offspring, soon


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


class ServerProcess:
    """A server on one port and one store; `start` after `kill` gives its successor."""

    def __init__(self, folder: Path, database: str, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        names = {f"TWILL_{name.upper()}": value for name, value in settings.items()}
        kept = {k: v for k, v in os.environ.items() if not k.startswith("TWILL_")}
        self.environment = {**kept, "TWILL_DATABASE": database, **names}
        self.http = httpx2.Client(base_url=self.url, timeout=30)
        self.log = folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        with open(self.log, "ab") as log:
            command = [sys.executable, "-m", "twill", "serve", "--port", str(self.port)]
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdout=log, stderr=log
            )
        assert soon(self._is_ready, 40), self.log.read_text()[-3000:]

    def kill(self) -> None:
        """SIGKILL; nothing that it has started may outlive it."""
        started = offspring(self.pid)
        self._end(signal.SIGKILL)
        assert soon(lambda: not any(map(is_alive, started)), 3), "a process was left behind"

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        started = offspring(self.pid)
        code = self._end(signal.SIGTERM)
        assert soon(lambda: not any(map(is_alive, started)), 3), "a process was left behind"
        return code

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self._end(signal.SIGKILL)
        self.http.close()

    def get(self, path: str) -> httpx2.Response:
        """The answer, from this server or from its successor."""
        return self.persistently("GET", path)

    def persistently(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """The answer to a call that is sent again while nobody listens."""
        deadline = time.monotonic() + 60
        while True:
            try:
                reply = self.http.request(method, path, **more)
                if reply.status_code != 503:
                    return reply
            except httpx2.TransportError:
                pass
            assert time.monotonic() < deadline, "the server does not come back"
            time.sleep(0.05)

    def submit(self, key: str, **request: Any) -> dict[str, Any]:
        """A job; the key makes sure that it is one, however often it is sent."""
        headers = {"Idempotency-Key": key}
        reply = self.persistently("POST", "/v1/schedules", json=request, headers=headers)
        assert reply.status_code in (200, 202), reply.text
        found: dict[str, Any] = reply.json()
        return found

    def faults(self) -> list[str]:
        """What the log says went wrong."""
        lines = self.log.read_text().splitlines()
        records = [json.loads(line) for line in lines if line.startswith("{")]
        return [str(r) for r in records if r["level"] in ("error", "critical")]

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        try:
            return self.http.get("/readyz").status_code == 200
        except httpx2.TransportError:
            time.sleep(0.05)
            return False

    def _end(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(30)
