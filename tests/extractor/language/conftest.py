"""Building a small kernel document around a program."""

import textwrap
from collections.abc import Callable, Mapping

import pytest

from twill.extractor.language import parse_program
from twill.models.errors import InvalidKernel
from twill.models.kernel import KernelDocument
from twill.models.tile_program import TileProgram
from twill.reader.documents import read_document

HEADER = """\
kernel: test
summary: A test.
sizes: {A: 16, B: 8, C: 16}
arguments:
  x: {dtype: bf16, shape: [rows, columns]}
  w: {dtype: bf16, shape: [columns, rows]}
  v: {dtype: f32, shape: [rows]}
  t: {dtype: i32, shape: [rows]}
  y: {dtype: f32, shape: [rows, columns]}
  scale: f32
  count: i32
grid: {m: 'cdiv(rows, A)'}
program: |
"""

Parse = Callable[..., TileProgram]


@pytest.fixture
def parse() -> Parse:
    """`parse(program, sizes=None)`: its tile program; the text starts on line 14, column 3."""

    def parse_text(program: str, sizes: Mapping[str, int] | None = None) -> TileProgram:
        text = HEADER + textwrap.indent(textwrap.dedent(program), "  ")
        document = read_document(text, "k.yaml", KernelDocument, InvalidKernel)
        return parse_program(document, "sm_90a", sizes)

    return parse_text
