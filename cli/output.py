"""Where the command line writes: answers to standard output, everything else to standard error."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path


def print_answer(text: str) -> None:
    """Write to standard output; a reader that has gone away (`| head`) is no error."""
    try:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at exit, which must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_note(text: str) -> None:
    """Write to standard error; nothing is lost to the answer if nobody reads it."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except (BrokenPipeError, ValueError):
        pass


def check_writable(path: Path) -> None:
    """Raise UsageError before the work, not after it, if the file cannot be written."""
    from ..models.errors import UsageError

    if path.is_dir():
        raise UsageError("is a folder", file=str(path), cure="give the path of a file")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        cure = "give a path in a folder that exists and can be written"
        raise UsageError("cannot be written", file=str(path), cure=cure)


def write_file(path: Path, text: str) -> None:
    """Replace a file in one step, so that no half of it is ever seen; raises UsageError."""
    from ..models.errors import UsageError

    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as fault:
        with suppress(OSError):  # where no file could be made, none is left
            temporary.unlink()
        reason = fault.strerror or str(fault)
        raise UsageError(
            f"cannot be written: {reason}", file=str(path), cure="give a path that can be written"
        ) from None
