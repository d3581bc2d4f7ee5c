"""Folding modulo II counts the copies of a span slot by slot."""

from hypothesis import given
from hypothesis import strategies as st

from twill.drawing.folding import fold, folded_total


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 17))
def test_fold_counts_the_iterations_that_cover_a_slot(start: int, length: int, ii: int) -> None:
    folded = fold(start, length, ii)
    for slot in range(ii):
        live = sum(start <= slot + j * ii < start + length for j in range(-130, 130))
        assert folded.whole + sum(a <= slot < b for a, b in folded.pieces) == live


def test_pieces_ascend_within_the_period() -> None:
    assert fold(10, 5, 12).pieces == ((0, 3), (10, 12))
    assert fold(10, 29, 12).whole == 2


def test_totals_are_told_where_they_change() -> None:
    spans = [(fold(0, 4, 12), 3), (fold(4, 2, 12), 3), (fold(10, 4, 12), 5)]
    assert folded_total(spans, 12) == ((0, 8), (2, 3), (6, 0), (10, 5))
