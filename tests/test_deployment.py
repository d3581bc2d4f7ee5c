"""Images and compose file: what can be checked of them without a Docker engine."""

from __future__ import annotations

import re
import subprocess
import sys
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
