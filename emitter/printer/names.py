"""Identifiers: what the names of a warp program are called in C++, each once in its scope."""

from __future__ import annotations

import re
from collections.abc import Iterable

_KEYWORDS = """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl const
    constexpr const_cast continue decltype default delete do double dynamic_cast else enum explicit
    export extern false float for friend goto if inline int long mutable namespace new noexcept not
    not_eq nullptr operator or or_eq private protected public register reinterpret_cast return
    short signed sizeof static static_assert static_cast struct switch template this thread_local
    throw true try typedef typeid typename union unsigned using virtual void volatile wchar_t while
    xor xor_eq
"""
_OF_CUDA = "min max abs fmaxf fminf fabsf floorf threadIdx blockIdx blockDim gridDim warpSize"
_OWN = """
    TMap DEV u8 u16 u32 u64 at e i instruction j lanes left lane lane_column lane_row memory
    nothing part period r right row shared tensors tile trips warp
"""
RESERVED = frozenset(f"{_KEYWORDS} {_OF_CUDA} {_OWN}".split())
"""What nothing of a program may be called: words of C++ and CUDA, and the printer's own."""

_REPLACED = {"'": "_next", "[": "_", "]": "", ".": "_", "-": "_"}


def identifier(name: str) -> str:
    """A C++ identifier that resembles the name: `s[0]` becomes `s_0`."""
    text = "".join(_REPLACED.get(sign, sign) for sign in name)
    text = re.sub(r"_{2,}", "_", text)  # two underscores belong to the implementation
    return f"v{text}" if text.startswith("_") else text


class Names:
    """The identifiers of one scope; an inner scope begins with all of the outer one."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {*RESERVED, *taken}
        self._given: dict[tuple[str, str], str] = {}

    def give(self, kind: str, name: str, suffix: str = "") -> str:
        """A new identifier for a thing of that kind, numbered where it is taken."""
        wanted = chosen = identifier(name) + suffix
        number = 2
        while chosen in self._taken:
            chosen = f"{wanted}_{number}"
            number += 1
        self._taken.add(chosen)
        self._given[kind, name] = chosen
        return chosen

    def of(self, kind: str, name: str) -> str:
        """The identifier that was given; KeyError if none was."""
        return self._given[kind, name]

    def inner(self) -> Names:
        """A scope within this one."""
        scope = Names()
        scope._taken = set(self._taken)
        scope._given = dict(self._given)
        return scope
