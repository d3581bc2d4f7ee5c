"""How long proofs take: the library, the paper's cases and formulation, and generated loops.

    python benchmarks/solve.py [--quick] [--part NAME ...] [--runs N] [--output FILE]
                               [--document FILE]

Runs on one core. Stores every run as JSON, and renders docs/benchmarks.md from it if asked.
Needs the extra `bench` for the paper's formulation (PuLP with CBC; Yices2 where it installs).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from twill.benchmarks.instances import INSTANCES
from twill.benchmarks.literal import algorithm_1, smt_solvers
from twill.benchmarks.normalise import SUM, normalise
from twill.benchmarks.proving import Proof, time_to_proof
from twill.benchmarks.random_graphs import random_graph
from twill.benchmarks.report import document
from twill.benchmarks.shapes import LISTS, Lists, search_row
from twill.benchmarks.timing import Clock, Seconds, load_backends_now, repeat, use_one_core
from twill.gpu_profiles.library import profile_names
from twill.kernels.library import kernel_names
from twill.models.certificate import Backend
from twill.models.errors import TwillError
from twill.pipeline import read_task
from twill.solver.backends import load_backends
from twill.solver.question import Limit, Question, Stop
from twill.solver.race import race
from twill.solver.stage_bound import compute_stage_bound

RESULTS = Path(__file__).parent / "results" / "solve.json"
Row = dict[str, object]

PAPER_CASES = (
    "attention-forward-hopper-2x64",
    "attention-forward-blackwell-2x128",
    "attention-backward-hopper",
    "attention-backward-blackwell",
)
MEMORY_CASE = ("attention-backward-blackwell", 1407)  # one cycle below what tensor memory admits


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    runs: int
    library: Sequence[tuple[str, str]]  # kernel, profile
    instances: Sequence[str]
    literal: Sequence[str]
    literal_sum: int
    literal_seconds: float
    seeds: int
    sizes: Sequence[tuple[int, float]]  # operations, seconds
    seconds: float  # for each proof
    shapes: Sequence[Lists]


def full_plan() -> Plan:
    """Everything; takes hours, most of them in the paper's formulation."""
    return Plan(
        runs=5,
        library=[(kernel, gpu) for kernel in kernel_names() for gpu in profile_names()],
        instances=tuple(INSTANCES),
        literal=(*PAPER_CASES, "swiglu-hopper-2x64", "gemm-hopper"),
        literal_sum=SUM,
        literal_seconds=120.0,
        seeds=10,
        sizes=[(n, 10.0) for n in (10, 20, 40, 60, 80, 100)] + [(150, 60.0), (200, 60.0)],
        seconds=60.0,
        shapes=LISTS,
    )


def quick_plan() -> Plan:
    """A sample of everything in about a minute."""
    return Plan(
        runs=1,
        library=[("gemm", "h100-sxm"), ("flash_attention_forward", "h100-sxm")],
        instances=PAPER_CASES,
        literal=("gemm-hopper",),
        literal_sum=60,
        literal_seconds=10.0,
        seeds=2,
        sizes=[(10, 5.0), (20, 5.0), (40, 5.0)],
        seconds=5.0,
        shapes=LISTS[:1],
    )


def measure_library(plan: Plan) -> Iterator[Row]:
    """Time to proof for each kernel and profile at raw cycles."""
    for kernel, gpu in plan.library:
        row: Row = {"kernel": kernel, "gpu": gpu}
        try:
            problem = read_task(kernel, gpu).problem
        except TwillError as refused:
            yield {**row, "refused": str(refused).splitlines()[0]}
            continue
        row["operations"] = len(problem.operations)
        yield row | _proved(partial(time_to_proof, problem, plan.seconds), plan.runs)


def measure_instances(plan: Plan) -> Iterator[Row]:
    """Time to proof for the fixed instances at raw cycles."""
    for name in plan.instances:
        problem = INSTANCES[name]()
        row: Row = {"instance": name, "operations": len(problem.operations)}
        yield row | _proved(partial(time_to_proof, problem, plan.seconds), plan.runs)


