"""`twill report`: tables and plots of what was measured on a GPU."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import print_answer


def report(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="What `twill bench --output` or benchmarks/gpu_day.sh wrote: results.json.",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print results.json instead.")] = False,
) -> int:
    """Write report.md and its plots into a folder of results."""
    from ..benching.results import read_results, results_text
    from ..benching.write_report import write_report

    found = read_results(folder)
    if as_json:
        print_answer(results_text(found))
        return 0
    print_answer("\n".join(str(path) for path in write_report(folder, found)))
    return 0
