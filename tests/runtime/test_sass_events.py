"""Events of a loop: what others can tell of it, where it lies, and the work between."""

from __future__ import annotations

from twill.runtime.sass_blocks import Blocks
from twill.runtime.sass_events import TENSOR_MEMORY, Event, find_events
from twill.runtime.sass_loops import main_loops
from twill.tests.runtime.listings import listing


def events(body: str) -> tuple[Event, ...]:
    """Of the one loop in a listing, its beginning left out."""
    function = listing(body)
    (loop,) = main_loops(function, *TENSOR_MEMORY)
    begin, *found = find_events(function, loop)
    assert begin.name == "begin"
    return tuple(found)


def names(body: str) -> list[str]:
    return [event.name for event in events(body)]


def test_waits_are_found_once_and_stand_where_their_answer_is_needed() -> None:
    found = events("""
        L1:
        SYNCS.PHASECHK.TRANS64.TRYWAIT P0, [UR16+0x40], R5
        MUFU.EX2 R0, R1
        @!P0 BRA L3
        L2:
        MUFU.EX2 R0, R1
        MUFU.EX2 R0, R1
        LDTM.x32 R4, tmem[UR11]
        @P1 BRA L1
        EXIT
        L3:
        SYNCS.PHASECHK.TRANS64.TRYWAIT P0, [UR16+0x40], R5
        @!P0 BRA L3
        BRA L2
    """)
    assert [(e.name, e.address, e.work) for e in found] == [
        ("TRYWAIT", 0x20, {"MUFU.EX2": 2}),
        ("LDTM x32", 0x50, {}),
    ]


def test_a_wait_whose_answer_nobody_needs_stands_where_it_is() -> None:
    assert names("""
        L1:
        SYNCS.PHASECHK.TRANS64.TRYWAIT P0, [UR16], R5
        UTMALDG.2D [UR16], [UR6]
        @P1 BRA L1
        EXIT
    """) == ["TRYWAIT", "UTMALDG 2D"]


def test_each_event_has_a_name_that_tells_it_from_others() -> None:
    assert names("""
        L1:
        BAR.SYNC.DEFER_BLOCKING 0x2, 0x100
        UTCHMMA tmem[UR10], gdesc[UR14], tmem[UR17], tmem[UR34], idesc[UR35], !UPT
        UTCHMMA gdesc[UR8], gdesc[UR14], tmem[UR17], tmem[UR34], idesc[UR35], UPT
        UTCBAR [UR7], URZ
        NOP
        BAR.ARV 0x1, 0x80
        LDS R143, [R132+UR16+0x30200]
        LDTM R4, tmem[UR11]
        STTM.x16 tmem[UR11], R4
        FENCE.VIEW.ASYNC.T
        STS [R132], R143
        @!P0 SYNCS.ARRIVE.TRANS64.A1T0 RZ, [UR16+0x78], RZ
        UTMALDG.3D [UR16], [UR6]
        @P1 BRA L1
        EXIT
    """) == [
        "BAR.SYNC 0x2 0x100", "UTCHMMA tmem over", "UTCHMMA gdesc onto", "UTCBAR",
        "BAR.ARV 0x1 0x80", "LDS", "LDTM x1", "STTM x16", "FENCE.VIEW.ASYNC.T", "STS x1",
        "ARRIVE",
        "UTMALDG 3D",
    ]  # fmt: skip


def test_a_loop_that_only_loads_is_a_boundary() -> None:
    found = events("""
        L1:
        LDTM.x32 R4, tmem[UR11]
        L2:
        LDS R0, [UR16+0x98]
        ISETP.GE.U32.AND P0, PT, R0, -0x80000000, PT
        @P0 BRA L2
        FMNMX3 R4, R5, R6, R7, !PT
        FMNMX R4, R5, R6, !PT
        @P1 BRA L1
        EXIT
    """)
    assert [(e.name, e.work) for e in found] == [("LDTM x32", {}), ("boundary", {"FMNMX": 3})]


def test_stores_in_parts_are_one_with_the_work_between_them_before_it() -> None:
    found = events("""
        L1:
        LDS R0, [UR16]
        F2FP.BF16.F32.PACK_AB R4, R5, R4
        STTM.x32 tmem[UR11+0x20], R4
        F2FP.BF16.F32.PACK_AB R4, R5, R4
        STTM.x16 tmem[UR11+0x40], R4
        FADD R4, R4, R5
        @P1 BRA L1
        EXIT
    """)
    assert [(e.name, e.place, e.work) for e in found] == [
        ("LDS", None, {"F2FP": 2}),
        ("STTM x48", 0x20, {"FFMA": 1}),
    ]


PLACES = """
        R2UR UR15, R3
        UIADD3 UR14, UPT, UPT, UR15, 0x100, URZ
        UMOV UR9, UR14
        L1:
        ULEA UR35, UR33, UR21, 0x3
        UTCBAR [UR35+-0x10], URZ
        UTCHMMA gdesc[UR6], gdesc[UR8], tmem[UR14], tmem[UR16], idesc[UR17], UPT
        UTCHMMA gdesc[UR6], gdesc[UR8], tmem[UR15], tmem[UR16], idesc[UR17], UPT
        LDTM.x32 R4, tmem[UR9+0x20]
        @P1 BRA L1
        EXIT
    """


def test_places_are_counted_from_the_register_that_they_come_from() -> None:
    commit, first, second, load = events(PLACES)
    assert commit.place == -0x10
    assert [e.place for e in (first, second, load)] == [0x100, 0, 0x120]
    assert first.base == second.base == load.base != commit.base


def test_a_register_that_depends_on_the_way_is_a_base_by_itself() -> None:
    body = PLACES.replace("UMOV UR9, UR14", "@P0 UIADD3 UR14, UPT, UPT, UR15, 0x80, URZ")
    _, first, second, _ = events(body)
    assert (first.place, second.place) == (0, 0)
    assert first.base != second.base


def test_where_a_register_got_its_value() -> None:
    function = listing("""
        S2UR UR4, SR_CTAID.X
        UIADD3.64 UR6, UPT, UPT, UR8, 0x1, URZ
        @P0 BRA L1
        UMOV UR4, UR5
        L1:
        FADD R4, R4, R4
        @P1 BRA L1
        EXIT
    """)
    blocks = Blocks(function)
    assert blocks.definition(3, "UR4") == 0
    assert blocks.definition(5, "UR4") is None  # by two ways
    assert blocks.definition(5, "UR7") == 1  # the upper half
    assert blocks.definition(5, "UR8") is None
    assert blocks.definition(5, "R4") == 4
    assert blocks.definition(4, "R4") == 4  # of the round before
