"""Limits of a child, set in a process of their own."""

import subprocess
import sys

import pytest

from twill.executors.limits import missing_limits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs prctl and RLIMIT_AS")
SCRIPT = """
import os, resource, sys
from twill.executors.limits import bind_to_parent, limit_resources
bind_to_parent(os.getppid() if sys.argv[1] == "right" else 1 << 30)
limit_resources(1024, 2.5)
for name in ("AS", "CORE", "FSIZE"):
    print(name, resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[0] >> 20)
print(resource.getrlimit(resource.RLIMIT_CPU)[0] - 3 * os.cpu_count())
print([line for line in open("/proc/self/status") if line.startswith("NoNewPrivs")])
try:
    bytearray(2 << 30)
except MemoryError:
    print("refused")
"""


def output(parent: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-c", SCRIPT, parent], capture_output=True, text=True)
    return done.returncode, done.stdout


def test_limits_hold() -> None:
    assert output("right") == (
        0, "AS 1024\nCORE 0\nFSIZE 64\n60\n['NoNewPrivs:\\t1\\n']\nrefused\n",
    )  # fmt: skip


def test_a_process_whose_parent_is_gone_ends() -> None:
    assert output("gone") == (1, "")


def test_what_a_system_lacks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing_limits() == ""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert missing_limits() == "on darwin the memory of a solve is not limited"
