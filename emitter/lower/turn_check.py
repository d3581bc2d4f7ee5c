"""Turns cannot be taken twice: every reachable order of arrivals is walked through.

A named barrier counts threads, whoever they are. A group that arrives again before the other has
come once would complete it alone, and the other would wait for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...models.barrier_step import Arrive, Sync
from ...models.errors import Unsupported
from ...models.role_periods import periods_of
from ...models.schedule import Schedule
from ...models.warp_program import Role, WarpProgram
from ...models.warp_program_checks import GROUP_THREADS
from ..amendments import with_fewer_stages

MOST_STATES = 200_000
Event = tuple[str, bool]
"""A barrier at which a role arrives; whether it then waits."""


def check_turns(program: WarpProgram) -> None:
    """Raise Unsupported if, for some number of trips, a group may arrive twice at a turn.

    Only barriers of two groups count; rings and products can only rule orders out.
    """
    shared = {barrier.name for barrier in program.barriers if barrier.threads != GROUP_THREADS}
    roles = [role for role in program.roles if not role.guarded]
    longest = 3 + max((role.stages + role.unroll - 1 for role in roles), default=0)
    for trips in range(1, longest + 1):
        _walk([list(_events(role, trips, shared)) for role in roles], trips)


def check_turns_of(program: WarpProgram, schedule: Schedule) -> None:
    """The same; the error says whether a schedule of fewer stages may do."""
    try:
        check_turns(program)
    except Unsupported as reason:
        raise with_fewer_stages(reason, schedule) from None


def _walk(events: Sequence[Sequence[Event]], trips: int) -> None:
    """All positions that the roles can reach together."""
    begin = tuple(0 for _ in events)
    seen, waiting = {begin}, [begin]
    while waiting:
        place = waiting.pop()
        for role, position in enumerate(place):
            if position == len(events[role]) or not _may_go(events, place, role):
                continue
            _check_arrival(events, place, role, trips)
            further = (*place[:role], position + 1, *place[role + 1 :])
            if further not in seen:
                seen.add(further)
                waiting.append(further)
        if len(seen) > MOST_STATES:
            raise Unsupported("the turns on the tensor core are too many to be checked")


def _may_go(events: Sequence[Sequence[Event]], place: tuple[int, ...], role: int) -> bool:
    """Whether the wait that the role's last event began is over."""
    done = events[role][: place[role]]
    if not done or not done[-1][1]:
        return True
    barrier = done[-1][0]
    return _others(events, place, role, barrier) >= _count(done, barrier)


def _check_arrival(
    events: Sequence[Sequence[Event]], place: tuple[int, ...], role: int, trips: int
) -> None:
    barrier = events[role][place[role]][0]
    if _count(events[role][: place[role]], barrier) > _others(events, place, role, barrier):
        raise Unsupported(
            f"with {trips} trips a warp group may arrive at {barrier} twice before the other comes"
        )


def _others(
    events: Sequence[Sequence[Event]], place: tuple[int, ...], role: int, barrier: str
) -> int:
    return sum(
        _count(own[: place[other]], barrier) for other, own in enumerate(events) if other != role
    )


def _count(done: Sequence[Event], barrier: str) -> int:
    return sum(name == barrier for name, _ in done)


def _events(role: Role, trips: int, shared: set[str]) -> Iterator[Event]:
    for period, steps in periods_of(role, trips):
        for step in steps:
            if isinstance(step, Arrive | Sync) and step.barrier in shared:
                iteration = period - step.lag
                if step.skip_first <= iteration < trips - step.skip_last:
                    yield step.barrier, isinstance(step, Sync)
