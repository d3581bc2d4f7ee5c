"""The tables of docs/benchmarks.md, from stored measurements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from twill.benchmarks.report_load import load_section
from twill.benchmarks.report_table import Row, table

HEAD = """# Benchmarks

Rendered from `benchmarks/results/solve.json` by

    python benchmarks/solve.py --document docs/benchmarks.md

Seconds are medians, on one core. *Proof* is the time until the least initiation interval is
proved; *total* adds the choice among the schedules that have it (fewest stages, then the second
objectives). CPU seconds stand beside wall seconds because a machine has other work to do. What was
not proved within the limit says so.
"""


def document(stored: Mapping[str, Any]) -> str:
    """The whole text."""
    lines = [HEAD]
    for part, render in SECTIONS.items():
        if part in stored:
            lines += ["", *render(stored[part]), "", _measured(stored[part])]
    return "\n".join(lines) + "\n"


def _measured(part: Row) -> str:
    machine = part["machine"]
    core = "one core" if machine["one_core"] else "not pinned to a core"
    return (
        f"{machine['processor']}, {core}, load {machine['load']} at the end; "
        f"Python {machine['python']}, OR-Tools {machine['ortools']}, Z3 {machine['z3']}; "
        f"{machine['date']}; runs of each: {part['runs']}."
    )


def _seconds(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def _interval(row: Row) -> str:
    if row["status"] == "optimal":
        return str(row["initiation_interval"])
    if row["status"] == "feasible":
        return f"{row['lower_bound']} … {row['initiation_interval']}, not proved"
    return str(row["status"])


def _proof(row: Row) -> tuple[object, ...]:
    return (
        _interval(row),
        row["minimum"],
        row["stages_searched"],
        row["questions"],
        _seconds(row["wall_seconds"]),
        _seconds(row["cpu_seconds"]),
        _seconds(row["total_wall_seconds"]),
    )


PROOF = ("II", "MinII", "stages searched", "questions", "proof, s", "proof, CPU s", "total, s")


def _library(part: Row) -> Iterator[str]:
    yield "## The library, raw cycles"
    yield ""
    yield from table(
        ("kernel", "GPU", "operations", *PROOF),
        (
            (row["kernel"], row["gpu"], row["operations"], *_proof(row))
            for row in part["rows"]
            if "refused" not in row
        ),
    )
    refused = [f"{row['kernel']} on {row['gpu']}" for row in part["rows"] if "refused" in row]
    if refused:
        yield ""
        yield f"Not offered, because the kernel is refused there: {', '.join(refused)}."


def _instances(part: Row) -> Iterator[str]:
    yield "## Ten fixed problems, raw cycles"
    yield ""
    yield "The costs are those of `benchmarks/instances.py`, not of a GPU."
    yield ""
    yield from table(
        ("problem", "operations", *PROOF),
        ((row["instance"], row["operations"], *_proof(row)) for row in part["rows"]),
    )


def _literal(part: Row) -> Iterator[str]:
    total = part["rows"][0]["sum"] if part["rows"] else 0
    yield "## The paper's formulation, normalised costs"
    yield ""
    yield (
        f"Every cost is ceil(c / g), g so that the latencies add up to at most {total}. Algorithm "
        "1 starts at MinII, not at 1, and runs once. *Seed* is the modulo schedule by CBC, *grid* "
        "the Boolean program including the time to write it. The formulation counts liveness and "
        "crossing differently, so its interval need not be ours."
    )
    yield ""
    head = (
        "problem",
        "ours: II",
        "proof, s",
        "solver",
        "II",
        "seed, s",
        "grid, s",
        "all, s",
        "× ours",
    )
    yield from table(head, (line for row in part["rows"] for line in _beside(row)))


def _beside(row: Row) -> Iterator[Sequence[object]]:
    ours = row["ours"]
    for solver in ("z3", "yices2"):
        if solver not in row:
            continue
        theirs = row[solver]
        over = "> " if theirs["status"] == "limit" else ""
        grid = theirs["writing_seconds"] + theirs["joint_seconds"]
        yield (
            row["instance"],
            _interval(ours),
            _seconds(ours["wall_seconds"]),
            solver,
            f"{theirs['initiation_interval']}{' (at the limit)' if over else ''}",
            _seconds(theirs["seed_seconds"]),
            over + _seconds(grid),
            over + _seconds(theirs["seconds"]),
            f"{over}{theirs['seconds'] / max(ours['wall_seconds'], 1e-3):.0f}",
        )


def _scaling(part: Row) -> Iterator[str]:
    yield "## Generated loops"
    yield ""
    yield (
        "`benchmarks/random_graphs.py`, one run for each seed. A loop counts as solved when its "
        "least initiation interval is proved within the limit; medians are over the solved ones."
    )
    yield ""
    sizes = sorted({(row["operations"], row["limit_seconds"]) for row in part["rows"]})
    head = (
        "operations",
        "limit, s",
        "graphs",
        "solved",
        "median proof, s",
        "median CPU s",
        "with a schedule",
    )
    yield from table(head, (_size(part["rows"], *size) for size in sizes))


def _size(rows: Iterable[Row], operations: int, limit: float) -> Sequence[object]:
    drawn = [row for row in rows if row["operations"] == operations]
    solved = [row for row in drawn if row["status"] in ("optimal", "infeasible")]
    found = [row for row in drawn if row["initiation_interval"] is not None]
    wall = _seconds(median(row["wall_seconds"] for row in solved)) if solved else "–"
    cpu = _seconds(median(row["cpu_seconds"] for row in solved)) if solved else "–"
    share = f"{len(solved)} ({100 * len(solved) // len(drawn)} %)"
    return operations, f"{limit:g}", len(drawn), share, wall, cpu, len(found)


def _memory(part: Row) -> Iterator[str]:
    yield "## Tensor memory is full"
    yield ""
    yield "One question: no schedule one cycle below what tensor memory admits."
    yield ""
    yield from table(
        ("problem", "II", "stages", "backends", "verdict", "s", "CPU s"),
        (
            (
                row["instance"],
                row["initiation_interval"],
                row["stages"],
                " and ".join(row["backends"]),
                row["verdict"],
                _seconds(row["wall_seconds"]),
                _seconds(row["cpu_seconds"]),
            )
            for row in part["rows"]
        ),
    )


def _shapes(part: Row) -> Iterator[str]:
    yield "## The best of listed shapes"
    yield ""
    yield (
        "`twill shapes` beside `twill shapes --every`: shapes solved until the best one is proved, "
        "and shapes solved where bounds rule nothing out. The rest is refused, or does not fit "
        "whatever the schedule. *Times* is CPU time for every shape over CPU time of the search."
    )
    yield ""
    head = (
        "kernel",
        "GPU",
        "shapes",
        "refused",
        "do not fit",
        "solved",
        "solved, every",
        "best",
        "multiply-adds a cycle",
        "same best",
        "CPU s",
        "CPU s, every",
        "times",
    )
    yield from table(head, (_searched(row) for row in part["rows"]))
    yield ""
    yield from (f"- {row['kernel']} on {row['gpu']}: {_lists(row)}" for row in part["rows"])


def _searched(row: Row) -> Sequence[object]:
    every = row["every"]
    left = f" ({every['not_decided']} not decided)" if every["not_decided"] else ""
    over = "> " if left else ""
    return (
        row["kernel"],
        row["gpu"],
        row["shapes"],
        row["refused"],
        row["infeasible_by_bound"],
        row["solves"],
        f"{every['solves']}{left}",
        row["best"],
        f"{row['throughput']:,.1f}",
        "yes" if _is_same(row, every) else "no",
        _seconds(row["cpu_seconds"]),
        over + _seconds(every["cpu_seconds"]),
        f"{over}{every['cpu_seconds'] / row['cpu_seconds']:.1f}",
    )


def _is_same(row: Row, every: Row) -> bool:
    """Proved both ways."""
    proved = row["status"] == every["status"] == "optimal"
    return bool(proved and row["best"] == every["best"])


def _lists(row: Row) -> str:
    lists = ", ".join(f"`{name}: {values}`" for name, values in row["lists"].items())
    return f"{lists}; {row['could_tie']} of the {row['outdone']} not solved could at best be equal"


SECTIONS: Mapping[str, Callable[[Row], Iterator[str]]] = {
    "library": _library,
    "instances": _instances,
    "literal": _literal,
    "scaling": _scaling,
    "memory": _memory,
    "shapes": _shapes,
    "load": load_section,
}
