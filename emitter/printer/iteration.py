"""Which iteration of the loop a step belongs to, and what is known of it without running."""

from __future__ import annotations

from dataclasses import dataclass

from .indices import Sum, atom, constant


@dataclass(frozen=True, slots=True)
class Iteration:
    """The iteration `anchor + offset`.

    lowest: it is at least that. left: at least so many iterations come after it. `exact` says that
    `left` is no bound but the very number, as it is where the number of trips is known or where the
    iteration counts from the end.
    """

    anchor: str  # a C++ variable; empty for 0
    offset: int
    lowest: int
    left: int
    exact: bool = False

    @property
    def number(self) -> Sum:
        """The iteration in C++, from 0."""
        start = atom(self.anchor) if self.anchor else constant(0)
        return start.plus(self.offset)

    def outside(self, skip_first: int, skip_last: int) -> bool:
        """Whether it surely is one of the first or of the last iterations."""
        first = not self.anchor and self.offset < skip_first
        return first or (self.exact and self.left < skip_last)

    def condition(self, skip_first: int, skip_last: int) -> str:
        """What has to hold for it to be none of them; empty where that is sure."""
        found = []
        if self.lowest < skip_first:
            found.append(f"{self.number.text} >= {skip_first}")
        if self.left < skip_last:
            if self.anchor:
                found.append(f"{self.number.text} < {atom('trips').plus(-skip_last).text}")
            else:
                found.append(f"trips > {self.offset + skip_last}")
        return " && ".join(found)


def at_start(period: int, lag: int, fewest: int) -> Iteration:
    """In a period that counts from the start, of a loop with `fewest` trips or more."""
    return Iteration("", period - lag, period - lag, fewest - 1 - (period - lag))


def at_end(offset: int, lag: int, fewest: int) -> Iteration:
    """In period trips + offset."""
    return Iteration("trips", offset - lag, fewest + offset - lag, lag - offset - 1, exact=True)


def in_short_run(period: int, trips: int, lag: int) -> Iteration:
    """In a period of a run of so many trips."""
    return Iteration("", period - lag, period - lag, trips - 1 - (period - lag), exact=True)


def in_steady_state(variable: str, stages: int, unroll: int, lag: int) -> Iteration:
    """In the loop over the periods stages - 1 to trips - 1, so many at once."""
    return Iteration(variable, -lag, stages - 1 - lag, unroll - 1 + lag)


def in_guarded_loop(variable: str, lag: int) -> Iteration:
    """In the loop over all periods, under the condition that the iteration exists."""
    return Iteration(variable, -lag, 0, 0)
