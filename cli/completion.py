"""What the shell offers for a word that has been begun."""

from __future__ import annotations

# The libraries read YAML; they are imported only when a shell asks.


def complete_document(begun: str) -> list[str]:
    """Kernels and graphs of the library; the shell offers files itself."""
    from ..kernels.graph_library import graph_names
    from ..kernels.library import kernel_names

    return [name for name in (*kernel_names(), *graph_names()) if name.startswith(begun)]


def complete_gpu(begun: str) -> list[str]:
    """GPU profiles of the library."""
    from ..gpu_profiles.library import profile_names

    return [name for name in profile_names() if name.startswith(begun)]
