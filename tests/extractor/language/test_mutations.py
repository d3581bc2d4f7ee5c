"""Mutated library kernels: a program or one located error, and never anything else."""

import random
import re
import time

import pytest

from twill.extractor.language import parse_program
from twill.kernels.library import kernel_names, kernel_path
from twill.models.errors import InvalidKernel
from twill.models.kernel import KernelDocument
from twill.reader.documents import read_document

TEXTS = {name: kernel_path(name).read_text() for name in kernel_names()}
TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
STRANGE = [
    "", "-", "0", "-1", "1e999", ".nan", "nan", "inf", "*", "&a", "!!int", "[", "]", "{", "}", "'",
    '"', "\t", "\n", "\r", "\x00", "\u2028", "\u00e4", "\ud800", "#", "|", ">", ":", ",", "(", ")",
    "None", "True", "lambda", "await", "yield", "for", "if", "x.T.T", "**", "@", ":=", "f''", "b''",
    "9" * 30, "zeros", "dot", "load", "[:, None]", "M", "acc", "bool", "fp8e4m3", "012", "0x1", "~",
]  # fmt: skip


def mutated(generator: random.Random) -> str:
    tokens = TOKEN.findall(TEXTS[generator.choice(sorted(TEXTS))])
    other = TOKEN.findall(TEXTS[generator.choice(sorted(TEXTS))])
    for _ in range(generator.randint(1, 4)):
        place = generator.randrange(len(tokens))
        match generator.randrange(5):
            case 0:
                del tokens[place : place + generator.randint(1, 3)]
            case 1:
                tokens[place] = generator.choice(STRANGE)
            case 2:
                tokens.insert(place, generator.choice(STRANGE))
            case 3:
                tokens[place] = generator.choice(other)
            case _:
                end = generator.randrange(len(tokens))
                tokens[place], tokens[end] = tokens[end], tokens[place]
        tokens = tokens or [""]
    return "".join(tokens)


@pytest.mark.parametrize("seed", range(8))
def test_mutated_kernels(seed: int) -> None:
    generator = random.Random(seed)
    refused, began = 0, time.monotonic()
    for _ in range(150):
        text = mutated(generator)
        try:
            document = read_document(text, "k.yaml", KernelDocument, InvalidKernel)
            parse_program(document, "sm_90a")
        except InvalidKernel as error:
            refused += 1
            for problem in error.problems:
                assert problem.file == "k.yaml"
                assert problem.line is not None
                assert 1 <= problem.line <= len(re.split("\r\n|[\n\r\x85\u2028\u2029]", text)) + 1
                assert problem.column is not None
                assert problem.column >= 1
                assert problem.message
                assert problem.cure
    assert 50 < refused < 150, "mutations are neither all fatal nor all harmless"
    assert time.monotonic() - began < 60
