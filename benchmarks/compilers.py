"""What the installed NVRTC makes of every stored schedule that can be emitted.

    python benchmarks/compilers.py [--only KERNEL@GPU,...]

Registers, spills, what had to be changed, and faults, a line each in Markdown. Once with each
compiler: `pip install --no-deps nvidia-cuda-nvrtc==13.0.88` in an environment without
`nvidia-cuda-nvrtc-cu12`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from twill.emitting import Emitted, emit
from twill.gate.origin import read_with_texts
from twill.models.errors import Unsupported, UsageError
from twill.runtime.nvrtc import compiler

STORE = Path(__file__).parent.parent / "kernels" / "schedules"


def main() -> None:
    """Emit and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--only", default="", metavar="KERNEL@GPU,...")
    only = set(filter(None, parser.parse_args().only.split(",")))
    print(f"{compiler()}\n\n| schedule | registers | bytes spilled | changed | faults |")
    print("|---|---|---|---|---|")
    for path in sorted(STORE.glob("*.json")):
        if only and path.stem not in only:
            continue
        try:
            print(row(path.stem, emit(read_with_texts(str(path)))), flush=True)
        except (Unsupported, UsageError):  # no CUDA text for it: a graph, B300, five on B200
            continue


def row(name: str, made: Emitted) -> str:
    """A line of the table."""
    report = made.compiled.report
    spilled = report.spill_store_bytes + report.spill_load_bytes
    changed, faults = ("; ".join(found) or "-" for found in (made.changes, made.faults))
    return f"| {name} | {report.registers} | {spilled} | {changed} | {faults} |"


if __name__ == "__main__":
    main()
