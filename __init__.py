"""Optimal software pipelines and warp specialization for tiled GPU kernels, with proof."""

from typing import TYPE_CHECKING, Any

from .models.version import VERSION as __version__

if TYPE_CHECKING:
    from .pipeline import solve_file as solve
    from .runtime.launch import load

__all__ = ["__version__", "load", "solve"]


def __getattr__(name: str) -> Any:
    # The pipeline imports every stage; `import twill` and `twill --help` stay quick without it.
    if name == "solve":
        from .pipeline import solve_file

        return solve_file
    if name == "load":  # a bundle as a function of arrays
        from .runtime.launch import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
