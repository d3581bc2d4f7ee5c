"""What instructions are called as events: the opcode, with what tells one from others of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from .sass import COPIES, Instruction
from .sass_order import PRODUCTS, most_pending

COMMITTED = "committed"
"""Of a wgmma that ends a batch."""

FENCED = "WARPGROUP.ARRIVE"
"""What precedes the first wgmma of a batch."""

_MOVES = ("LDS", "STS", "FENCE.VIEW.ASYNC.S", "DEPBAR.LE")
_OF_ROWS = (*COPIES, "BAR.SYNC", "BAR.ARV")
_WORDS = {"64": 2, "128": 4}  # of 32 bits, by the last word of an opcode
_COUNT = re.compile(r"0x([0-9a-f]+)$")


def name_of(instruction: Instruction) -> str | None:
    """Of an event that has no place; None for work, bookkeeping, and what has one."""
    if instruction.guard == "@!PT":  # never done
        return None
    for opcode, namer in _NAMERS.items():
        if instruction.matches(opcode):
            return namer(instruction)
    return None


def elementwise_name_of(instruction: Instruction) -> str | None:
    """The same in a kernel without products, where it does not matter how many words are moved."""
    for opcode in _MOVES:
        if instruction.matches(opcode):
            return opcode
    return name_of(instruction) if any(map(instruction.matches, _OF_ROWS)) else None


def _plain(instruction: Instruction) -> str:
    return instruction.opcode.split(".")[0]


def _whole(instruction: Instruction) -> str:
    return instruction.opcode


def _barrier(instruction: Instruction) -> str:
    kind = ".".join(instruction.opcode.split(".")[:2])
    return " ".join((kind, *instruction.operands))


def _with_rank(instruction: Instruction) -> str:
    return " ".join(instruction.opcode.split(".")[:2])


def _with_words(instruction: Instruction) -> str:
    opcode, *modifiers = instruction.opcode.split(".")
    return f"{opcode} x{_WORDS.get(modifiers[-1], 1) if modifiers else 1}"


def _matrix(instruction: Instruction) -> str:
    return "STSM x1"


def _products_pending(instruction: Instruction) -> str:
    return f"WARPGROUP.DEPBAR {most_pending(instruction)}"


def _copies_pending(instruction: Instruction) -> str | None:
    scoreboard, *rest = instruction.operands
    count = _COUNT.search(rest[-1]) if rest else None
    return f"DEPBAR {int(count[1], 16) if count else 0}" if scoreboard == "SB0" else None


def _product(instruction: Instruction) -> str:
    opcode, shape, *_ = instruction.opcode.split(".")
    _, left, *rest = instruction.operands
    operands = [o for o in instruction.operands if o.startswith("gdesc")]
    turned = [f"tnsp{side}" for side in "AB" if any(f".tnsp{side}" in o for o in operands)]
    source = "gdesc" if left.startswith("gdesc") else "registers"
    onto = "over" if "!UPT" in rest else "onto"
    end = [COMMITTED] if "gsb0" in rest else []
    return " ".join((opcode, shape, source, *turned, onto, *end))


_NAMERS: Mapping[str, Callable[[Instruction], str | None]] = {
    "BAR.SYNC": _barrier,
    "BAR.ARV": _barrier,
    **dict.fromkeys(COPIES, _with_rank),
    "UTMACMDFLUSH": _plain,
    "LDGSTS": _plain,
    "FENCE.VIEW.ASYNC": _whole,
    "LDS": _plain,
    "STS": _with_words,
    "STSM": _matrix,
    "DEPBAR": _copies_pending,
    FENCED: _whole,
    "WARPGROUP.DEPBAR": _products_pending,
    **dict.fromkeys(PRODUCTS, _product),
}
