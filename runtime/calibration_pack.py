"""Writes a calibration folder: cubins, calibration.json, and a run.py that needs no Twill."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..models.errors import InvalidInput
from .cache import write_atomically
from .calibrate import SAMPLES
from .microbenchmark import FILE, FORMAT, CalibrationBundle
from .pack import RUN, make_folder, run_file

_MAIN = '''\
"""Runs the microbenchmarks of the folder that this file lies in."""

import os
import sys

from twill.runtime.calibrate import main

if __name__ == "__main__":
    archive = os.path.dirname(os.path.abspath(__file__))
    sys.exit(main(os.path.dirname(archive)))
'''


def write_calibration(
    folder: Path,
    cubins: Mapping[str, bytes],
    benchmarks: Sequence[Mapping[str, Any]],
    about: Mapping[str, str],
) -> CalibrationBundle:
    """Write a folder, which is made if it is not there; returns it as it is read.

    `about`: gpu, target, compiler and made_by. An older calibration is replaced, its samples are
    not. Raises InvalidInput for a folder that holds something else.
    """
    _check_folder(folder)
    digests = {n: f"sha256:{hashlib.sha256(c).hexdigest()}" for n, c in sorted(cubins.items())}
    described = {
        "format": FORMAT,
        **{name: about[name] for name in ("gpu", "target", "compiler", "made_by")},
        "benchmarks": list(benchmarks),
        "cubins": digests,
    }
    text = json.dumps(described, indent=1, allow_nan=False) + "\n"
    (folder / FILE).unlink(missing_ok=True)
    for old in folder.glob("*.cubin"):
        old.unlink()
    for name, content in {**cubins, RUN: run_file(_MAIN), FILE: text.encode()}.items():
        write_atomically(folder / name, content)
        (folder / name).chmod(0o644)
    return CalibrationBundle.load(folder)


def _check_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InvalidInput("is a file", file=str(folder), cure="name a folder")
    make_folder(folder)
    names = sorted(path.name for path in folder.iterdir())
    known = {FILE, RUN, SAMPLES}
    strangers = [n for n in names if n not in known and not n.endswith(".cubin")]
    if strangers or (names and FILE not in names):
        what = strangers[0] if strangers else f"files without {FILE}"
        raise InvalidInput(
            f"holds something that is no calibration: {what}", file=str(folder),
            cure="name an empty folder",
        )  # fmt: skip
