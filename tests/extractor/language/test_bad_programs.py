"""Programs that are not part of the language: what is said, and where, to line and column."""

from collections.abc import Callable

import pytest

from twill.models.errors import InvalidKernel
from twill.models.tile_program import TileProgram

Parse = Callable[..., TileProgram]

X = "a = load(x, (m, 0), (A, B))\n"
STORE = "store(y, (m, 0), zeros((A, B)))\n"

# program, line and column in the file (the text begins at 14:3), message, cure
CASES = [
    # names
    (X + "s = a + bb", 15, 11, "unknown name bb", "declare it"),
    (X + "s = a * scle", 15, 11, "unknown name scle", "did you mean scale?"),
    ("a = lod(x, (m, 0), (A, B))", 14, 7, "unknown function lod", "did you mean load?"),
    ("a = load(z, (m, 0), (A, B))", 14, 12, "unknown name z", "declare it"),
    ("a = load(A, (m, 0), (A, B))", 14, 12, "an argument with a shape", "name one of"),
    ("m = 1", 14, 3, "m is a size, an argument", "choose another name"),
    ("A = 1", 14, 3, "A is a size", "choose another name"),
    ("dot = 1", 14, 3, "dot is a word of the language", "choose another name"),
    ("x = zeros((A,))", 14, 3, "x is a size, an argument", "choose another"),
    ("a = x + 1.0", 14, 7, "x is an array in global memory", "load a tile of it"),
    ("a = x", 14, 3, "x is an array in global memory", "load a tile of it"),
    ("a = dot", 14, 7, "dot is a word of the language, not a value", "call it"),
    ("\u00e4 = 1", 14, 3, "the name \u00e4", "ASCII"),
    # statements
    ("a, b = 1, 2", 14, 3, "only a local can be assigned", "name = expression"),
    ("a = b = 1", 14, 3, "Assign is not a statement", "assign one name at a time"),
    ("a[0] = 1", 14, 3, "only a local can be assigned", "name = expression"),
    ("a[0] += 1", 14, 3, "only a local can be assigned", "name = expression"),
    ("a: f32 = 1", 14, 3, "AnnAssign is not a statement", "types follow"),
    ("import os", 14, 3, "Import is not a statement", "no import"),
    ("if m: a = 1", 14, 3, "If is not a statement", "where(condition"),
    ("while m: a = 1", 14, 3, "While is not a statement", "for n in range"),
    ("def f(): a = 1", 14, 3, "FunctionDef is not a statement", "write the statements out"),
    ("pass", 14, 3, "Pass is not a statement", "leave it out"),
    ("del a", 14, 3, "Delete is not part of the language", "arithmetic"),
    (X + "a + a", 15, 3, "an expression without effect", "assign it"),
    (X + "dot(a, a.T)", 15, 3, "an expression without effect", "assign it"),
    ("a = (1", 14, 7, "not a legal statement", "Python syntax"),
    ("a = 1\n  b = 2", 15, 4, "not a legal statement: unexpected indent", "Python syntax"),
    ("a = 'b'", 14, 7, "the character '", "not part of the language"),
    ("# nothing", 14, 3, "the program is empty", "load, compute and store"),
    ("a = 1", 14, 3, "the program stores nothing", "end with store"),
    ("a = store(y, (m, 0), zeros((A, B)))", 14, 7, "store has no value", "a statement of its own"),
    # loops
    (
        "for n in range(2):\n  for k in range(2):\n    a = 1", 15, 5,
        "a loop inside a loop", "one level of `for`",
    ),
    ("for n in range(2):\n  a = zeros((A,))\nelse:\n  b = 1", 14, 3, "this loop", "for n in"),
    ("for n in rows:\n  a = 1", 14, 12, "a loop runs over a range", "range(count)"),
    ("for n in range(1, 2, 3):\n  a = 1", 14, 12, "range with 3 arguments", "range(first, end)"),
    ("for n in range(scale):\n  a = 1", 14, 18, "an integer is needed", "sizes, extents"),
    ("for m in range(2):\n  a = 1", 14, 7, "m is a size, an argument", "choose another"),
    ("a = 1\nfor a in range(2):\n  b = 1", 15, 7, "a is a local already", "another loop index"),
    ("for n in range(2):\n  n = 1", 15, 5, "n is a size, an argument", "choose another"),
    ("for n in range(2):\n  a = a + 1.0", 15, 9, "a is read before it is assigned", "before the"),
    (
        "a = zeros((A,))\nfor n in range(2):\n  a = a[:, None]", 16, 5,
        "a is f32 (A,) before the loop and f32 (A, 1) after", "one type",
    ),
    (
        "a = zeros((A,), bf16)\nfor n in range(2):\n  a = a * 2.0", 16, 5,
        "a is bf16 (A,) before the loop and f32 (A,) after", "one type",
    ),
    ("a = 0\nfor n in range(2):\n  a = a + 1", 16, 9, "carries an integer", "loop index"),
    (
        "for n in range(2):\n  a = zeros((A, B))\nstore(y, (m, 0), a)", 16, 20,
        "a has a value inside the loop only", "assign a before the loop",
    ),
    # shapes
    ("a = zeros((A,)) + zeros((B,))", 14, 7, "shapes (A,) and (B,) do not match", "A against B"),
    ("a = zeros((A,)) + zeros((C,))", 14, 7, "(A,) and (C,)", "both 16 by chance"),
    ("a = zeros((A, B)) + zeros((B,))", 14, 7, "differ in rank", "[:, None] or [None, :]"),
    (X + "s = dot(a, a)", 15, 7, "dot of (A, B) and (A, B): B against A", "transpose with .T"),
    (X + "s = dot(a, a.T, zeros((A, B)))", 15, 7, "the accumulator is f32 (A, B)", "zeros"),
    (X + "s = dot(a, zeros((B,), bf16))", 15, 7, "the second operand of dot", "two matrices"),
    ("a = load(x, (m,), (A, B))", 14, 15, "1 indices into x", "x has 2 dimensions"),
    ("a = load(x, (m, 0), (A,))", 14, 23, "a tile of rank 1 of x", "x has 2 dimensions"),
    ("a = load(x, (m, 0), (A, rows))", 14, 27, "an index in a shape", "sizes and integers"),
    ("a = load(x, (m, 0), (A, 0))", 14, 27, "the extent 0", "from 1 to"),
    ("a = load(x, (m, 0.5), (A, B))", 14, 19, "an integer is needed", "sizes, extents"),
    ("a = zeros((A, B, A))", 14, 13, "a tile with 3 dimensions", "vectors and matrices"),
    ("a = zeros((A,)).T", 14, 7, ".T of f32 (A,)", "transpose a matrix"),
    (X + "s = a[:, None]", 15, 7, "[:, None] of bf16 (A, B)", "broadcast a vector"),
    (X + "s = a[0]", 15, 7, "this subscript is not supported", "[:, None] or"),
    (X + "s = max(a, axis=2)", 15, 19, "the axis of f32 (A, B)", "from 0 to 1"),
    (X + "s = max(a)", 15, 7, "max without axis", "max(x, axis)"),
    (X + "s = max(a, a)", 15, 7, "max of bf16", "maximum(a, b)"),
    # element types
    (X + "s = dot(a.to(f32), a.T.to(f32))", 15, 7, "first operand of dot is f32", ".to(bf16)"),
    (X + "s = dot(a, a.T.to(fp16))", 15, 7, "dot of bf16 and fp16", "cast one of them"),
    (X + "s = a.to(float16)", 15, 12, "float16 is not an element type", "did you mean"),
    (X + "s = a + arange(B)[None, :]", 15, 7, "add of bf16 (A, B) and i32 (1, B)", ".to(f32)"),
    (X + "s = a * m", 15, 7, "multiply of bf16 (A, B) and an index", ".to(f32)"),
    (X + "s = a & a", 15, 7, "and of bf16 (A, B)", "compare for a mask"),
    (X + "s = where(a, a, a)", 15, 7, "the condition of where is bf16", "compare"),
    ("s = arange(A) / 2", 14, 7, "divide of i32 (A,)", "use // for integers"),
    (X + "s = sum(a > 0.0, axis=0)", 15, 7, "a reduction of a mask", "where(mask"),
    (X + "store(y, (m, 0), a)", 15, 20, "y is f32 and the value bf16 (A, B)", ".to(f32)"),
    ("store(y, (m, 0, 0), zeros((A, B)))", 14, 12, "3 indices into y", "2 dimensions"),
    ("a = full((A,), zeros((A,)))", 14, 18, "f32 (A,) fills f32", "give a f32 scalar"),
    (X + "s = a + x", 15, 7, "x is an array in global memory", "load a tile of it"),
    ("a = full((A,), 0.5, i32)", 14, 18, "0.5 in i32", "write an integer"),
    # expressions
    (X + "s = a ** 2", 15, 7, "Pow is not part of the language", "multiply"),
    (X + "s = a @ a.T", 15, 7, "MatMult is not part of the language", "dot(a, b)"),
    (X + "s = a if m else a", 15, 7, "IfExp is not part", "where(condition"),
    (X + "s = a > 0.0 and a < 1.0", 15, 7, "BoolOp is not part", "& and |"),
    (X + "s = 0.0 < a < 1.0", 15, 7, "a chain of comparisons", "with &"),
    (X + "s = not a", 15, 7, "Not is not part", "with ~"),
    (X + "s = a in a", 15, 7, "this comparison", "< <= >"),
    (X + "s = [a]", 15, 7, "List is not part of the language", "arithmetic"),
    (X + "s = lambda: a", 15, 7, "Lambda is not part", "write the expression out"),
    (X + "s = a.sum(axis=1)", 15, 7, "unsupported call .sum", "write sum(x, ...)"),
    (X + "s = a.shape", 15, 7, "unknown attribute .shape", ".T or .to"),
    (X + "s = a.to(bf16, f32)", 15, 7, "unsupported call .to", ".to(dtype)"),
    (X + "s = exp2(a, a)", 15, 7, "2 arguments to exp2", "exp2(x)"),
    (X + "s = exp2(a, axis=0)", 15, 15, "the argument axis of exp2", "exp2(x)"),
    (X + "s = exp2(*a)", 15, 12, "a starred argument", "exp2(x)"),
    (X + "s = exp2(**a)", 15, 12, "the argument None of exp2", "exp2(x)"),
    (X + "s = a(1)(2)", 15, 7, "this cannot be called", "by name"),
    ("s = None", 14, 7, "only numbers", "arithmetic"),
    ("s = 1j", 14, 7, "only numbers", "arithmetic"),
    ("s = 1 // 0", 14, 7, "a division by zero", "positive size"),
    ("s = 1.0 / 0", 14, 7, "this constant has no value", "write the number"),
    ("s = inf - inf", 14, 7, "this constant is not a number", "write a number"),
    ("s = 2147483648", 14, 7, "the integer is too large", "32 bits"),
    ("s = 65536 * 65536", 14, 7, "the integer is too large", "32 bits"),
    ("s = eval(1)", 14, 7, "unknown function eval", "known:"),
    ("s = __import__(1)", 14, 7, "unknown function __import__", "known:"),
]  # fmt: skip


