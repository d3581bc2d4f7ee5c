"""The GPU profiles that ship with Twill, and profiles from files."""

from __future__ import annotations

import difflib
import os
from importlib.resources import files

from ..models.errors import InvalidProfile
from ..models.profile import GpuProfile
from ..reader.documents import read_document, read_file
from ..reader.located import Located
from .checks import checked


def profile_names() -> tuple[str, ...]:
    """Names of the profiles that ship with Twill, sorted."""
    folder = files(__package__)
    return tuple(
        sorted(e.name.removesuffix(".yaml") for e in folder.iterdir() if e.name.endswith(".yaml"))
    )


def load_profile_text(text: str) -> GpuProfile:
    """A profile from its text, as a stored schedule holds it; raises InvalidProfile."""
    return checked(read_document(text, "profile", GpuProfile, InvalidProfile)).value


def load_profile(name_or_path: str) -> Located[GpuProfile]:
    """A profile by name, or from a YAML file; raises InvalidProfile with every problem found."""
    if name_or_path in profile_names():
        text = (files(__package__) / f"{name_or_path}.yaml").read_text(encoding="utf-8")
        return checked(read_document(text, f"{name_or_path}.yaml", GpuProfile, InvalidProfile))
    if name_or_path.endswith((".yaml", ".yml")) or os.path.exists(name_or_path):
        return checked(read_file(name_or_path, GpuProfile, InvalidProfile))
    near = difflib.get_close_matches(name_or_path, profile_names(), n=2)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    raise InvalidProfile(
        f"unknown GPU {name_or_path!r}",
        cure=f"{hint}known: {', '.join(profile_names())}; or give the path of a profile",
    )
