"""What groups, sub-tiling and crossing are worth: each ablation solved or excluded, with its proof.

    python benchmarks/ablations.py [--seconds S] [--json FILE]

Prints a table in Markdown; docs/strategies.md quotes it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from twill.analysis.ablations import with_partition, with_warp_groups, without_crossing
from twill.extractor.build import build_problem
from twill.gpu_profiles.library import load_profile
from twill.kernels.library import load_kernel
from twill.models.problem import SchedulingProblem
from twill.models.solve_options import SolveOptions
from twill.solver.bounds import compute_bounds
from twill.solver.search import find_schedule

FORWARD, BACKWARD = "flash_attention_forward", "flash_attention_backward"
FLASH_ATTENTION_4 = (
    ("s[0]", "s[1]", "acc[0]", "acc[1]"),
    ("alpha[0]", "p[0]"),
    ("alpha[1]", "p[1]"),
    ("acc.multiply[0]", "acc.multiply[1]"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; no `initiation_interval`: no schedule exists, or none is known."""

    kernel: str
    gpu: str
    variant: str
    status: str
    minimum: int
    initiation_interval: int | None
    lower_bound: int
    warp_groups: int | None
    crossings: int | None
    seconds: float


def variants(kernel: str, gpu: str) -> Iterator[tuple[str, SchedulingProblem]]:
    """The problem itself, then each ablation of it."""
    document, profile = load_kernel(kernel), load_profile(gpu).value
    problem = build_problem(document, profile)
    yield "as it is", problem
    yield "one compute group fewer", with_warp_groups(problem, _fewest_groups(problem) - 1)
    yield "no value crosses", without_crossing(problem)
    if kernel == FORWARD:
        yield "not sub-tiled", build_problem(document, profile, split={})
        if profile.lowering == "tcgen05":
            yield "FlashAttention-4's partition", with_partition(problem, FLASH_ATTENTION_4)


def _fewest_groups(problem: SchedulingProblem) -> int:
    solution = find_schedule(problem, SolveOptions(seconds=120.0, objectives=("warp_groups",)))
    return len(solution.schedule.used_groups) if solution.schedule else problem.machine.warp_groups


def measure(kernel: str, gpu: str, seconds: float) -> Iterator[Row]:
    """Solve every variant of one kernel on one GPU."""
    for name, problem in variants(kernel, gpu):
        solution = find_schedule(problem, SolveOptions(seconds=seconds))
        schedule, certificate = solution.schedule, solution.certificate
        values = {o.objective: o.value for o in certificate.objectives} if certificate else {}
        yield Row(
            kernel, gpu, name, solution.status, compute_bounds(problem).minimum,
            schedule.initiation_interval if schedule else None,
            certificate.lower_bound if certificate else 0,
            values.get("warp_groups"), values.get("crossings"), round(solution.effort.seconds, 1),
        )  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--kernels", default=f"{FORWARD},{BACKWARD}")
    parser.add_argument("--gpus", default="h100-sxm,b200")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = []
    print("| kernel | GPU | variant | status | MinII | II | proved from | groups | crossings | s |")
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for kernel in arguments.kernels.split(","):
        for gpu in arguments.gpus.split(","):
            for row in measure(kernel, gpu, arguments.seconds):
                rows.append(row)
                cells = ["-" if cell is None else str(cell) for cell in asdict(row).values()]
                print(f"| {' | '.join(cells)} |", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


if __name__ == "__main__":
    main()
