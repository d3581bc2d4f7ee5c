"""`python -m twill.runtime BUNDLE`: check a kernel against its reference, and time it.

Exit codes: 0 right, 1 a wrong result, 2 a bad bundle or argument, 4 no GPU, a failure of it or a
hang, 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from ..models.errors import InvalidInput, TwillError
from .bundle import Bundle
from .cases import Case, load_cases
from .check import check_cases
from .cupy_driver import CupyDriver
from .driver import Driver
from .launch import Kernel
from .sample_inputs import largest_case, random_case
from .show import AGAIN, Findings, as_object, as_text, print_object, report_error
from .timing import REPETITIONS, Measurement, measure
from .watched import INTERRUPTED, WATCH_SECONDS, Hang, leave, wait


def main(
    arguments: Sequence[str] | None = None,
    bundle: str | None = None,
    make_driver: Callable[[], Driver] = CupyDriver,
    end: Callable[[int], int] = leave,
) -> int:
    """Run the command; returns the exit code. A bundle that is given here is no argument.

    `end` gets the exit code where a kernel may still run.
    """
    options = _parser(bundle).parse_args(arguments)
    try:
        findings = _find(options, make_driver)
    except Hang as hang:
        return end(report_error(hang, as_json=options.json))
    except KeyboardInterrupt:
        return end(INTERRUPTED)
    except TwillError as error:
        return report_error(error, as_json=options.json)
    if options.json:
        print_object(as_object(findings))
    else:
        print(as_text(findings))
    return 0 if findings.passed else 1


def _parser(bundle: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=None if bundle else "python -m twill.runtime",
        description="Check the kernel of a bundle against its reference, and time it on this GPU.",
    )
    if bundle is None:
        parser.add_argument("bundle", help="the folder with launch.json")
    parser.set_defaults(bundle=bundle)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--no-time", action="store_true", help="check only")
    parser.add_argument("--reps", type=int, default=REPETITIONS, metavar="N", help="repetitions")
    parser.add_argument(
        "--size", action="append", default=[], metavar="NAME=N",
        help="time random inputs with this extent; may be repeated",
    )  # fmt: skip
    return parser


def _find(options: argparse.Namespace, make_driver: Callable[[], Driver]) -> Findings:
    bundle = Bundle.load(options.bundle)
    manifest = bundle.manifest
    cases = load_cases(bundle.reference, manifest) if bundle.reference else ()
    sizes = dict(map(_size, options.size))
    if options.reps < 1:
        raise InvalidInput("--reps: at least 1")
    driver = make_driver()
    kernel = Kernel(bundle, driver)
    results = check_cases(kernel, cases)
    timed = None
    if not options.no_time and (cases or sizes):
        timed = random_case(manifest, sizes, cases) if sizes else largest_case(cases)
    measurement = _measure(kernel, timed, options.reps) if timed else None
    return Findings(manifest, driver.device_name(), results, timed, measurement)


def _size(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if not number.isdecimal():
        raise InvalidInput(
            f"--size {text[:60]}: not NAME=N", cure="write for example --size M=4096"
        )
    return name, int(number)


def _measure(kernel: Kernel, case: Case, repetitions: int) -> Measurement:
    inputs = [case.inputs[argument.name] for argument in kernel.manifest.inputs]
    launch = kernel.prepare(*inputs, **case.extents, **case.scalars)
    launch.run()
    wait(kernel.driver, WATCH_SECONDS, f"{kernel.manifest.kernel} at the size that is timed")
    runs = {kernel.manifest.kernel: launch.run, AGAIN: launch.run}
    return measure(kernel.driver, runs, repetitions)


if __name__ == "__main__":
    sys.exit(main())
