"""The registers of a role: for each fragment an array of threads x registers, poisoned at first."""

from __future__ import annotations

import numpy as np

from ...models.warp_program import Fragment, Role
from ...models.warp_program_checks import GROUP_THREADS
from .arithmetic import numpy_dtype, rounded, widened
from .hazards import Hazard
from .layouts import Array, column_register, row_register

_POISON = -1_234_567_891  # no i32 that is meant to be there


def registers_of(fragment: Fragment) -> int:
    """Registers of each thread; those of an operand hold two elements."""
    if fragment.spread != "quads":
        whole = fragment.columns // (2 if fragment.layout == "operand" else 1)
        return 1 if fragment.layout in ("rows", "scalar") else whole // fragment.row_threads
    return {
        "matrix": fragment.columns // 2,
        "operand": fragment.columns // 4,
        "rows": 2,
        "columns": fragment.columns // 4,
        "lanes": fragment.columns // 32,
        "scalar": 1,
    }[fragment.layout]


class Registers:
    """Values are f32, i32 or bool; an operand is held as pairs in 32 bits."""

    def __init__(self, role: Role) -> None:
        self.threads = GROUP_THREADS if role.warps == 4 else 1
        self.fragments = {fragment.name: fragment for fragment in role.fragments}
        self.row_threads = role.row_threads
        self._held = {name: self._fresh(f) for name, f in self.fragments.items()}

    def _fresh(self, fragment: Fragment) -> Array:
        shape = self.threads, registers_of(fragment)
        if fragment.layout == "operand":
            return np.full(shape, 0xFFFF_FFFF, np.uint32)
        if fragment.dtype in ("i32", "bool"):
            return np.full(shape, _POISON).astype(numpy_dtype(fragment.dtype))
        return np.full(shape, np.nan, np.float32)

    def read(self, name: str) -> Array:
        """Threads x elements, operands unpacked and widened."""
        fragment, held = self.fragments[name], self._held[name]
        if fragment.layout == "operand":
            return widened(held.view(numpy_dtype(fragment.dtype)))
        return held

    def words(self, name: str) -> Array:
        """Threads x registers, as 32-bit words."""
        return np.ascontiguousarray(self._held[name]).view(np.uint32)

    def read_for(self, name: str, layout: str, elements: int) -> Array:
        """The fragment's elements as each register of a layout needs them."""
        own = self.fragments[name].layout
        values = self.read(name)
        if own == "scalar":
            return values
        if layout in ("matrix", "operand"):
            if own == "rows":
                return values if self.row_threads else values[:, row_register(elements)]
            if own == "columns" and not self.row_threads:
                values = values[:, column_register(elements)]
        elif own != layout:
            raise Hazard(f"reads fragment {name} ({own}) for a fragment of {layout}")
        if values.shape[1] != elements:
            raise Hazard(f"reads {values.shape[1]} elements of fragment {name} for {elements}")
        return values

    def turned(self, name: str, elements: Array) -> Array:
        """Elements of a lanes fragment, from the lanes of the own warp that hold them."""
        fragment = self.fragments[name]
        if fragment.layout != "lanes":
            raise Hazard(f"turns fragment {name}, which lies along the {fragment.layout}")
        lane, register = np.divmod(elements, fragment.columns // 32)
        warp = np.arange(self.threads)[:, None] // 32
        return np.asarray(self._held[name][32 * warp + lane, register])

    def write(self, name: str, values: Array) -> None:
        """Replace all elements: rounded and packed into an operand."""
        fragment = self.fragments[name]
        if fragment.layout == "operand":
            whole = np.broadcast_to(values, (self.threads, 2 * registers_of(fragment)))
            packed = np.ascontiguousarray(rounded(whole, fragment.dtype)).view(np.uint32)
            self._held[name] = packed
            return
        wide = numpy_dtype(fragment.dtype if fragment.dtype in ("i32", "bool") else "f32")
        shape = self.threads, registers_of(fragment)
        self._held[name] = np.broadcast_to(values, shape).astype(wide)

    def has(self, name: str) -> bool:
        """Whether the role has a fragment of that name."""
        return name in self.fragments

    def scalar(self, name: str) -> int:
        """An integer that all threads hold."""
        return int(self._held[name][0, 0])
