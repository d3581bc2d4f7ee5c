"""What a plain YAML scalar means: YAML 1.2's core schema, without its traps.

YAML 1.1, which most Python readers follow, takes `no` for a boolean, `012` for ten, `1e3` for text
and `12:30:00` for a number. Here `true` and `false` are the booleans, decimals are the numbers,
and what looks like a number in another notation is refused.
"""

from __future__ import annotations

import math
import re

from .limits import MAXIMUM_INTEGER

Scalar = str | int | float | bool | None

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_OTHER_BASE = re.compile(r"[-+]?(0[0-9]+|0o[0-7]+|0x[0-9A-Fa-f]+|0b[01]+)")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "true": True, "false": False}


class ScalarRefused(ValueError):
    """The scalar means something else to other readers. Carries what is wrong and the cure."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure


def plain_scalar(text: str) -> Scalar:
    """The value of an unquoted scalar; raises ScalarRefused."""
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_FINITE.fullmatch(text):
        raise ScalarRefused(f"{text} is not a finite number", "write a finite number")
    if _OTHER_BASE.fullmatch(text):
        cure = f"write a decimal number without leading zeros, or '{text[:40]}' for text"
        raise ScalarRefused(f"{text[:40]} is not a decimal number", cure)
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _NUMBER.fullmatch(text):
        return _finite(text)
    return text


def _integer(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > MAXIMUM_INTEGER:
        raise ScalarRefused("the integer is too large", f"stay within {MAXIMUM_INTEGER}")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ScalarRefused(f"{text[:40]} is not a finite number", "write a finite number")
    return number
