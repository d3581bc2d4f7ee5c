"""What goes wrong in a warp program while it runs: one sentence, without the place."""

from __future__ import annotations


class Hazard(Exception):
    """A step does what hardware would not forgive; the role that did it adds where that was."""
