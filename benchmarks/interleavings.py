"""Every emitted library kernel on the NumPy machine: many interleavings, many loops, with data.

    python benchmarks/interleavings.py [--seeds N] [--data N] [--only KERNEL,...]

The full product of kernels, trip counts and seeds, of which the tests run a part. Ends at the first
fault; prints one line for each kernel.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from twill.emitter.machine.machine import run_warp_program
from twill.emitter.machine.protocol import run_protocols
from twill.emitting import emit
from twill.extractor.sample_cases import SampleCase, sample_cases
from twill.kernels.library import kernel_names
from twill.models.errors import Unsupported
from twill.models.warp_program import WarpProgram
from twill.pipeline import solve_file

LONGEST = 33  # trips


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=1000, help="interleavings of each trip count")
    parser.add_argument("--data", type=int, default=100, help="runs with data of each case")
    parser.add_argument("--only", default="", metavar="KERNEL,...")
    arguments = parser.parse_args()
    for name in arguments.only.split(",") if arguments.only else kernel_names():
        try:
            made = emit(solve_file(name, "h100-sxm"))
        except Unsupported as reason:
            print(f"{name}: cannot be emitted yet: {reason.problems[0].message}", flush=True)
            continue
        began = time.perf_counter()
        for trips in range(LONGEST + 1):
            run_protocols(made.program, trips, range(arguments.seeds))
        cases = sample_cases(made.tile_program)
        worst = max(
            _difference(made.program, case, seed)
            for case in cases
            for seed in range(arguments.data)
        )
        print(
            f"{name}: {(LONGEST + 1) * arguments.seeds} interleavings of the protocol, "
            f"{len(cases) * arguments.data} runs with data, largest difference {worst:.3g}, "
            f"{time.perf_counter() - began:.0f} s",
            flush=True,
        )


def _difference(program: WarpProgram, case: SampleCase, seed: int) -> float:
    """The largest difference from the program's meaning; what it leaves alone must match."""
    results = run_warp_program(program, {**case.inputs, **case.scalars}, dict(case.extents), seed)
    worst = 0.0
    for name, expected in case.outputs.items():
        reference, got = np.asarray(expected, np.float64), np.asarray(results[name], np.float64)
        if not np.array_equal(np.isnan(reference), np.isnan(got)):
            raise SystemExit(f"{program.kernel}: {name} is NaN in other places, seed {seed}")
        worst = max(worst, float(np.nanmax(np.abs(got - reference), initial=0.0)))
    return worst


if __name__ == "__main__":
    main()
