"""Which shapes are solved: never fewer than the proof needs, and the winner of solving all."""

from dataclasses import dataclass
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from twill.models.shape import Shape
from twill.models.shape_search import ShapeCandidate
from twill.shaping.priced import Priced
from twill.shaping.turns import best_of, in_order, solve_in_turn, status_of


@dataclass(frozen=True)
class Case:
    """A shape, its least interval (None: no schedule), and what a limit lets be known of it."""

    work: int
    loaded: int
    minimum: int
    least: int | None
    found: int | None = None  # with a limit: the interval that is found, not proved
    is_proved: bool = True


@st.composite
def cases(draw: st.DrawFn, limits: bool = False) -> Case:
    minimum = draw(st.integers(1, 6))
    least = draw(st.none() | st.integers(minimum, minimum + 3))
    proved = not limits or draw(st.booleans())
    found = None
    if not proved and least is not None and draw(st.booleans()):
        found = least + draw(st.integers(0, 2))
    work = draw(st.integers(1, 4)) * minimum if draw(st.booleans()) else draw(st.integers(1, 12))
    return Case(work, draw(st.integers(1, 3)), minimum, least, found, proved)


def priced(all_cases: list[Case]) -> tuple[Priced, ...]:
    return in_order(
        Priced(
            place,
            ShapeCandidate(
                shape=Shape(sizes={"N": place + 1}), status="unknown",
                work=case.work, loaded_bytes=case.loaded, minimum=case.minimum,
            ),
        )
        for place, case in enumerate(all_cases)
    )  # fmt: skip


def rows(all_cases: list[Case], every: bool = False) -> tuple[ShapeCandidate, ...]:
    def solve(shape: Priced) -> ShapeCandidate:
        case = all_cases[shape.place]
        if not case.is_proved:
            status = "unknown" if case.found is None else "feasible"
            told = {"initiation_interval": case.found, "lower_bound": case.minimum}
        else:
            status = "infeasible" if case.least is None else "optimal"
            told = {"initiation_interval": case.least, "lower_bound": case.least}
        return shape.row.model_copy(update={"status": status, "seconds": 1.0, **told})

    return tuple(solve_in_turn(priced(all_cases), solve, every=every))


def winner(all_cases: list[Case]) -> int | None:
    """By the text of docs/kernel-language.md, from the true intervals."""
    keys = {
        place: (Fraction(-case.work, case.least), Fraction(case.loaded, case.work), place)
        for place, case in enumerate(all_cases)
        if case.least is not None
    }
    return min(keys, key=lambda place: keys[place], default=None)


def solves(found: tuple[ShapeCandidate, ...]) -> int:
    return sum(row.seconds > 0 for row in found)


@given(st.lists(cases(), min_size=1, max_size=7))
def test_the_winner_is_that_of_solving_every_shape(all_cases: list[Case]) -> None:
    shapes, quick, every = priced(all_cases), rows(all_cases), rows(all_cases, every=True)
    best = best_of(shapes, quick)
    assert best == best_of(shapes, every)
    assert (None if best is None else shapes[best].place) == winner(all_cases)
    assert status_of(shapes, quick, best) == ("infeasible" if best is None else "optimal")
    assert solves(quick) <= solves(every) == len(all_cases)


@given(st.lists(cases(limits=True), min_size=1, max_size=7))
def test_what_is_called_optimal_is_the_winner_whatever_limits_left_open(
    all_cases: list[Case],
) -> None:
    shapes, found = priced(all_cases), rows(all_cases)
    best = best_of(shapes, found)
    status = status_of(shapes, found, best)
    if status == "optimal":
        assert best is not None
        assert shapes[best].place == winner(all_cases)
    if status == "infeasible":
        assert winner(all_cases) is None
    proved = [
        shape.rank(row.initiation_interval)
        for shape, row in zip(shapes, found, strict=True)
        if row.status == "optimal"
    ]
    for shape, row in zip(shapes, found, strict=True):
        if row.status == "outdone":
            assert shape.rank(row.minimum) < max(proved)


def test_an_unproved_schedule_rules_nothing_out() -> None:
    fast = Case(work=10, loaded=1, minimum=1, least=1, found=1, is_proved=False)
    slow = Case(work=1, loaded=1, minimum=1, least=1)
    assert [row.status for row in rows([fast, slow])] == ["feasible", "optimal"]


def test_equal_bounds_are_outdone_by_fewer_bytes_then_by_the_order_of_the_document() -> None:
    more = Case(work=8, loaded=4, minimum=2, least=2)
    fewer = Case(work=8, loaded=2, minimum=2, least=2)
    again = Case(work=16, loaded=4, minimum=4, least=4)
    found = rows([more, fewer, again])
    assert [row.shape.sizes["N"] for row in found] == [2, 3, 1]
    assert [row.status for row in found] == ["optimal", "outdone", "outdone"]
    assert all(row.reason == "not solved: at best equal to 4.0" for row in found[1:])


def test_an_equal_bound_that_comes_first_in_the_order_of_ties_is_solved() -> None:
    """Its bound comes after one that its interval does not reach, so it is asked after it."""
    high = Case(work=8, loaded=4, minimum=1, least=2)
    equal = Case(work=8, loaded=2, minimum=2, least=2)
    found = rows([high, equal])
    assert [row.status for row in found] == ["optimal", "optimal"]
    assert best_of(priced([high, equal]), found) == 1


def test_an_undecided_shape_that_might_tie_and_come_first_leaves_it_open() -> None:
    proved = Case(work=8, loaded=4, minimum=2, least=2)
    first = Case(work=8, loaded=2, minimum=2, least=2, is_proved=False)
    found = rows([proved, first])
    assert [row.status for row in found] == ["unknown", "optimal"]
    assert status_of(priced([proved, first]), found, 1) == "feasible"


def test_an_undecided_shape_that_would_come_after_it_leaves_nothing_open() -> None:
    proved = Case(work=8, loaded=2, minimum=1, least=2)
    later = Case(work=8, loaded=4, minimum=2, least=2, is_proved=False)
    found = rows([proved, later], every=True)
    assert [row.status for row in found] == ["optimal", "unknown"]
    assert status_of(priced([proved, later]), found, 0) == "optimal"