def measure_literal(plan: Plan) -> Iterator[Row]:
    """The paper's formulation beside ours, at the same normalised costs."""
    for name in plan.literal:
        problem = normalise(INSTANCES[name](), plan.literal_sum)
        ours = _proved(partial(time_to_proof, problem, plan.seconds), plan.runs)
        row: Row = {"instance": name, "sum": plan.literal_sum, "ours": ours}
        minimum = ours["minimum"]
        assert isinstance(minimum, int)
        for solver, command in smt_solvers().items():
            result = algorithm_1(problem, minimum, command, plan.literal_seconds)
            row[solver] = result.rows()
            _say(f"    {solver}: {result.status} after {result.seconds:.1f} s")
        yield row


def measure_scaling(plan: Plan) -> Iterator[Row]:
    """Generated loops: how many are proved in the time, and how fast."""
    for operations, seconds in plan.sizes:
        for seed in range(plan.seeds):
            problem = random_graph(operations, seed)
            row: Row = {"operations": operations, "seed": seed, "limit_seconds": seconds}
            yield row | _proved(partial(time_to_proof, problem, seconds), 1)


def measure_memory(plan: Plan) -> Iterator[Row]:
    """A fixed exclusion: tensor memory is full one cycle below the least initiation interval."""
    name, interval = MEMORY_CASE
    problem = INSTANCES[name]()
    stages = compute_stage_bound(problem, interval).stages
    question = Question(problem, interval, stages)
    wanted: tuple[tuple[Backend, ...], ...] = (("cp-sat", "z3"), ("z3",), ("cp-sat",))
    for names in wanted:
        ask = partial(_excluded, question, names, plan.seconds)
        verdict, timing = repeat(ask, plan.runs)
        yield {
            "instance": name,
            "initiation_interval": interval,
            "stages": stages,
            "backends": list(names),
            "verdict": verdict,
            **timing.rows(),
        }


def measure_shapes(plan: Plan) -> Iterator[Row]:
    """The best of listed shapes: with what bounds rule out, and with every shape solved."""
    for lists in plan.shapes:
        yield search_row(lists, plan.runs, plan.seconds)


def _excluded(question: Question, names: Sequence[Backend], seconds: float) -> tuple[str, Seconds]:
    clock = Clock()
    finding = race(question, Limit(seconds=seconds), Stop(), load_backends(names).solve)
    return finding.verdict.value, clock.read()


def _proved(run: Callable[[], tuple[Proof, Seconds]], times: int) -> Row:
    proof, timing = repeat(run, times)
    return {**proof.rows(), **timing.rows()}


PARTS: dict[str, Callable[[Plan], Iterator[Row]]] = {
    "library": measure_library,
    "instances": measure_instances,
    "literal": measure_literal,
    "scaling": measure_scaling,
    "memory": measure_memory,
    "shapes": measure_shapes,
}


def machine(pinned: bool) -> Row:
    """What the figures were measured on."""
    return {
        "processor": _processor(),
        "one_core": pinned,
        "load": round(os.getloadavg()[0], 2),
        "system": platform.system(),
        "python": platform.python_version(),
        "ortools": version("ortools"),
        "z3": version("z3-solver"),
        "date": time.strftime("%Y-%m-%d"),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Measure what is asked for, and store it after every part."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="a sample, in about a minute")
    parser.add_argument("--part", action="append", choices=list(PARTS), help="only this part")
    parser.add_argument("--runs", type=int, help="of each, in place of what is usual")
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--document", type=Path, help="render the tables into this file")
    arguments = parser.parse_args()
    plan = quick_plan() if arguments.quick else full_plan()
    if arguments.runs is not None:
        plan = replace(plan, runs=arguments.runs)
    pinned = use_one_core()
    load_backends_now()
    stored: Row = json.loads(arguments.output.read_text()) if arguments.output.exists() else {}
    for part in arguments.part or PARTS:
        rows = []
        for row in PARTS[part](plan):
            rows.append(row)
            _say(f"{part}: {json.dumps(row)[:160]}")
        stored[part] = {"machine": machine(pinned), "runs": plan.runs, "rows": rows}
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(json.dumps(stored, indent=1) + "\n")
    if arguments.document:
        arguments.document.write_text(document(stored))


if __name__ == "__main__":
    main()
