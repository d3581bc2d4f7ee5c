"""The primitives of the kernel language in C++: f32 for floats, i32 for integers.

Approximations, in units of the last place of f32 unless said otherwise (PTX ISA): exp2 and divide
2, rsqrt 2, sqrt 2^-23 relative, log2 2^-22 absolute near 1, tanh 2^-11 relative; subnormals are 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...models.tile_operation import MapPrimitive
from .values import ADDED, COMPARED, JOINED, MULTIPLIED, TERNARY, UNARY, Value, as_type, common_type

Apply = Callable[..., Value]


def _operator(sign: str, binding: int) -> Apply:
    def apply(left: Value, right: Value) -> Value:
        wanted = common_type(left, right)
        a, b = as_type(left, wanted), as_type(right, wanted)
        # A sum on the right is set apart, as its rounding is.
        text = f"{a.within(binding)} {sign} {b.within(binding - 1)}"
        return Value(text, wanted, binding)

    return apply


def _comparison(sign: str) -> Apply:
    def apply(left: Value, right: Value) -> Value:
        wanted = common_type(left, right)
        a, b = as_type(left, wanted), as_type(right, wanted)
        return Value(f"{a.within(ADDED)} {sign} {b.within(ADDED)}", "bool", COMPARED)

    return apply


def _joined(sign: str) -> Apply:
    # `&` and `|` evaluate both sides: no branch in an unrolled loop.
    def apply(left: Value, right: Value) -> Value:
        wanted = "bool" if left.type == right.type == "bool" else "int"
        a, b = as_type(left, wanted), as_type(right, wanted)
        text = f"{_apart(a)} {sign} {_apart(b)}"
        return Value(text, wanted, JOINED)

    return apply


def _apart(value: Value) -> str:
    return value.within(UNARY)


def _function(name: str) -> Apply:
    def apply(operand: Value) -> Value:
        return Value(f"{name}({as_type(operand, 'float').text})", "float")

    return apply


def _by_type(of_floats: str, of_integers: str) -> Apply:
    def apply(*operands: Value) -> Value:
        wanted = common_type(*operands)
        name = of_floats if wanted == "float" else of_integers
        return Value(f"{name}({', '.join(as_type(o, wanted).text for o in operands)})", wanted)

    return apply


def _divide(left: Value, right: Value) -> Value:
    a, b = as_type(left, "float"), as_type(right, "float")
    return Value(f"divide({a.text}, {b.text})", "float")


def _negate(operand: Value) -> Value:
    value = as_type(operand, common_type(operand))
    # Not `--x`, where the operand begins with a sign itself.
    text = f"({value.text})" if value.text.startswith("-") else value.within(UNARY)
    return Value(f"-{text}", value.type, UNARY)


def _not(operand: Value) -> Value:
    return Value(f"!{as_type(operand, 'bool').within(UNARY)}", "bool", UNARY)


def _where(condition: Value, yes: Value, no: Value) -> Value:
    is_bool = yes.type == no.type == "bool"
    wanted = "bool" if is_bool else common_type(yes, no)
    a, b = as_type(yes, wanted), as_type(no, wanted)
    chosen = as_type(condition, "bool").within(JOINED)
    return Value(f"{chosen} ? {a.within(JOINED)} : {b.within(JOINED)}", wanted, TERNARY)


APPLY: Mapping[MapPrimitive, Apply] = {
    "add": _operator("+", ADDED),
    "subtract": _operator("-", ADDED),
    "multiply": _operator("*", MULTIPLIED),
    "divide": _divide,
    "floor_divide": _by_type("floor_quotient", "floor_divide"),
    "remainder": _by_type("floor_modulo", "floor_remainder"),
    "negate": _negate,
    "absolute": _by_type("fabsf", "abs"),
    "maximum": _by_type("fmaxf", "max"),
    "minimum": _by_type("fminf", "min"),
    "exp2": _function("exp2_approx"),
    "log2": _function("log2_approx"),
    "sqrt": _function("sqrt_approx"),
    "rsqrt": _function("rsqrt_approx"),
    "sigmoid": _function("sigmoid"),
    "tanh": _function("tanh_approx"),
    "less": _comparison("<"),
    "less_equal": _comparison("<="),
    "greater": _comparison(">"),
    "greater_equal": _comparison(">="),
    "equal": _comparison("=="),
    "not_equal": _comparison("!="),
    "and": _joined("&"),
    "or": _joined("|"),
    "not": _not,
    "where": _where,
}
