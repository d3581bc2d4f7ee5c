"""Events compared: what is missing, elsewhere, or done on another side is named."""

from __future__ import annotations

from twill.emitter.expected_event import Expected
from twill.event_order import compare, joined_memory
from twill.runtime.sass_events import Event


def test_work_is_counted_for_its_place_and_not_for_the_operation_as_a_whole() -> None:
    expected = [
        Expected("a", "begin"), Expected("a", "LDS", work={"F2FP": 8}),
        Expected("a", "ARRIVE", 64, "a.over", work={"F2FP": 8}),
    ]  # fmt: skip
    found = [Event("begin", 0), Event("LDS", 16, work={"F2FP": 16}), Event("ARRIVE", 32, 64, "UR4")]
    (overlap,) = compare("compute", expected, found)
    assert overlap.promised == overlap.found == {"LDS": 1, "ARRIVE": 1, "F2FP": 16}
    assert overlap.faults == ("compute: a: 0 of 8 F2FP stand behind ARRIVE of a.over",)
    assert not overlap.holds


def test_what_nobody_expects_is_named_where_it_stands() -> None:
    expected = [Expected("a", "begin"), Expected("a", "LDS"), Expected("b", "STS")]
    found = [Event("begin", 0), Event("LDS", 16), Event("UTCBAR", 32), Event("STS", 48)]
    first, second = compare("compute", expected, found)
    assert first.faults == ("compute: a: UTCBAR should not stand here",)
    assert second.holds


def test_loads_of_shared_and_of_tensor_memory_are_in_no_order() -> None:
    expected = [Expected("a", "begin"), Expected("a", "LDTM x32", 0, "s"), Expected("a", "LDS")]
    found = [Event("begin", 0), Event("LDS", 16), Event("LDTM x32", 32, 0, "UR4")]
    (overlap,) = compare("compute", expected, found)
    assert overlap.holds
    assert overlap.faults == ()


def test_places_are_compared_from_wherever_they_are_counted() -> None:
    def found(*places: int) -> list[Event]:
        events = [Event("UTCBAR", 16 * n, place, "UR4") for n, place in enumerate(places)]
        return [Event("begin", 0), *events]

    names = ("x", "y", "z")
    expected = [Expected(name, "UTCBAR", 8 * n, name) for n, name in enumerate(names)]
    expected = [Expected("x", "begin"), *expected]
    assert all(o.holds for o in compare("issuer", expected, found(100, 108, 116)))
    faults = [f for o in compare("issuer", expected, found(100, 108, 124)) for f in o.faults]
    assert faults == ["issuer: z: UTCBAR is of something else, not of z"]


def test_a_mbarrier_may_be_that_of_any_slot_of_its_ring() -> None:
    expected = [
        Expected("a", "begin"), Expected("a", "TRYWAIT", 16, "k.full", slots=2),
        Expected("a", "ARRIVE", 32, "k.empty", slots=2), Expected("a", "TRYWAIT", 0, "q.full"),
        Expected("a", "TRYWAIT", 48, "v.full"),
    ]  # fmt: skip

    def found(*places: int) -> list[Event]:
        names = ("TRYWAIT", "ARRIVE", "TRYWAIT", "TRYWAIT")
        events = zip(names, places, strict=True)
        return [Event("begin", 0), *(Event(name, 16, place, "UR4") for name, place in events)]

    (right,) = compare("compute", expected, found(24, 40, 0, 48))
    assert right.holds
    (wrong,) = compare("compute", expected, found(32, 40, 0, 48))
    assert wrong.faults == ("compute: a: TRYWAIT is of k.empty, not of k.full",)


def test_work_that_may_pass_an_event_counts_for_the_one_before() -> None:
    passed = frozenset({"F2FP"})
    expected = [
        Expected("a", "begin"), Expected("a", "HGMMA", work={"F2FP": 4, "FFMA": 4}),
        Expected("a", "TRYWAIT", work={"F2FP": 4, "FFMA": 4}, passed=passed),
    ]  # fmt: skip
    other = [
        Event("begin", 0), Event("HGMMA", 16, work={"F2FP": 8, "FFMA": 8}),
        Event("TRYWAIT", 32),
    ]  # fmt: skip
    (overlap,) = compare("compute", expected, other)
    assert overlap.faults == ("compute: a: 0 of 4 FFMA stand behind TRYWAIT",)
    late = [other[0], Event("HGMMA", 16, work={"FFMA": 4}), Event("TRYWAIT", 32, work={"FFMA": 4})]
    (overlap,) = compare("compute", expected, late)
    assert overlap.faults == ("compute: a: 0 of 8 F2FP stand behind HGMMA",)


def test_loads_and_stores_of_a_tile_are_one_each() -> None:
    events = [
        Event("begin", 0), Event("STSM x1", 16, work={"F2FP": 4}), Event("LDS", 32),
        Event("STSM x1", 48, work={"F2FP": 4}), Event("STS x2", 64), Event("ARRIVE", 80),
        Event("STS x1", 96),
    ]  # fmt: skip
    found = joined_memory(events)
    assert [event.name for event in found] == [
        "begin", "LDS", "STS x2", "STSM x2", "ARRIVE", "STS x1",
    ]  # fmt: skip
    assert found[3].work == {"F2FP": 8}
