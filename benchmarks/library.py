"""The whole library on every GPU: least intervals, bounds, and who excluded what is below.

    python benchmarks/library.py [--seconds S] [--json FILE] [--only KERNEL,...] [--gpus GPU,...]

Prints docs/library.md. Where the interval is above MinII, the one below is excluded by Z3 and by
CP-SAT, each on its own; where only one of them can, Yices reads the same question as SMT-LIB text,
if it is installed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from twill.extractor.build import build_problem, loop_names
from twill.gpu_profiles.library import load_profile, profile_names
from twill.kernels.library import kernel_names, load_kernel
from twill.models.problem import SchedulingProblem
from twill.models.solve_options import SolveOptions
from twill.models.version import VERSION
from twill.solver.question import Question
from twill.solver.search import find_schedule
from twill.solver.smt.smtlib import smtlib_text
from twill.solver.solution import Solution


@dataclass(frozen=True, slots=True)
class Row:
    """One loop of one kernel on one GPU."""

    kernel: str
    loop: str
    gpu: str
    operations: int
    status: str
    initiation_interval: int | None
    lower_bound: int | None
    minimum: int | None
    attained_by: str
    below_excluded_by: str
    because_of: str
    groups: int | None
    length: int | None
    seconds: float


def solve(kernel: str, loop: str, gpu: str, options: SolveOptions) -> Row:
    """Solve one loop, and have the interval below excluded."""
    problem = build_problem(load_kernel(kernel), load_profile(gpu).value, loop=loop)
    solution = find_schedule(problem, options)
    certificate, schedule = solution.certificate, solution.schedule
    objectives = {o.objective: o.value for o in certificate.objectives} if certificate else {}
    bounds = certificate.bounds if certificate else None
    attained = ", ".join(u.unit for u in bounds.resource_attained_by) if bounds else ""
    if bounds and bounds.recurrence >= bounds.resource:
        attained = (
            f"recurrence, {attained}" if bounds.recurrence == bounds.resource else "recurrence"
        )
    return Row(
        kernel, loop, gpu, len(problem.operations), solution.status,
        schedule.initiation_interval if schedule else None,
        certificate.lower_bound if certificate else None, bounds.minimum if bounds else None,
        attained, _excluded_by(problem, solution),
        _because(solution),
        objectives.get("warp_groups"),
        objectives.get("length"), round(solution.effort.seconds, 1),
    )  # fmt: skip


def _because(solution: Solution) -> str:
    exclusions = solution.certificate.exclusions if solution.certificate else ()
    if not exclusions or not exclusions[-1].because:
        return ""
    least = "" if exclusions[-1].because_is_least else " (some may be spared)"
    return ", ".join(exclusions[-1].because) + least


def _excluded_by(problem: SchedulingProblem, solution: Solution) -> str:
    if solution.status != "optimal" or solution.certificate is None or solution.schedule is None:
        return solution.reason
    searched = [e for e in solution.certificate.exclusions if e.by == "search"]
    if not searched:
        return "bound"
    provers = {"z3": "Z3", "cp-sat": "CP-SAT"}
    found = [provers[name] for name in searched[-1].proved_by]
    if len(found) < 2:
        last = solution.schedule.initiation_interval - 1
        question = Question(problem, last, solution.certificate.stage_bound.stages)
        found += _yices(smtlib_text(question))
    return ", ".join(found) or "race only"


def _yices(text: str, seconds: int = 120) -> list[str]:
    program = shutil.which("yices-smt2")
    if program is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "question.smt2"
        script.write_text(text)
        try:
            done = subprocess.run(
                [program, str(script)], capture_output=True, text=True, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired:
            return []
    return ["Yices"] if done.stdout.strip().endswith("unsat") else []


def rows(arguments: argparse.Namespace) -> Iterator[Row]:
    """Every loop of every kernel on every GPU, in order."""
    options = SolveOptions(seconds=arguments.seconds, prove=True, prove_seconds=60.0)
    for kernel in arguments.only.split(",") if arguments.only else kernel_names():
        for gpu in arguments.gpus.split(",") if arguments.gpus else profile_names():
            for loop in loop_names(load_kernel(kernel), load_profile(gpu).value):
                yield solve(kernel, loop, gpu, options)


COLUMNS = (
    "kernel", "loop", "GPU", "operations", "status", "II", "proved from", "MinII", "attained by",
    "II - 1 excluded by", "because of", "groups", "length", "s",
)  # fmt: skip
HEADER = f"""# The library, solved

Printed by `benchmarks/library.py`, Twill {VERSION}. Cycles of the model; nothing here was measured
on a GPU. `bound`: the interval equals MinII, and nothing below it exists. Otherwise the backends
named excluded II - 1, each on its own (Yices where only one of Z3 and CP-SAT did so within its
limit); smaller intervals follow because feasibility is monotone. `because of`: constraint families
([constraints.md](constraints.md)) that exclude it together and of which none can be spared, where a
limit was not reached before that was known.

| {" | ".join(COLUMNS)} |
|{"---|" * len(COLUMNS)}"""


def main() -> None:
    """Solve and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--only", default="")
    parser.add_argument("--gpus", default="")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    print(HEADER, flush=True)
    found = []
    for row in rows(arguments):
        found.append(asdict(row))
        cells = ["-" if cell is None else str(cell) for cell in asdict(row).values()]
        print(f"| {' | '.join(cells)} |", flush=True)
        if arguments.json:
            arguments.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
