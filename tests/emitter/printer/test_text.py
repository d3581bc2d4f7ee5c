"""The whole text of two programs, and what single parts are written as."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twill.emitter.printer.indices import atom, index_sum
from twill.emitter.printer.names import RESERVED, Names, identifier
from twill.emitter.printer.printer import print_cuda
from twill.models.errors import ProgramViolation
from twill.models.index_expression import IndexExpression, evaluate_index
from twill.models.step_base import StepBase
from twill.tests.emitter.printer.attention_program import attention
from twill.tests.emitter.printer.programs import ceil_by, gemm, name, number, operation
from twill.tests.support.emissions import warp_program

GOLDEN = Path(__file__).parents[2] / "golden" / "emitter"
Golden = Callable[[str, Path], None]


def test_gemm_is_the_golden_text(golden: Golden) -> None:
    golden(print_cuda(gemm()), GOLDEN / "gemm.cu")


def test_attention_is_the_golden_text(golden: Golden) -> None:
    golden(print_cuda(attention()), GOLDEN / "attention.cu")


def test_every_kind_of_step_has_an_emitter() -> None:
    from twill.emitter.printer.steps import EMITTERS

    assert set(EMITTERS) == set(StepBase.__subclasses__())


def test_another_target_is_refused() -> None:
    program = gemm().model_copy(update={"target": "sm_103a"})
    with pytest.raises(ProgramViolation, match="sm_103a"):
        print_cuda(program)


def test_names_differ_and_none_is_reserved() -> None:
    names = Names()
    given_names = [names.give("x", n) for n in ("s[0]", "s_0", "for", "s'", "__x", "i")]
    assert given_names == ["s_0", "s_0_2", "for_2", "s_next", "v_x", "i_2"]
    assert not RESERVED & set(given_names)
    assert identifier("acc.multiply[0]") == "acc_multiply_0"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (operation(operation(name("k", "loop"), "+", number(2)), "-", number(3)), "k - 1"),
        (ceil_by("K", 64), "(K + 63) / 64"),
        (operation(number(3), "-", name("k", "loop")), "3 - k"),
        (operation(name("k", "loop"), "//", number(4)), "floor_divide(k, 4)"),
        (operation(name("K", "extent"), "//", number(4)), "K / 4"),
        (operation(operation(name("K", "extent"), "//", number(4)), "*", number(8)), "K / 4 * 8"),
        (operation(name("k", "loop"), "-", name("k", "loop")), "0"),
    ],
)
def test_index_expressions_are_simplified(expression: IndexExpression, text: str) -> None:
    assert index_sum(expression, lambda n: atom(n.name), frozenset({"extent"})).text == text


LEAVES: st.SearchStrategy[IndexExpression] = st.one_of(
    st.integers(0, 9).map(number), st.sampled_from("MNK").map(lambda text: name(text, "extent"))
)
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        operation, inner, st.sampled_from(("+", "-", "*", "//", "%", "min", "max", "cdiv")), inner
    ),
    max_leaves=6,
)


@given(EXPRESSIONS, st.integers(1, 50), st.integers(1, 50), st.integers(1, 50))
def test_index_expressions_keep_their_value(
    expression: IndexExpression, m: int, n: int, k: int
) -> None:
    values = {"M": m, "N": n, "K": k}
    try:
        wanted = evaluate_index(expression, values)
        text = index_sum(expression, lambda n: atom(n.name), frozenset({"extent"})).text
    except ZeroDivisionError:
        return
    functions = {
        "floor_divide": lambda x, y: x // y,
        "floor_remainder": lambda x, y: x % y,
        "ceil_divide": lambda x, y: -(-x // y),
        "min": min,
        "max": max,
    }
    # `/` is printed only where both sides are natural, so Python's `//` is the same.
    assert eval(text.replace("/", "//"), {"__builtins__": {}}, {**functions, **values}) == wanted


def test_a_role_stands_in_two_places_of_a_ring_that_it_fills_and_reads() -> None:
    text = print_cuda(warp_program("retention"))
    filled, read = "o_tile_to_bf16_shared_filled_phase", "o_tile_to_bf16_shared_phase"
    assert f"mbar_wait(o_tile_to_bf16_shared_empty, {filled} ^ 1);" in text
    assert f"mbar_wait(o_tile_to_bf16_shared_full, {read});" in text
    assert text.count(f"{filled} ^= 1;") == text.count(f"{read} ^= 1;") > 1
