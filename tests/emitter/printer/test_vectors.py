"""Expressions and vectors: each primitive compiles, and the rounding that the text promises."""

import pytest

from twill.emitter.printer.printer import print_cuda
from twill.models.warp_expression import Coordinate, Expression, IndexValue, Rounded, ScalarValue
from twill.models.warp_step import Assign
from twill.runtime.nvrtc import compile_source
from twill.tests.emitter.printer.programs import apply, literal, name, read, vectors

SCALE = ScalarValue(argument="scale")
X, INDEX, B, C, R, T = (read(fragment) for fragment in "xibcrt")
MASKED = apply(
    "where",
    apply("and", apply("less", Coordinate(axis="column"), T), apply("not", B)),
    apply("subtract", X, apply("add", C, R)),
    literal("-inf"),
)
FLOATS: tuple[Expression, ...] = (
    MASKED,
    *(apply(p, X) for p in ("negate", "absolute", "exp2", "log2", "sqrt", "rsqrt")),
    *(apply(p, X) for p in ("sigmoid", "tanh")),
    *(apply(p, X, SCALE) for p in ("divide", "maximum", "minimum", "floor_divide", "remainder")),
    *(Rounded(dtype=dtype, operand=X) for dtype in ("bf16", "fp16", "fp8e4m3", "f32")),
    Rounded(dtype="f32", operand=apply("floor_divide", INDEX, literal(3))),
    apply("multiply", IndexValue(expression=name("limit", "argument")), X),
)


def test_every_primitive_compiles() -> None:
    bools = (
        *(apply(p, X, literal(1)) for p in ("less_equal", "greater", "equal", "not_equal")),
        apply("or", apply("less", INDEX, T), B),
    )
    more = [
        *(Assign(target="x", value=value) for value in FLOATS),
        *(Assign(target="b", value=value) for value in bools),
        Assign(target="i", value=apply("remainder", INDEX, literal(3))),
        Assign(target="x", value=apply("where", B, X, INDEX)),
    ]
    source = print_cuda(vectors(literal(0.5), more=more))
    report = compile_source(source, "sm_90a", "vectors").report
    assert report.is_clean
    assert "warning" not in report.log


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (apply("subtract", X, apply("add", C, R)), "x[i] - (c[column_of(i)] + r_2[row_of(i)])"),
        (apply("multiply", apply("add", X, literal(1)), SCALE), "(x[i] + 1.0f) * scale"),
        (apply("divide", X, R), "divide(x[i], r_2[row_of(i)])"),
        (apply("negate", literal(-1.5)), "-(-1.5f)"),
        (apply("add", X, INDEX), "x[i] + (float)i_2[i]"),
        (MASKED.operands[0], "(float)((lane_column + column_at(i) < t) & !b[i])"),
    ],
)
def test_expressions_have_few_parentheses(value: Expression, text: str) -> None:
    # The fragments r and i are numbered: the printer's own loops count with these names.
    assert f"x[i] = {text};" in print_cuda(vectors(value))


def test_vectors_stay_within_their_bounds() -> None:
    text = print_cuda(vectors(literal(0)))
    assert "const int at = m * 64 + lane_row + 8 * r;" in text
    # The grid counts the rows of the argument, so only the last dimension is checked.
    assert "r_2[r] = at < N ? weights[(u64)n * N + at] : 0.0f;" in text
    assert "if (at < N) out[(u64)n * N + at]" in text
    assert "at < N ? unpack_bf16(bias[at]) : 0.0f" in text
