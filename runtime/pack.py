"""Writes a bundle: its files, launch.json with their digests, and a run.py that needs no Twill."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..models.errors import InvalidInput
from .bundle import LARGEST_BYTES, REQUIRED
from .cache import write_atomically
from .manifest import FILE, FORMAT
from .manifest_reading import read_manifest

RUN = "run.py"
_DATE = (1980, 1, 1, 0, 0, 0)  # the first of a zip file: equal sources give equal bytes
_MAIN = '''\
"""Checks and times the bundle that this file lies in."""

import os
import sys

from twill.runtime.__main__ import main

if __name__ == "__main__":
    archive = os.path.dirname(os.path.abspath(__file__))
    sys.exit(main(bundle=os.path.dirname(archive)))
'''


def write_bundle(folder: Path, files: Mapping[str, bytes], launch: Mapping[str, Any]) -> None:
    """Write a bundle into a folder, which is made if it is not there.

    The files are kernel.cu and kernel.cubin, and where there are any, launcher.c, report.json
    and reference.npz. `launch` is launch.json without `format` and `digests`. An older bundle is
    replaced. Equal input gives equal bytes.
    Raises InvalidInput for a folder that holds something else, and for a wrong `launch`.
    """
    _check_files(files)
    description = _launch_json(files, launch)
    read_manifest(description, str(folder / FILE))
    check_folder(folder)
    make_folder(folder)
    # launch.json last: until its digests are there, an interrupted bundle is not taken for whole.
    (folder / FILE).unlink(missing_ok=True)
    for name in LARGEST_BYTES:
        if name not in files and name != FILE:
            (folder / name).unlink(missing_ok=True)
    for name, content in {**files, RUN: run_file(), FILE: description}.items():
        write_atomically(folder / name, content)
        (folder / name).chmod(0o644)


def run_file(main: str = _MAIN) -> bytes:
    """The runtime and the error tree as one zip file that Python runs, beginning with `main`."""
    package = Path(__file__).resolve().parent
    models = package.parent / "models"
    sources = {
        "__main__.py": main.encode(),
        "twill/__init__.py": b"",
        "twill/models/__init__.py": b"",
        "twill/models/errors.py": (models / "errors.py").read_bytes(),
    }
    for path in sorted(package.glob("*.py")):
        sources[f"twill/runtime/{path.name}"] = path.read_bytes()
    buffer = io.BytesIO(b"#!/usr/bin/env python3\n")
    buffer.seek(0, io.SEEK_END)
    # Stored, not compressed: versions of zlib differ in what they write.
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_STORED) as archive:
        for name, content in sources.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), content)
    return buffer.getvalue()


def _check_files(files: Mapping[str, bytes]) -> None:
    for name in REQUIRED:
        if name not in files:
            raise InvalidInput(f"a bundle needs {name}")
    for name, content in files.items():
        if name not in LARGEST_BYTES or name == FILE:
            raise InvalidInput(f"a bundle has no file {name}")
        if len(content) > LARGEST_BYTES[name]:
            raise InvalidInput(f"{name} is longer than {LARGEST_BYTES[name]:,} bytes")


def _launch_json(files: Mapping[str, bytes], launch: Mapping[str, Any]) -> bytes:
    digests = {name: f"sha256:{hashlib.sha256(files[name]).hexdigest()}" for name in sorted(files)}
    whole = {**launch, "format": FORMAT, "digests": digests}
    ordered = {"format": FORMAT, **whole}
    return (json.dumps(ordered, indent=2, allow_nan=False) + "\n").encode()


def make_folder(folder: Path) -> None:
    """Make a folder if it is not there; raises InvalidInput where it cannot be, or not written."""
    cure = "give the path of a folder that can be made and written"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        said = f"cannot be made: {fault.strerror}"
        raise InvalidInput(said, file=str(folder), cure=cure) from None
    if not os.access(folder, os.W_OK):
        raise InvalidInput("cannot be written", file=str(folder), cure=cure)


def check_folder(folder: Path) -> None:
    """Raise InvalidInput where something that is no bundle would be overwritten; makes nothing.

    Asked before a search as well, so that nobody waits for what cannot be written.
    """
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not nearest.is_dir():
        raise InvalidInput("is a file", file=str(nearest), cure="name a folder")
    if not folder.exists():
        return
    known = {*LARGEST_BYTES, RUN}
    strangers = sorted(path.name for path in folder.iterdir() if path.name not in known)
    is_bundle = (folder / FILE).is_file() or not any(folder.iterdir())
    if strangers or not is_bundle:
        what = strangers[0] if strangers else "files without launch.json"
        raise InvalidInput(
            f"holds something that is no bundle: {what}", file=str(folder),
            cure="name an empty folder, or one with a bundle",
        )  # fmt: skip
