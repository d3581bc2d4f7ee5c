"""An explanation in plain sentences; each says what its numbers say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from ..models.answer import Status
from ..models.certificate import Exclusion
from ..models.explanation import Hop, Load
from ..models.shape import WorkUnit

MOST_SHARES = 8


def load_sentence(load: Load, interval: int | None) -> str:
    """Who takes how much of a unit."""
    shown = [f"{s.operation} {s.percent:g} %" for s in load.shares[:MOST_SHARES]]
    rest = sum(share.work for share in load.shares[MOST_SHARES:])
    if rest:
        shown.append(f"{len(load.shares) - MOST_SHARES} others {100 * rest / load.work:.1f} %")
    at = "" if interval is None else f", {load.percent:g} % of what it offers in {interval:,}"
    return f"{load.unit} needs {load.bound:,} cycles{at}: {', '.join(shown)}."


def next_sentence(loads: Sequence[Load], minimum: int) -> str:
    """The units that would be next; a tie is said to be one. Empty if there is none."""
    below = [load for load in loads if load.bound < minimum]
    if not below:
        return ""
    bound = max(load.bound for load in below)
    names = [load.unit for load in below if load.bound == bound]
    what = f"a tie of {listed(names)}" if len(names) > 1 else names[0]
    return f"Next comes {what}, with {bound:,} cycles."


def recurrence_sentence(hops: Sequence[Hop]) -> str:
    """The critical recurrence, operation by operation."""
    latency, distance = sum(h.latency_cycles for h in hops), sum(h.distance for h in hops)
    steps = [
        f"{hop.source} -> {hop.target} {hop.latency_cycles:,}{_later(hop.distance)}" for hop in hops
    ]
    over = f"{distance} iteration{'' if distance == 1 else 's'}"
    return f"The critical recurrence takes {latency:,} cycles over {over}: {', '.join(steps)}."


def lever_sentence(attained_by: Sequence[str], interval: int, minimum: int) -> str:
    """What has to change before the interval can become smaller."""
    if interval > minimum:
        return ""
    if len(attained_by) > 1:
        said = f"It equals MinII, and {listed(attained_by)} tie: all of them must get faster"
    else:
        said = f"It equals MinII: {listed(attained_by)} must get faster"
    return f"{said} before it can become smaller."


def outcome(
    status: Status, interval: int | None, lower: int | None, before: int | None, seconds: float
) -> str:
    """What became of the interval after a change."""
    if status == "infeasible":
        return "no schedule exists"
    if status == "optimal" and interval is not None:
        return f"II {interval:,}{_compared(interval, before)}"
    at_least = f" at least {lower:,}" if lower is not None else ""
    at_most = f" and at most {interval:,}" if interval is not None else ""
    return f"II not decided within {seconds:g} s:{at_least}{at_most}"


def rate_sentence(rate: Fraction, unit: WorkUnit) -> str:
    """Useful work for each cycle, by which shapes are compared."""
    return f"It does {float(rate):,.1f} {unit} a cycle."


def rate_outcome(after: Fraction, before: Fraction, unit: WorkUnit) -> str:
    """What became of the useful work for each cycle after a change of the shape."""
    said = f"{float(after):,.1f} {unit} a cycle"
    if not before:
        return said
    if after == before:
        return f"{said}, as before"
    return f"{said} ({100 * float(after / before - 1):+.1f} %)"


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def because_sentences(exclusion: Exclusion, interval: int) -> Iterator[str]:
    """Which constraint families exclude the interval below."""
    if not exclusion.because:
        return
    least = exclusion.because_is_least
    spared = "none of them can be spared for that" if least else "some of them may be spared"
    yield (
        f"At II {interval - 1:,}, {listed(exclusion.because)} cannot hold together, and {spared}."
    )


def _compared(interval: int, before: int | None) -> str:
    if before is None:
        return ""
    if interval == before:
        return ", as before"
    difference = abs(interval - before)
    word = f"cycle{'' if difference == 1 else 's'} {'fewer' if interval < before else 'more'}"
    share = 100 * (interval - before) / before
    return f", {difference:,} {word} ({share:+.1f} %)"


def _later(distance: int) -> str:
    if distance == 0:
        return ""
    plural = "" if abs(distance) == 1 else "s"
    return f" ({abs(distance)} iteration{plural} {'later' if distance > 0 else 'earlier'})"
