"""`twill verify`: a certificate checked again, without search, or proved again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .interrupt import run_interruptibly
from .output import check_writable, print_answer, print_note, write_file
from .tables import text_console, text_of

# What proves is imported when it is needed, so that help and errors come at once.
if TYPE_CHECKING:
    from ..models.answer import Answer
    from ..models.verification import Reproof, Verification

PROOF_SECONDS = 300.0
STANDINGS = {
    "independent": "which did not exclude it before",
    "again": "which had excluded it before",
    "unknown": "of which the certificate does not say whether it was first",
}


def verify(
    certificate: Annotated[
        Path, typer.Argument(metavar="CERTIFICATE", help="A file that `twill solve -o` wrote.")
    ],
    prove: Annotated[
        bool,
        typer.Option(
            "--prove", help="Exclude the interval below again, by another backend if there is one."
        ),
    ] = False,
    smtlib: Annotated[
        Path | None,
        typer.Option(
            "--smtlib",
            metavar="FILE",
            help="Write the exclusion as SMT-LIB 2: `unsat` by any solver that reads it.",
        ),
    ] = None,
    time_limit: Annotated[
        float,
        typer.Option(
            "--time-limit", min=0.001, metavar="SECONDS", help="Of each question of --prove."
        ),
    ] = PROOF_SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Check a stored schedule and its certificate again, trusting neither.

    Exit codes: 0 every check passed; 1 a check failed; 2 the file cannot be read; 3 a limit was
    reached before a proof; 130 interrupted.
    """
    if smtlib is not None:
        check_writable(smtlib)
    from ..gate.verification import smtlib_script, verify_answer
    from ..reader.schedules import read_schedule

    answer = read_schedule(certificate)
    verified = verify_answer(answer, str(certificate))
    if smtlib is not None:
        write_file(smtlib, smtlib_script(answer))
    if prove and not verified.failed:
        proved = _prove(verified, answer, time_limit)
        if proved is None:
            print_note("interrupted")
            return 130
        verified = proved
    print_answer(verified.model_dump_json(indent=1) if as_json else _text(verified, prove))
    return verified.exit_code


def _prove(verified: Verification, answer: Answer, seconds: float) -> Verification | None:
    from ..gate.verification import with_reproofs
    from ..solver.question import Stop

    stop = Stop()
    finished = run_interruptibly(
        lambda: with_reproofs(verified, answer, seconds, stop), stop.request
    )
    if finished.still_running:
        print_note("interrupted")
        os._exit(130)
    return None if finished.interrupted else finished.value


def _text(verified: Verification, prove: bool) -> str:
    from rich.table import Table
    from rich.text import Text

    console = text_console()
    interval = verified.initiation_interval
    at = f" at II {interval:,}" if interval else ""
    console.print(Text(f"{verified.kernel} on {verified.gpu}, {verified.status}{at}", style="bold"))
    table = Table(box=None, pad_edge=False, show_header=False)
    for check in verified.checks:
        mark = Text("ok", style="green") if check.passed else Text("WRONG", style="bold red")
        table.add_row(mark, check.name, check.sentence)
    console.print(table)
    for reproof in verified.reproofs:
        console.print(Text(_sentence(reproof)))
    if verified.trusted:
        console.print()
        searched = verified.trusted[0].startswith("that no schedule exists")
        asks = " (--prove asks for the first)" if searched and not prove else ""
        console.print(f"Not checked{asks}:")
        for sentence in verified.trusted:
            console.print(Text(f"- {sentence}"))
    console.print()
    console.print(Text(_verdict(verified), style="bold"))
    return text_of(console)


def _sentence(reproof: Reproof) -> str:
    from ..drawing.sentences import BACKENDS

    at = f"II {reproof.initiation_interval:,} within {reproof.stages} stages"
    if reproof.backend is None:
        return f"{at}: no backend came to an end within {reproof.seconds:.1f} s"
    did = {"infeasible": "excluded", "feasible": "found feasible"}[reproof.verdict]
    who = f"{BACKENDS[reproof.backend]}, {STANDINGS[reproof.standing]}"
    return f"{at}: {did} in {reproof.seconds:.1f} s by {who}"


def _verdict(verified: Verification) -> str:
    failed = [check.name for check in verified.failed]
    if failed:
        return f"wrong: {', '.join(failed)}"
    if verified.exit_code == 3:
        return "every check passed; the exclusion was not proved again"
    return "every check passed"
