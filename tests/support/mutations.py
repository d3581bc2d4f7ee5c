"""Documents with a few tokens deleted, replaced, exchanged or inserted; what a refusal holds."""

import random
import re
from collections.abc import Sequence

from twill.models.errors import InvalidInput

TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
NUMBER = re.compile(r"[0-9]+")
STRANGE = [
    "", "-", "0", "-1", "1e999", ".nan", "nan", "inf", "*", "&a", "!!int", "[", "]", "{", "}", "'",
    '"', "\t", "\n", "\r", "\x00", "\u2028", "\u00e4", "\ud800", "#", "|", ">", ":", ",", "(", ")",
    "None", "True", "lambda", "await", "yield", "for", "if", "x.T.T", "**", "@", ":=", "f''", "b''",
    "9" * 30, "zeros", "dot", "load", "[:, None]", "M", "acc", "bool", "fp8e4m3", "012", "0x1", "~",
    "->", "? ", "null", "distance", "latency",
]  # fmt: skip
NUMBERS = [
    "0", "1", "2", "3", "7", "8", "16", "24", "64", "100.7", "128", "240", "512", "4096", "65536",
    "999999999", "1000000000000", "9" * 18, "9" * 25, "1e12", "1.0e-300", "1e-6", "0.001", "0.5",
]  # fmt: skip
LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


def mutated(generator: random.Random, text: str, others: Sequence[str], most: int = 4) -> str:
    """The text with one to `most` changes of a token; new tokens come from the other texts too."""
    tokens = TOKEN.findall(text)
    other = TOKEN.findall(generator.choice(others))
    for _ in range(generator.randint(1, most)):
        place = generator.randrange(len(tokens))
        match generator.randrange(6):
            case 0:
                del tokens[place : place + generator.randint(1, 3)]
            case 1:
                tokens[place] = generator.choice(STRANGE)
            case 2:
                tokens.insert(place, generator.choice(STRANGE))
            case 3:
                tokens[place] = generator.choice(other)
            case 4:
                end = generator.randrange(len(tokens))
                tokens[place], tokens[end] = tokens[end], tokens[place]
            case _:
                _change_number(generator, tokens)
        tokens = tokens or [""]
    return "".join(tokens)


def renumbered(generator: random.Random, text: str, most: int = 3) -> str:
    """The text with one to `most` of its numbers replaced by unusual ones."""
    tokens = TOKEN.findall(text)
    for _ in range(generator.randint(1, most)):
        _change_number(generator, tokens)
    return "".join(tokens)


def _change_number(generator: random.Random, tokens: list[str]) -> None:
    places = [place for place, token in enumerate(tokens) if NUMBER.fullmatch(token)]
    if places:
        tokens[generator.choice(places)] = generator.choice(NUMBERS)


def check_refusal(error: InvalidInput, text: str, file: str) -> None:
    """Every problem names the file, a place in it, what is wrong and what would be right."""
    assert error.problems
    for problem in error.problems:
        assert problem.file == file, problem
        assert problem.line is not None, problem
        assert 1 <= problem.line <= len(LINE_BREAK.split(text)) + 1, problem
        assert problem.column is not None, problem
        assert problem.column >= 1
        assert problem.message
        assert problem.cure, problem
