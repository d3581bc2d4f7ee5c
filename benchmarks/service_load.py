"""Load on a service: stored schedules per second with authentication and logs, while a solve runs.

    python benchmarks/service_load.py [--seconds 10] [--connections 16] [--database URL]

Starts `twill serve` as a user does, with a key, has one kernel solved, starts a long solve, and
then asks for what is stored, over connections that are kept: the fixed result by its digest, the
schedule of a job, and the same question posted again. The generator is one process of this machine;
its share of the processors is told. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from twill.client import Client
from twill.models.job import ScheduleRequest
from twill.tests.support.hard_graph import hard_graph

ROOT = Path(__file__).parent.parent
TWILL = [sys.executable, "-m", "twill"]


@dataclass(frozen=True)
class Service:
    """A running service, its address and a key to it."""

    process: subprocess.Popen[bytes]
    port: int
    key: str

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


def started(folder: Path, database: str | None, port: int) -> Service:
    """`twill serve` with a key, logs into a file."""
    environment = dict(os.environ)
    environment["TWILL_DATABASE"] = database or f"sqlite:///{folder}/twill.db"
    environment |= {name: "900000000/minute" for name in ("TWILL_SUBMIT_RATE", "TWILL_READ_RATE")}
    made = subprocess.run(
        [*TWILL, "serve", "keys", "create", "load", "--json"],
        env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    logs = (folder / "log").open("wb")
    process = subprocess.Popen(
        [*TWILL, "serve", "--port", str(port)], env=environment, stdout=logs, stderr=logs
    )
    return Service(process, port, str(json.loads(made.stdout)["key"]))


def wait_until_ready(service: Service, seconds: float = 30.0) -> None:
    """Until it accepts connections."""
    import socket

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", service.port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the service did not start")


async def asked(port: int, request: bytes, end: float, times: list[float]) -> int:
    """Send the request again and again over one connection; returns how many failed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    failed = 0
    while time.monotonic() < end:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        await reader.readexactly(length)
        times.append(time.perf_counter() - began)
        failed += status not in (200, 304)
    writer.close()
    return failed


async def loaded(
    service: Service, request: bytes, seconds: float, connections: int
) -> dict[str, float]:
    """Rate and times of one kind of request."""
    times: list[float] = []
    own = time.process_time()
    began = time.monotonic()
    tasks = [asked(service.port, request, began + seconds, times) for _ in range(connections)]
    failed = sum(await asyncio.gather(*tasks))
    wall = time.monotonic() - began
    cut = statistics.quantiles(times, n=100)
    return {
        "per_second": round(len(times) / wall, 1),
        "median_ms": round(1000 * cut[49], 2),
        "p99_ms": round(1000 * cut[98], 2),
        "failed": failed,
        "generator_cores": round((time.process_time() - own) / wall, 2),
    }


def message(service: Service, method: str, path: str, body: str = "") -> bytes:
    """One HTTP/1.1 request."""
    lines = [
        f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {service.key}",
        "Content-Type: application/json", f"Content-Length: {len(body)}", "", body,
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def first_event_seconds(client: Client, kernel: str) -> float:
    """From a submission to the first event that tells of the search."""
    began = time.perf_counter()
    job = client.submit(ScheduleRequest(kernel=kernel, gpu="h200-sxm"))
    for event in client.events(job.id):
        if event.kind == "progress":
            break
    seconds = time.perf_counter() - began
    client.cancel(job.id)
    return seconds


def measured(service: Service, seconds: float, connections: int) -> dict[str, object]:
    """Everything, on a service that is ready."""
    question = ScheduleRequest(kernel="gemm", gpu="h100-sxm")
    with Client(service.address, key=service.key) as client:
        job = client.follow(client.submit(question).id)
        first = [first_event_seconds(client, k) for k in ("gemm", "retention", "grouped_gemm")]
        long = client.submit(ScheduleRequest(document=hard_graph(), prove=True))
        body = question.model_dump_json(exclude_defaults=True)
        requests = {
            "result by digest": message(service, "GET", f"/v1/results/{job.result}"),
            "schedule of a job": message(service, "GET", f"/v1/schedules/{job.id}/schedule.json"),
            "stored answer to a question": message(service, "POST", "/v1/schedules", body),
        }
        found = {
            name: asyncio.run(loaded(service, request, seconds, connections))
            for name, request in requests.items()
        }
        running = client.job(long.id).state
        client.cancel(long.id)
    return {
        "processors": os.cpu_count(),
        "connections": connections,
        "a_solve_ran_all_the_time": running == "running",
        "first_event_seconds": sorted(round(s, 3) for s in first),
        "loads": found,
        "service_megabytes": _resident(service.process.pid),
        "generator_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }


def _resident(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(x.split()[1]) >> 10 for x in status.splitlines() if x.startswith("VmRSS"))


def main() -> None:
    """Measure, print, stop the service."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--database")
    parser.add_argument("--port", type=int, default=18_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        service = started(Path(folder), chosen.database, chosen.port)
        try:
            wait_until_ready(service)
            found = measured(service, chosen.seconds, chosen.connections)
        finally:
            service.process.terminate()
            service.process.wait(30)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
