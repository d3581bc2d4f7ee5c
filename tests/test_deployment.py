"""Images and compose file: what can be checked of them without a Docker engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def checked(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not (BIN / "hadolint").exists(), reason="needs hadolint")
def test_the_dockerfile_has_no_fault_that_hadolint_knows() -> None:
    checked(str(BIN / "hadolint"), "Dockerfile")


@pytest.mark.parametrize(
    ("schema", "file"),
    [("compose-spec", "docker-compose.yml"), ("github-actions", "action.yml")],
)
def test_files_satisfy_their_schemas(schema: str, file: str) -> None:
    checked(str(BIN / "check-jsonschema"), "--builtin-schema", f"vendor.{schema}", file)


def test_every_folder_of_the_package_reaches_the_build() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = {line[1:] for line in lines if line.startswith("!")}
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = packages["tool"]["setuptools"]["packages"]
    folders = {name.split(".")[1] for name in listed if "." in name}
    assert folders <= kept
    assert {"*.py", "py.typed", "pyproject.toml", "LICENSE"} <= kept


def test_what_the_dockerfile_copies_is_there_and_reaches_the_build() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+) \.$", DOCKERFILE, re.MULTILINE)
    assert "constraints-service.txt" in copied
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for name in set(copied) - {"."}:
        assert (ROOT / name).is_file()
        assert f"!{name}" in ignored


def test_images_run_as_a_user_without_rights() -> None:
    *_, base = re.findall(r"FROM \S+ AS base\n(.*?)\n\nFROM", DOCKERFILE, re.DOTALL)
    assert "USER 10001" in base
    assert "HEALTHCHECK" in base
    last = re.findall(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, re.MULTILINE)[-1]
    assert last == ("base", "cpu")  # what `docker build .` makes


@pytest.mark.parametrize("name", sorted(set(COMPOSE["services"]) - {"database"}))
def test_containers_are_confined(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["build"]["target"] in re.findall(r" AS (\S+)$", DOCKERFILE, re.MULTILINE)


def test_only_loopback_is_published_and_the_database_is_not() -> None:
    published = {n: s["ports"] for n, s in COMPOSE["services"].items() if "ports" in s}
    assert published == {"service": ["127.0.0.1:8000:8000"]}
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert COMPOSE["services"]["database"]["networks"] == ["inside"]


def test_no_secret_is_written_down() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    secrets = re.findall(r"(?:PASSWORD|TOKEN): (.*)$", text, re.MULTILINE)
    assert len(secrets) == 3
    assert all(re.fullmatch(r"\$\{[A-Z_]+:-\}", secret) for secret in secrets)


@pytest.mark.slow
def test_the_commands_of_the_image_run_with_exactly_its_pins(tmp_path: Path) -> None:
    tree, environment = tmp_path / "tree", tmp_path / "venv"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".*", "build", "dist", "tests"))
    python = str(environment / "bin" / "python")
    pip = [python, "-W", "ignore", "-m", "pip", "install", "--quiet"]
    checked(sys.executable, "-m", "venv", str(environment))
    checked(*pip, "--require-hashes", "--only-binary", ":all:", "-r", "constraints-service.txt")
    checked(*pip, "--no-deps", "--no-build-isolation", "--no-index", str(tree))

    twill = str(environment / "bin" / "twill")
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    settings = {**kept, "TWILL_DATABASE": f"sqlite:///{tmp_path}/twill.db"}

    def said(*command: str, code: int = 0) -> str:
        done = subprocess.run(
            [twill, *command], env=settings, cwd=tmp_path, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    said("solve", "gemm", "--gpu", "h100-sxm")
    said("db", "upgrade")
    (command,) = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    port = _free_port()
    serve = [port if word == "8000" else word for word in json.loads(command)]
    assert "key" in said(*serve, code=2)  # not without a key, as it is no loopback address
    key = json.loads(said("serve", "keys", "create", "ci", "--json"))["key"]
    with subprocess.Popen(
        [twill, *serve], env=settings, cwd=tmp_path, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait_until_healthy(python, port, process)
            settings |= {"TWILL_SERVER": f"http://127.0.0.1:{port}", "TWILL_KEY": key}
            assert "optimal" in said("solve", "gemm", "--gpu", "b200")
        finally:
            process.terminate()
    assert process.returncode == 0


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def _wait_until_healthy(python: str, port: str, process: subprocess.Popen[bytes]) -> None:
    """By the health check of the image."""
    (check,) = re.findall(r'CMD \["python", "-c", "(.*)"\]', DOCKERFILE)
    for _ in range(120):
        assert process.poll() is None
        done = subprocess.run(
            [python, "-c", check.replace("8000", port)], capture_output=True, check=False
        )
        if done.returncode == 0:
            return
        time.sleep(0.25)
    pytest.fail("the service did not become healthy")
