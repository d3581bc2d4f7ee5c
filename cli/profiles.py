"""`twill profiles`: the GPUs that Twill knows."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from .completion import complete_gpu
from .output import print_answer
from .tables import table_text


def profiles(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            autocompletion=complete_gpu,
            help="Show this profile, or a profile file.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """List the GPU profiles, or show one with unit and source of every figure."""
    from ..gpu_profiles.library import load_profile, profile_names

    if name is not None:
        located = load_profile(name)
        print_answer(located.value.model_dump_json(indent=2) if as_json else located.text)
        return 0
    known = [load_profile(each).value for each in profile_names()]
    rows = [{"name": p.profile, "target": p.target, "summary": p.summary} for p in known]
    print_answer(json.dumps(rows, indent=2) if as_json else table_text(rows))
    return 0
