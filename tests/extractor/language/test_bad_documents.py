"""Documents whose declarations do not fit together, with the place of the fault."""

import re
from pathlib import Path

import pytest

from twill.extractor.language import parse_program
from twill.kernels.library import kernel_path
from twill.models.errors import InvalidKernel, Problem
from twill.models.kernel import KernelDocument
from twill.reader.documents import read_document

# With one number for the rows, which some of the cases replace.
GEMM = re.sub("  BLOCK_M: .*", "  BLOCK_M: 128", kernel_path("gemm").read_text())


def parse(text: str) -> None:
    parse_program(read_document(text, "k.yaml", KernelDocument, InvalidKernel), "sm_90a")


def refusal(text: str) -> Problem:
    with pytest.raises(InvalidKernel) as caught:
        parse(text)
    assert caught.value.problems[0].file == "k.yaml"
    return caught.value.problems[0]


CASES = [
    ("  BLOCK_M: 128", "  BLOCK_M: 0", (4, 12), "sizes.BLOCK_M: must be greater", ""),
    ("  BLOCK_M: 128", "  BLOCK_M: 65537", (4, 12), "less than or equal to 65536", ""),
    ("  BLOCK_M: 128", "  BLOCK_M: 1.5", (4, 12), "must be an integer or a list or a mapping", ""),
    ("  BLOCK_M: 128", "  BLOCK_M: {sm_90: 1}", (4, 13), "sizes.BLOCK_M.sm_90: must be", "sm_90a"),
    ("  BLOCK_M: 128", "  BLOCK_M: {sm_100a: 128}", (4, 3), "no value for sm_90a", "add `sm_90a:`"),
    ("  BLOCK_M: 128", "  dot: 128\n  BLOCK_M: 128", (4, 3), "dot is a word", "another name"),
    ("  BLOCK_M: 128", "  lambda: 128\n  BLOCK_M: 128", (4, 3), "lambda is a word", "another"),
    ("  BLOCK_M: 128", "  a: 128\n  BLOCK_M: 128", (10, 3), "a is declared twice", "another name"),
    ("  BLOCK_M: 128", "  BLOCK-M: 1\n  BLOCK_M: 128", (4, 3), "not a legal name", "must match"),
    ("{BLOCK_M: 2}", "{BLOCK_M: 3}", (7, 9), "does not split into 3", "divisor"),
    ("{BLOCK_M: 2}", "{BLOCK_Q: 2}", (7, 9), "BLOCK_Q is not a size", "did you mean"),
    ("dtype: bf16, shape: [M, K]", "dtype: f16, shape: [M, K]", (9, 14), "must be 'bf16'", "fp16"),
    ("shape: [M, K]", "shape: []", (9, 27), "a.shape: needs at least 1 item", "write what it"),
    ("shape: [M, K]", "shape: [M, K, K, K, K, K]", (9, 27), "more than 5 items", ""),
    ("shape: [M, K]", "shape: [M, -1]", (9, 31), "must be greater", ""),
    ("shape: [M, K]", "shape: [M, m]", (9, 31), "m is an argument, an index", "otherwise"),
    ("shape: [M, K]", "shape: [M, exp2]", (9, 31), "exp2 is an argument", "otherwise"),
    ("shape: [M, K]}", "shape: [M, K], strides: 1}", (9, 35), "unknown field", "known here"),
    ("  n: cdiv(N, BLOCK_N)", "  n: cdiv(N, BLOCK_Q)", (14, 14), "unknown name BLOCK_Q", "BLOCK_N"),
    ("  n: cdiv(N, BLOCK_N)", "  n: cdiv(N", (14, 10), "not a legal statement", "Python"),
    ("  n: cdiv(N, BLOCK_N)", "  n: m", (14, 6), "unknown name m", ""),
    ("  n: cdiv(N, BLOCK_N)", "  n: 1.5", (14, 6), "grid.n: must be text or an integer", ""),
    ("  n: cdiv(N, BLOCK_N)", "  n: 0", (14, 6), "a grid of 0", "at least one block"),
    ("  n: cdiv(N, BLOCK_N)", "  n: zeros((2,))", (14, 6), "an integer is needed", "sizes"),
    ("  n: cdiv(N, BLOCK_N)", "  n: '[1]'", (14, 7), "List is not part", ""),
    (
        "grid:\n  m: cdiv(M, BLOCK_M)\n  n: cdiv(N, BLOCK_N)\n", "grid: {m: cdiv(M, BLOCK_M)}\n",
        (12, 19), "grid.BLOCK_M): the text 'BLOCK_M)' is not a legal name", "quote text that has a",
    ),
    ("program: |", "programme: |", (15, 1), "programme: unknown field", "did you mean program?"),
    ("kernel: gemm", "kernel: Gemm", (1, 9), "kernel: the text 'Gemm' is not a legal name", ""),
    ("kernel: gemm", "kernel:", (1, 8), "kernel: must be text, not nothing", ""),
    ("absolute: 1.0e-2", "absolute: -1", (22, 23), "tolerance.absolute: must be greater", ""),
    ("absolute: 1.0e-2", "absolute: .nan", (22, 23), ".nan is not a finite number", "finite"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "message", "cure"), CASES)
def test_refused(old: str, new: str, place: tuple[int, int], message: str, cure: str) -> None:
    assert old in GEMM
    problem = refusal(GEMM.replace(old, new, 1))
    assert message in problem.message
    assert cure in (problem.cure or "")
    assert (problem.line, problem.column) == place


def test_program_in_one_quoted_line() -> None:
    head = GEMM[: GEMM.index("program:")]
    problem = refusal(head + "program: 'acc = zeros((BLOCK_M, BLOCK_Q))'\n")
    assert (problem.line, problem.column) == (15, 33)


def test_deeper_indentation() -> None:
    head = GEMM[: GEMM.index("program:")]
    problem = refusal(head + "program: |  # text\n\n        acc = zeros((BLOCK_M, BLOCK_Q))\n")
    assert (problem.line, problem.column) == (17, 31)


def test_5000_operations(tmp_path: Path) -> None:
    head = GEMM[: GEMM.index("program:")]
    body = "".join(f"  a{i} = zeros((BLOCK_M, BLOCK_N))\n" for i in range(5000))
    assert "larger than 64 KiB" in refusal(head + "program: |\n" + body).message
    body = "  s = zeros((BLOCK_M,))\n" + "  s = s + 1.0\n" * 2500
    assert "more than 2000 operations" in refusal(head + "program: |\n" + body).message
