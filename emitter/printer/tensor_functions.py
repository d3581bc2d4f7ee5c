"""Device functions whose name says all: loads and stores of so many columns of Tensor Memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap

CHUNK = 32  # columns of one instruction; a wider one asks for as many registers in a row
WIDTH = 92
_NAME = re.compile(r"tensor_(load|store)_(f32|b32)x(\d+)")


def move_name(kind: str, element: str, columns: int) -> str:
    """The function that loads or stores so many columns; `element`: f32 or b32 registers."""
    return f"tensor_{kind}_{element}x{columns}"


def generated_move(name: str) -> str | None:
    """The text of a device function of that name; None if it is none of these."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    kind, element, columns = found[1], found[2], int(found[3])
    cpp = "float" if element == "f32" else "u32"
    constant = "const " if kind == "store" else ""
    head = f"DEV void {name}({constant}{cpp} (&d)[{columns}], u32 address) {{"
    if kind == "store":
        head = f"DEV void {name}(u32 address, const {cpp} (&d)[{columns}]) {{"
    sign = "f" if element == "f32" else "r"
    lines = [head]
    for first, count in chunks(columns):
        lines += _instruction(kind, sign, first, count)
    return "\n".join([*lines, "}"])


def chunks(columns: int) -> Iterator[tuple[int, int]]:
    """The instructions of a move, by first column and number of columns.

    The number is a power of two (PTX ISA, tcgen05.ld, .num).
    """
    first = 0
    while first < columns:
        count = CHUNK
        while count > columns - first:
            count //= 2
        yield first, count
        first += count


def _instruction(kind: str, sign: str, first: int, count: int) -> list[str]:
    is_load = kind == "load"
    registers = ", ".join(f"%{i + (0 if is_load else 1)}" for i in range(count))
    place = f"%{count}" if is_load else "%0"
    where = f"address + {first}" if first else "address"
    opcode = f"tcgen05.{'ld' if is_load else 'st'}.sync.aligned.32x32b.x{count}.b32"
    values = _wrapped(
        ", ".join(f'"{"=" if is_load else ""}{sign}"(d[{first + i}])' for i in range(count))
    )
    quoted = [f'    "{line}"' for line in _wrapped(registers)]
    if is_load:
        outputs = [f"    {':' if i == 0 else ' '} {line}" for i, line in enumerate(values)]
        text = [f'  asm volatile("{opcode} {{"', *quoted, f'    "}}, [{place}];"', *outputs]
        return [*text, f'    : "r"({where}) : "memory");']
    inputs = [f"       {line}" for line in values]
    text = [f'  asm volatile("{opcode} [{place}], {{"', *quoted, '    "};"']
    return [*text, f'    :: "r"({where}),', *inputs, '    : "memory");']


def _wrapped(text: str) -> list[str]:
    return wrap(text, WIDTH, break_long_words=False)
