"""Lists in kernel documents: which combinations, and the document of each."""

import pytest

from twill.extractor.language import parse_program
from twill.extractor.shapes import MOST_SHAPES, listed_shapes, with_shape
from twill.kernels.library import load_kernel
from twill.models.errors import InvalidKernel
from twill.models.kernel import KernelDocument
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
