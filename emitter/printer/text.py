"""Lines of C++: blocks and indentation."""

from __future__ import annotations

import re
from collections.abc import Iterable

INDENT = "  "
_WORD = re.compile(r"[A-Za-z_]\w*")


def indented(lines: Iterable[str]) -> list[str]:
    """The lines, one level further in."""
    return [f"{INDENT}{line}" if line else line for line in lines]


def block(head: str, lines: Iterable[str]) -> list[str]:
    """`head { lines }`; without a head a scope of its own."""
    return [f"{head} {{" if head else "{", *indented(lines), "}"]


def guarded(condition: str, lines: list[str]) -> list[str]:
    """The lines under a condition; one short line stays on the line of the condition."""
    if not condition or not lines:
        return lines
    if len(lines) == 1 and len(lines[0]) + len(condition) < 80 and not lines[0].startswith("//"):
        return [f"if ({condition}) {lines[0]}"]
    return block(f"if ({condition})", lines)


def under_one_condition(condition: str, lines: list[str]) -> list[str]:
    """Neighbours under the same condition joined; behind them the warp comes together again."""
    head, found = f"if ({condition}) ", list[str]()
    while lines:
        if not lines[0].startswith(head):
            found.append(lines.pop(0))
            continue
        own = list[str]()
        while lines and lines[0].startswith(head):
            rest = lines.pop(0).removeprefix(head)
            if rest != "{":
                own.append(rest)
                continue
            end = lines.index("}")
            own += [line.removeprefix(INDENT) for line in lines[:end]]
            del lines[: end + 1]
        found += [*guarded(condition, own), "__syncwarp();"]
    return found


def unrolled(variable: str, count: int, lines: list[str], step: int = 1) -> list[str]:
    """A loop that the compiler unrolls, so that registers are indexed by constants."""
    advance = f"++{variable}" if step == 1 else f"{variable} += {step}"
    head = f"for (int {variable} = 0; {variable} < {count}; {advance})"
    if len(lines) == 1:
        return ["#pragma unroll", f"{head} {lines[0]}"]
    return ["#pragma unroll", *block(head, lines)]


def words_in(text: str) -> set[str]:
    """The identifiers of a text, its comments left out."""
    return set(_WORD.findall(re.sub(r"//.*", "", text)))
