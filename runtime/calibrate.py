"""`python run.py` of a calibration folder: run its microbenchmarks and write samples.json.

Exit codes: 0 done, 2 a bad folder or argument, 4 no GPU, a failure of it or a hang,
130 interrupted.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ..models.errors import InvalidInput, TwillError
from .cache import write_atomically
from .cupy_driver import CupyDriver
from .driver import Driver
from .microbenchmark import CalibrationBundle
from .sampling import REPETITIONS, take_samples
from .show import print_object, report_error
from .watched import INTERRUPTED, Hang, leave

SAMPLES = "samples.json"


def main(
    folder: str,
    arguments: Sequence[str] | None = None,
    make_driver: Callable[[], Driver] = CupyDriver,
    end: Callable[[int], int] = leave,
) -> int:
    """Run the command; returns the exit code, which `end` gets where a kernel may still run."""
    options = _parser(folder).parse_args(arguments)
    try:
        output = Path(options.output)
        bundle = CalibrationBundle.load(folder).without(options.skip)
        taken = take_samples(bundle, make_driver(), today(), options.reps, note)
        _write(output, taken)
    except Hang as hang:
        return end(report_error(hang, as_json=options.json))
    except KeyboardInterrupt:
        return end(INTERRUPTED)
    except TwillError as error:
        return report_error(error, as_json=options.json)
    if options.json:
        print_object(taken)
    else:
        print(f"samples of {taken['device']} written to {output}")
        print(f"where Twill is: twill calibrate --from {output.name} -o PROFILE.yaml")
    return 0


def today() -> str:
    """The date here, such as 2026-01-31."""
    return datetime.date.today().isoformat()


def note(name: str) -> None:
    """Say which microbenchmark begins; one that hangs is the last one named."""
    print(f"  {name}", file=sys.stderr, flush=True)


def _write(path: Path, taken: dict[str, object]) -> None:
    try:
        write_atomically(path, (json.dumps(taken, indent=1, allow_nan=False) + "\n").encode())
    except OSError as failure:
        raise InvalidInput(f"cannot be written: {failure.strerror}", file=str(path)) from failure


def _parser(folder: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Run the microbenchmarks of this folder.")
    default = str(Path(folder) / SAMPLES)
    parser.add_argument("-o", "--output", default=default, metavar="FILE", help="the samples")
    parser.add_argument("--reps", type=int, default=REPETITIONS, metavar="N", help="repetitions")
    parser.add_argument(
        "--skip", action="append", default=[], metavar="NAME",
        help="leave this microbenchmark out, such as one that hangs; may be repeated",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the samples too")
    return parser
