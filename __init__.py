"""Optimal software pipelines and warp specialization for tiled GPU kernels, with proof."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .pipeline import solve_file as solve

__version__ = "0.1.0"
__all__ = ["__version__", "solve"]


def __getattr__(name: str) -> Any:
    # The pipeline imports every stage; `import twill` and `twill --help` stay quick without it.
    if name == "solve":
        from .pipeline import solve_file

        return solve_file
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
