"""Lists in kernel documents: which combinations, and the document of each."""

import pytest

from twill.extractor.language import parse_program
from twill.extractor.shapes import MOST_SHAPES, first_shape, listed_shapes, with_shape
from twill.kernels.library import load_kernel
from twill.models.errors import InvalidKernel, UsageError
from twill.models.kernel import KernelDocument
from twill.models.shape import Shape
from twill.reader.documents import read_document

from ..support.listed_shapes import listed, listed_text


def test_every_combination_in_the_order_of_the_document() -> None:
    document = listed("gemm", "{BLOCK_M: [2, 1]}", BLOCK_N="[128, 64]")
    shapes = list(listed_shapes(document, "sm_90a"))
    assert [(s.sizes["BLOCK_N"], s.split["BLOCK_M"]) for s in shapes] == [
        (128, 2), (128, 1), (64, 2), (64, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "written", ["[256]", "\n    - 256  # best", "\n  - 256", "{sm_90a: [256]}"]
)
def test_the_chosen_document_is_the_one_written_without_lists(written: str) -> None:
    document = listed("gemm", BLOCK_N=written)
    (shape,) = listed_shapes(document, "sm_90a")
    shaped = with_shape(document, "sm_90a", shape)
    plain = load_kernel("gemm")
    assert parse_program(shaped, "sm_90a").sizes == parse_program(plain, "sm_90a").sizes
    if "sm_90a" not in written:
        assert shaped.value.digest() == plain.value.digest()


def test_lists_of_another_target_stay() -> None:
    document = listed("gemm", BLOCK_M="{sm_90a: [64, 128], sm_100a: [128, 256]}")
    shape = next(iter(listed_shapes(document, "sm_90a")))
    first = with_shape(document, "sm_90a", shape).value
    assert first.open_choices("sm_90a") == {}
    assert first.open_choices("sm_103a") == {("sizes", "BLOCK_M", "sm_100a"): (128, 256)}


def test_nothing_to_choose_is_an_error() -> None:
    with pytest.raises(InvalidKernel, match="nothing to choose"):
        listed_shapes(load_kernel("gemm"), "sm_90a")


def test_too_many_shapes_are_an_error() -> None:
    many = str(list(range(16, 16 * 17, 16)))
    assert MOST_SHAPES < 16**3
    document = listed("gemm", BLOCK_M=many, BLOCK_N=many, BLOCK_K=many)
    with pytest.raises(InvalidKernel, match="the lists make 4,096 shapes") as caught:
        listed_shapes(document, "sm_90a")
    assert (caught.value.problems[0].line, caught.value.problems[0].column) == (4, 3)


def test_what_needs_one_shape_refuses_a_list_at_its_place() -> None:
    with pytest.raises(InvalidKernel) as caught:
        parse_program(listed("gemm", BLOCK_N="[128, 256]"), "sm_90a")
    (problem,) = caught.value.problems
    assert problem.message == "sizes.BLOCK_N is a list of 2, and one value is needed here"
    assert (problem.line, problem.column) == (5, 3)
    assert problem.cure == "choose one, as `--size BLOCK_N=128`; `twill shapes` finds the best"


@pytest.mark.parametrize(
    ("written", "said"),
    [("[]", "at least 1 item"), ("[64, 64]", "each value once"), ("[0]", "greater than or equal")],
)
def test_bad_lists(written: str, said: str) -> None:
    with pytest.raises(InvalidKernel, match=said):
        read_document(listed_text("gemm", BLOCK_N=written), "k.yaml", KernelDocument, InvalidKernel)


def test_a_number_of_shapes_with_thousands_of_digits_is_an_error() -> None:
    sizes = "".join(f"  S{n}: [1, 2, 3, 4, 5]\n" for n in range(6_200))
    text = listed_text("gemm").replace("sizes:\n", f"sizes:\n{sizes}")
    document = read_document(text, "k.yaml", KernelDocument, InvalidKernel)
    with pytest.raises(InvalidKernel, match="the lists make more than 1,000,000,000 shapes"):
        listed_shapes(document, "sm_90a")


def test_more_values_than_a_list_may_have() -> None:
    text = listed_text("gemm", BLOCK_N=str(list(range(8, 8 * 18, 8))))
    with pytest.raises(InvalidKernel, match="more than 16 items") as caught:
        read_document(text, "k.yaml", KernelDocument, InvalidKernel)
    assert (caught.value.problems[0].line, caught.value.problems[0].column) == (5, 12)


def test_the_first_values_stand_unless_others_are_chosen() -> None:
    document = listed("gemm", "{BLOCK_M: [2, 1]}", BLOCK_M="{sm_90a: [64, 128]}", BLOCK_N="[8, 16]")
    chosen = Shape(sizes={"BLOCK_N": 16})
    first = first_shape(document.value, "sm_90a", chosen)
    assert first == Shape(sizes={"BLOCK_M": 64, "BLOCK_N": 16}, split={"BLOCK_M": 2})


def test_a_chosen_value_replaces_what_is_written() -> None:
    chosen = Shape(sizes={"BLOCK_M": 64, "BLOCK_N": 8}, split={"BLOCK_M": 1})
    shaped = with_shape(load_kernel("gemm"), "sm_90a", chosen)
    assert shaped.value.sizes_for("sm_90a") == {"BLOCK_M": 64, "BLOCK_N": 8, "BLOCK_K": 64}
    assert shaped.value.sizes_for("sm_100a")["BLOCK_M"] == 256
    assert shaped.value.split_for("sm_90a") == {"BLOCK_M": 1}


@pytest.mark.parametrize(
    ("shape", "said", "cure", "place"),
    [
        (Shape(sizes={"BLOCK_MM": 1}), "`sizes` has no BLOCK_MM", "did you mean BLOCK_M?", (3, 1)),
        (Shape(split={"K": 2}), "`split` has no K", "there are BLOCK_M", (7, 1)),
        (Shape(sizes={"BLOCK_N": 9}), "9 is not in the list of", "one of 8, 16", (5, 12)),
    ],
)
def test_what_cannot_be_chosen(shape: Shape, said: str, cure: str, place: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        with_shape(listed("gemm", BLOCK_N="[8, 16]"), "sm_90a", shape)
    (problem,) = caught.value.problems
    assert (problem.cure, (problem.line, problem.column)) == (cure, place)
