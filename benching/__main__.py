"""`python -m twill.benching`: what `twill bench` and `twill report` do, without the rest of Twill.

Exit codes: 0 all right; 1 a wrong result; 2 bad input; 4 no GPU, a failure of it, or a hang.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..models.errors import DeviceFault, TwillError
from ..runtime.manifest import CAPABILITIES
from .plan import Plan, read_plan
from .results import FILE, read_results, results_text, write_results
from .run import STAGES, Runner, passed, probe, run
from .show import device_text, run_text
from .write_report import write_report

HANG_OR_FAULT = 4


def main(arguments: Sequence[str] | None = None, runner: Runner | None = None) -> int:
    """Run the command; returns the exit code."""
    options = _parser().parse_args(arguments)
    given = runner or Runner(note=lambda text: print(f"  {text}", file=sys.stderr, flush=True))
    try:
        return int(options.action(options, given))
    except TwillError as error:
        print(f"{error.title}: {error}", file=sys.stderr)
        return error.exit_code


def end_children_when_ended() -> None:
    """Let SIGTERM, as `timeout` sends it, end the child that uses the GPU before this process."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


def exit_code(found: dict[str, Any]) -> int:
    """Of a run."""
    if any(one["hang"] or one.get("fault") for one in found["bundles"]):
        return HANG_OR_FAULT
    return 0 if passed(found) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m twill.benching")
    actions = parser.add_subparsers(required=True)
    one = actions.add_parser("probe", help="say what the GPU is")
    one.add_argument("--target", action="store_true", help="print what kernels for it are for")
    one.set_defaults(action=_probe)
    one = actions.add_parser("run", help="measure what a plan says")
    one.add_argument("plan", type=Path)
    one.add_argument("--output", "-o", type=Path, required=True, help="the folder of the results")
    one.add_argument("--only", action="append", choices=STAGES, help="a stage; may be repeated")
    one.add_argument("--seconds", type=float, help="start nothing after so long")
    one.add_argument("--json", action="store_true", help="print results.json")
    one.set_defaults(action=_run)
    one = actions.add_parser("report", help="tables and plots of a folder of results")
    one.add_argument("folder", type=Path)
    one.set_defaults(action=_report)
    return parser


def _probe(options: argparse.Namespace, runner: Runner) -> int:
    device = probe(Plan(()), runner)
    if not options.target:
        print(device_text(device))
        return 0
    capability = tuple(device["capability"])
    names = [target for target, needed in CAPABILITIES.items() if needed == capability]
    if not names:
        raise DeviceFault(f"no kernel is for {device_text(device)}")
    print(names[0])
    return 0


def _run(options: argparse.Namespace, runner: Runner) -> int:
    plan = read_plan(options.plan)
    if options.seconds is not None:
        runner = replace(runner, deadline=time.monotonic() + options.seconds)
    stages = tuple(stage for stage in STAGES if not options.only or stage in options.only)
    earlier = None
    if options.only and (options.output / FILE).is_file():
        earlier = read_results(options.output)
    found = run(plan, runner, stages, lambda now: write_results(options.output, now), earlier)
    print(results_text(found) if options.json else run_text(found))
    return exit_code(found)


def _report(options: argparse.Namespace, runner: Runner) -> int:
    for path in write_report(options.folder, read_results(options.folder)):
        print(path)
    return 0


if __name__ == "__main__":
    end_children_when_ended()
    sys.exit(main())
