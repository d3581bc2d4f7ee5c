"""Kernel documents around a program text, for tests of what becomes of a program."""

from twill.models.errors import InvalidKernel
from twill.models.kernel import KernelDocument
from twill.reader.documents import read_document
from twill.reader.located import Located

HEAD = """kernel: example
summary: an example
sizes: {M: 128, N: 128, K: 64}
split: SPLIT
arguments:
  a: {dtype: bf16, shape: [rows, columns]}
  b: {dtype: bf16, shape: [rows, columns]}
  c: {dtype: f32, shape: [rows, columns]}
grid: {m: "cdiv(rows, M)"}
program: |
"""
FIRST_LINE = HEAD.count("\n") + 1  # of the program in its file


def kernel_of(program: str, split: str = "{}") -> Located[KernelDocument]:
    """The document `example.yaml` of a program over arguments a, b (bf16) and c (f32)."""
    lines = "".join(f"  {line}\n" for line in program.strip("\n").split("\n"))
    text = HEAD.replace("SPLIT", split) + lines
    return read_document(text, "example.yaml", KernelDocument, InvalidKernel)
