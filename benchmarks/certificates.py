"""Every exclusion of the store that needed a search, read by a solver that Twill does not use.

    python benchmarks/certificates.py [--seconds S]

Prints a table: the interval below the least one of each stored schedule as SMT-LIB text, and what
cvc5 says of it. Needs the extra `bench`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from twill.gate.store import library_folder
from twill.gate.verification import smtlib_script
from twill.models.answer import Answer

HEADER = "| stored schedule | II - 1 | SMT-LIB, KB | cvc5 | s |\n|---|---|---|---|---|"


@dataclass(frozen=True, slots=True)
class Row:
    """One exclusion, and what came of it."""

    name: str
    interval: int
    kilobytes: int
    verdict: str
    seconds: float

    def __str__(self) -> str:
        """A line of the table."""
        cells = (self.name, self.interval, self.kilobytes, self.verdict, f"{self.seconds:.2f}")
        return f"| {' | '.join(str(cell) for cell in cells)} |"


def confirm(script: str, seconds: float) -> tuple[str, float]:
    """What cvc5 says of a script within the limit, and the wall seconds that it took."""
    import cvc5

    solver = cvc5.Solver()
    solver.setOption("tlimit-per", str(int(1000 * seconds)))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "exclusion")
    began, said = time.monotonic(), ""
    while not (command := parser.nextCommand()).isNull():
        said += command.invoke(solver, parser.getSymbolManager())
    return said.strip(), time.monotonic() - began


def rows(folder: Path, seconds: float) -> Iterator[Row]:
    """The stored schedules whose interval is above MinII."""
    for file in sorted(folder.glob("*.json")):
        answer = Answer.model_validate_json(file.read_text(encoding="utf-8"))
        certificate = answer.certificate
        if certificate is None or not any(e.by == "search" for e in certificate.exclusions):
            continue
        script = smtlib_script(answer)
        verdict, taken = confirm(script, seconds)
        yield Row(file.stem, certificate.lower_bound - 1, len(script) // 1000, verdict, taken)


def main() -> None:
    """Ask and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    print(HEADER, flush=True)
    for row in rows(library_folder(), arguments.seconds):
        print(row, flush=True)


if __name__ == "__main__":
    main()
