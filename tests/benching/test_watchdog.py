"""Children that use the GPU end with whoever started them, and say what they do."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from twill.benching.plan import Sizes, plan_text
from twill.benching.watchdog import run_task
from twill.tests.benching import bundles


def child(script: str) -> tuple[str, str, str]:
    return (sys.executable, "-c", script)


def test_the_steps_of_a_child_are_passed_on() -> None:
    script = """
import json
for what in ("first", "second"):
    print(json.dumps({"event": "step", "what": what, "seconds": 5}), flush=True)
print(json.dumps({"event": "result", "answer": 42}), flush=True)
"""
    seen: list[str] = []
    outcome = run_task({}, child(script), 1.0, seen.append)
    assert outcome.result == {"answer": 42}
    assert seen == list(outcome.steps) == ["first", "second"]


def test_a_late_child_is_killed_with_what_it_has_started(tmp_path: Path) -> None:
    script = f"""
import json, subprocess, sys, time
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open({str(tmp_path / "pid")!r}, "w").write(str(other.pid))
print(json.dumps({{"event": "step", "what": "launch", "seconds": 0.2}}), flush=True)
time.sleep(600)
"""
    begun = time.monotonic()
    assert run_task({}, child(script), 0.3).killed_in == "launch"
    assert time.monotonic() - begun < 60
    assert ends(int((tmp_path / "pid").read_text()))


def test_what_a_dying_child_said_last_is_kept() -> None:
    outcome = run_task({}, child("import sys; sys.exit('out of luck')"), 1.0)
    assert outcome.fault is not None
    assert outcome.fault["detail"].endswith("ended with exit code 1: out of luck")


def test_a_run_that_is_ended_ends_its_child(tmp_path: Path) -> None:
    bundles.bundle(tmp_path / "one", bundles.cases()[:1])
    plan = bundles.plan(Path("one"), sizes=(Sizes(("one",)),), watch_seconds=300.0)
    (tmp_path / "plan.json").write_text(plan_text(plan))
    command = [
        sys.executable, "-m", "twill.tests.benching.stub_bench", "driver", "run",
        str(tmp_path / "plan.json"), "-o", str(tmp_path / "results"), "--only", "check",
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as run:
        limit = time.monotonic() + 60
        while not (found := children(run.pid)) or not (tmp_path / "results").exists():
            assert time.monotonic() < limit
            time.sleep(0.1)
        run.send_signal(signal.SIGTERM)
        assert run.wait(60) == 128 + signal.SIGTERM
    assert all(map(ends, found))


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in listed.read_text().split()] if listed.is_file() else [pid]


def ends(pid: int) -> bool:
    """A killed process may take a moment on a busy machine."""
    limit = time.monotonic() + 30
    while is_alive(pid) and time.monotonic() < limit:
        time.sleep(0.05)
    return not is_alive(pid)


def is_alive(pid: int) -> bool:
    """Whether a process still runs; one that nobody has waited for yet does not."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.is_file() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
