"""Calls counted in a window that moves."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twill.service import window
from twill.service.window import MovingWindow


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr("twill.service.window.time", self)

    def monotonic(self) -> float:
        return self.now


def test_a_hit_counts_until_its_window_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    seen = MovingWindow(2, 60)
    assert [seen.hit("a") for _ in range(3)] == [True, True, False]
    assert seen.hit("b")
    clock.now = 59.9
    assert not seen.hit("a")
    clock.now = 60.0
    assert [seen.hit("a") for _ in range(3)] == [True, True, False]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9)), max_size=80))
def test_no_window_has_more_than_its_amount_and_none_is_refused_for_less(
    calls: list[tuple[str, int]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock(patch)
        seen = MovingWindow(3, 10)
        counted: list[tuple[str, float]] = []
        for who, pause in calls:
            clock.now += pause
            recent = Counter(name for name, at in counted if at > clock.now - 10)
            assert seen.hit(who) == (recent[who] < 3)
            if recent[who] < 3:
                counted.append((who, clock.now))


def test_callers_are_forgotten_before_memory_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "MOST_CALLERS", 2)
    seen = MovingWindow(1, 60)
    assert [seen.hit(who) for who in "abcb"] == [True, True, True, False]
    assert seen.hit("a")  # it was the oldest
