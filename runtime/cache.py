"""Cubins on disk, each under a hash: compiled once, and loaded under a name that is its content."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from . import nvrtc
from .nvrtc import Compiled
from .report import PtxasReport

VARIABLE = "TWILL_CACHE"


def cache_folder() -> Path:
    """`TWILL_CACHE`, else the folder for caches of this platform. Need not exist yet."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "twill"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "twill"


def compile_cached(
    source: str, target: str, name: str, defines: Sequence[str] = (), folder: Path | None = None
) -> Compiled:
    """As `compile_source`, but what was compiled before comes from the folder.

    An entry that does not hold what its first line says is compiled anew. Processes may share the
    folder: an entry appears whole or not at all. A folder that cannot be written is no fault.
    """
    nvrtc.check_target(target)
    key = _key(source, target, name, defines)
    path = (folder or cache_folder()) / "compiled" / key
    found = _read_entry(path)
    if found is not None:
        return found
    made = nvrtc.compile_source(source, target, name, defines)
    with suppress(OSError):  # the cache saves time only
        write_atomically(path, _entry(made))
    return made


def store_cubin(cubin: bytes, folder: Path | None = None) -> Path:
    """A file that holds the cubin, named by its hash.

    CuPy remembers a module by its path, so a changed cubin under an old name would give the old
    kernel. Where the folder cannot be written, a new temporary folder is used.
    """
    name = f"{hashlib.sha256(cubin).hexdigest()}.cubin"
    try:
        path = (folder or cache_folder()) / "cubins" / name
        if not path.is_file() or path.read_bytes() != cubin:
            write_atomically(path, cubin)
    except (OSError, RuntimeError):  # RuntimeError: who has no home, as in some containers
        path = Path(tempfile.mkdtemp(prefix="twill-")) / name
        path.write_bytes(cubin)
    return path


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new one, nothing between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _key(source: str, target: str, name: str, defines: Sequence[str]) -> str:
    # The options are part of the key, so that a change of ours leaves no stale entry behind.
    parts = [source, target, name, list(defines), list(nvrtc.FLAGS), nvrtc.compiler()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _entry(compiled: Compiled) -> bytes:
    head = {
        "sha256": hashlib.sha256(compiled.cubin).hexdigest(),
        "compiler": compiled.compiler,
        "log": compiled.report.log,
    }
    return json.dumps(head).encode() + b"\n" + compiled.cubin


def _read_entry(path: Path) -> Compiled | None:
    try:
        first, _, cubin = path.read_bytes().partition(b"\n")
        head = json.loads(first)
        if head["sha256"] != hashlib.sha256(cubin).hexdigest():
            return None
        return Compiled(cubin, PtxasReport.parse(head["log"]), head["compiler"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
