"""The GPU profiles that ship with Twill, and profiles from files."""

from __future__ import annotations

import difflib
from importlib.resources import files
from pathlib import Path

from ..models.errors import InvalidProfile
from ..models.profile import GpuProfile
from ..reader.documents import read_document, read_file
from ..reader.located import Located


def profile_names() -> tuple[str, ...]:
    """Names of the profiles that ship with Twill, sorted."""
    folder = files(__package__)
    return tuple(
        sorted(e.name.removesuffix(".yaml") for e in folder.iterdir() if e.name.endswith(".yaml"))
    )


def load_profile(name_or_path: str) -> Located[GpuProfile]:
    """A profile by name, or from a YAML file; raises InvalidProfile with every problem found."""
    if name_or_path in profile_names():
        text = (files(__package__) / f"{name_or_path}.yaml").read_text(encoding="utf-8")
        return checked(read_document(text, f"{name_or_path}.yaml", GpuProfile, InvalidProfile))
    if name_or_path.endswith((".yaml", ".yml")) or Path(name_or_path).exists():
        return checked(read_file(name_or_path, GpuProfile, InvalidProfile))
    near = difflib.get_close_matches(name_or_path, profile_names(), n=2)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    raise InvalidProfile(
        f"unknown GPU {name_or_path!r}",
        cure=f"{hint}known: {', '.join(profile_names())}; or give the path of a profile",
    )


def checked(located: Located[GpuProfile]) -> Located[GpuProfile]:
    """The same profile, or InvalidProfile naming every unit that it uses and does not define."""
    profile = located.value
    known = set(profile.units)
    for name, cost in profile.vector.instructions.items():
        for unit in (cost.unit, *cost.extra):
            if unit not in known:
                raise InvalidProfile(
                    f"vector.instructions.{name}: unknown unit {unit!r}",
                    file=located.file,
                    cure=f"define it under units, or use one of {', '.join(sorted(known))}",
                )
    missing = {"tensor_core", "issue", "tma", "dram", "shared_port", "shuffle"} - known
    if profile.lowering == "tcgen05":
        missing |= {"tensor_memory_port"} - known
    if missing:
        raise InvalidProfile(
            f"units: {', '.join(sorted(missing))} missing",
            file=located.file,
            cure="define them with a capacity",
        )
    if profile.lowering == "tcgen05" and profile.tensor_memory is None:
        raise InvalidProfile(
            "tensor_memory missing",
            file=located.file,
            cure="lowering tcgen05 needs its columns and rates",
        )
    return located
