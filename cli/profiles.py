"""`twill profiles`: the GPUs that Twill knows, and what differs between two of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from .completion import complete_gpu
from .output import print_answer
from .tables import table_text

if TYPE_CHECKING:
    from ..gpu_profiles.figures import Difference
    from ..models.profile import Figure, GpuProfile

DIFF = "diff"


def profiles(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME | diff A B]",
            autocompletion=complete_gpu,
            help="Show this profile, or a profile file; or say which figures differ between two.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """List the GPU profiles, show one with unit and source of every figure, or compare two."""
    from ..gpu_profiles.library import load_profile, profile_names
    from ..models.errors import UsageError

    if names and names[0] == DIFF:
        if len(names) != 3:
            raise UsageError("diff compares two profiles", cure="twill profiles diff A B")
        print_answer(_difference_text(names[1], names[2], as_json=as_json))
        return 0
    if names and len(names) > 1:
        raise UsageError(f"{len(names)} profiles", cure="name one, or write diff before two")
    if names:
        located = load_profile(names[0])
        print_answer(located.value.model_dump_json(indent=2) if as_json else located.text)
        return 0
    known = [load_profile(each).value for each in profile_names()]
    rows = [{"name": p.profile, "target": p.target, "summary": p.summary} for p in known]
    print_answer(json.dumps(rows, indent=2) if as_json else table_text(rows))
    return 0


def _difference_text(first: str, second: str, *, as_json: bool) -> str:
    from ..gpu_profiles.figures import differences
    from ..gpu_profiles.library import load_profile

    one, other = load_profile(first).value, load_profile(second).value
    found, settings = differences(one, other), _settings(one, other)
    if as_json:
        described = {
            "first": first,
            "second": second,
            "figures": list(map(_object, found)),
            "settings": settings,
        }
        return json.dumps(described, indent=2)
    values = [each for each in found if each.differs_in_value]
    sources = [each for each in found if not each.differs_in_value]
    parts = [table_text([_row(each) for each in values])] if values else []
    if not values:
        parts.append("no figure differs in its value")
    for each in found:
        parts.append(f"{each.name}\n    {_source(each.first)}\n    {_source(each.second)}")
    parts += [f"{each['setting']}: {each['first']}, {each['second']}" for each in settings]
    if sources:
        parts.append(f"{len(sources)} of these differ in their source alone")
    return "\n".join(part.rstrip("\n") for part in parts)


def _settings(one: GpuProfile, other: GpuProfile) -> list[dict[str, str | None]]:
    from ..gpu_profiles.figures import settings_of

    ours, theirs = settings_of(one), settings_of(other)
    return [
        {"setting": name, "first": ours.get(name), "second": theirs.get(name)}
        for name in dict.fromkeys((*ours, *theirs))
        if ours.get(name) != theirs.get(name)
    ]


def _row(each: Difference) -> dict[str, str]:
    unit = each.first or each.second
    return {
        "figure": each.name,
        "first": f"{each.first.value:g}" if each.first else "-",
        "second": f"{each.second.value:g}" if each.second else "-",
        "ratio": "-" if each.ratio is None else f"{each.ratio:.3f}",
        "unit": unit.unit if unit else "",
    }


def _source(figure: Figure | None) -> str:
    return figure.source if figure else "is not in this profile"


def _object(each: Difference) -> dict[str, object]:
    return {
        "figure": each.name,
        "first": each.first.model_dump() if each.first else None,
        "second": each.second.model_dump() if each.second else None,
        "ratio": each.ratio,
    }
