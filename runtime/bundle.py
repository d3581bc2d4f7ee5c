"""A bundle: the folder with a kernel's source, cubin, launch description and reference."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..models.errors import InvalidInput
from .manifest import FILE, Manifest
from .manifest_reading import read_manifest

LARGEST_BYTES = {
    FILE: 1 << 20,
    "kernel.cu": 16 << 20,
    "kernel.cubin": 64 << 20,
    "launcher.c": 1 << 20,
    "report.json": 1 << 20,
    "reference.npz": 2 << 30,
}
"""The files of a bundle beside run.py, and how large each may be."""

REQUIRED = ("kernel.cu", "kernel.cubin")  # must be there and have a digest


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a launch needs, read and found to be as it was written."""

    folder: Path
    manifest: Manifest
    cubin: bytes

    @classmethod
    def load(cls, folder: str | Path) -> Bundle:
        """Read a folder. Nothing in it is evaluated.

        Raises InvalidInput for a missing, oversized or changed file, and for a field of launch.json
        that is missing, unknown or of the wrong type.
        """
        place = Path(folder)
        if not place.is_dir():
            raise InvalidInput(f"no bundle at {place}", cure="give the folder with launch.json")
        manifest = read_manifest(_read(place, FILE), str(place / FILE))
        for name in manifest.digests:
            if name not in LARGEST_BYTES or name == FILE:
                raise InvalidInput(f"digests: no file {name[:60]!r}", file=str(place / FILE))
        for name in REQUIRED:
            if name not in manifest.digests:
                raise InvalidInput(f"digests: {name} is missing", file=str(place / FILE))
        contents = _verified(place, manifest.digests)
        return cls(place, manifest, contents["kernel.cubin"])

    @property
    def report(self) -> Path | None:
        """report.json, if the bundle has one."""
        path = self.folder / "report.json"
        return path if path.is_file() else None

    @property
    def reference(self) -> Path | None:
        """The file with the reference cases, if the bundle has one."""
        path = self.folder / "reference.npz"
        return path if path.is_file() else None


def _verified(place: Path, digests: Mapping[str, str]) -> dict[str, bytes]:
    contents = {}
    for name, digest in digests.items():
        content = _read(place, name)
        if hashlib.sha256(content).hexdigest() != digest:
            raise InvalidInput(
                "changed since the bundle was written", file=str(place / name),
                cure="write the bundle again",
            )  # fmt: skip
        if name in REQUIRED:
            contents[name] = content
    return contents


def _read(place: Path, name: str) -> bytes:
    path = place / name
    try:
        if not path.is_file():
            raise InvalidInput("missing", file=str(path))
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES[name] + 1)
    except OSError as failure:
        raise InvalidInput(f"cannot be read: {failure.strerror}", file=str(path)) from failure
    if len(content) > LARGEST_BYTES[name]:
        raise InvalidInput(f"longer than {LARGEST_BYTES[name]:,} bytes", file=str(path))
    return content
