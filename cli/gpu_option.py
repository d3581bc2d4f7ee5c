"""`--gpu`, alike in every command that has it."""

from __future__ import annotations

from typing import Any

import typer

from .completion import complete_gpu


def gpu_option(help_text: str) -> Any:
    """A name of the library, or the path of a profile."""
    return typer.Option("--gpu", metavar="NAME|FILE", autocompletion=complete_gpu, help=help_text)