@pytest.mark.parametrize(("program", "line", "column", "message", "cure"), CASES)
def test_refused(
    parse: Parse, program: str, line: int, column: int, message: str, cure: str
) -> None:
    with pytest.raises(InvalidKernel) as caught:
        parse(program)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert cure in (problem.cure or "")
    assert (problem.file, problem.line, problem.column) == ("k.yaml", line, column)


def test_columns_count_characters_not_bytes(parse: Parse) -> None:
    with pytest.raises(InvalidKernel) as caught:
        parse("a = zeros((A,))  # \u00e4\u00e4\ns = \u00e4\u00e4 + bb")
    assert (caught.value.problems[0].line, caught.value.problems[0].column) == (15, 7)
    with pytest.raises(InvalidKernel) as caught:
        parse("s = 1 + \u00e4\u00e4 + bb")
    assert caught.value.problems[0].column == 11


LARGE = {
    "bytes": ("# " + "x" * 70 + "\n") * 1000,
    "statement": "s = 1" + " + 1" * 2000,
    "brackets": "s = " + "(" * 40 + "1" + ")" * 40,
    "nesting": "s = " + "-" * 100 + "1",
    "minuses": "s = " + "-" * 4000 + "1",
    "attributes": "s = a" + ".T" * 1000,
    "operations": "a = zeros((A,))\n" + "a = a + 1.0\n" * 5000,
    "lines": "s = (" + "1 +\n" * 3000 + "1)",
}


@pytest.mark.parametrize("name", LARGE)
def test_large_programs_are_refused(parse: Parse, name: str) -> None:
    with pytest.raises(InvalidKernel) as caught:
        parse(LARGE[name] + "\n")
    assert any(
        part in caught.value.problems[0].message for part in ("more than", "larger than", "nested")
    )
    assert caught.value.problems[0].cure
