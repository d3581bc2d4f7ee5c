"""The kernels that come with Twill, by name."""

from __future__ import annotations

import difflib
import re
from importlib.resources import files
from pathlib import Path

from ..models.errors import InvalidKernel
from ..models.kernel import KernelDocument
from ..reader.documents import read_file
from ..reader.located import Located

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def kernel_names() -> tuple[str, ...]:
    """Every kernel of the library, in alphabetical order."""
    return tuple(sorted(path.stem for path in _folder().glob("*.yaml")))


def kernel_path(name: str) -> Path:
    """The file of a kernel; raises InvalidKernel with the nearest name for any other."""
    if _NAME.fullmatch(name):
        path = _folder() / f"{name}.yaml"
        if path.is_file():
            return path
    near = difflib.get_close_matches(name, kernel_names(), n=1)
    cure = f"did you mean {near[0]}?" if near else f"known: {', '.join(kernel_names())}"
    raise InvalidKernel(f"no kernel {name[:64]!r} in the library", cure=cure)


def load_kernel(name: str) -> Located[KernelDocument]:
    """The document of a kernel of the library."""
    return read_file(kernel_path(name), KernelDocument, InvalidKernel)


def _folder() -> Path:
    return Path(str(files(__package__)))
