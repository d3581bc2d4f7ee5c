"""Batches of wgmma: one event for each product, and what is wrong with it in its name."""

from __future__ import annotations

from twill.runtime.sass_batches import with_batches
from twill.runtime.sass_events import WGMMA, Event, find_events
from twill.runtime.sass_loops import main_loops
from twill.tests.runtime.listings import listing

FIRST = "HGMMA.64x128x16.F32.BF16 R24, gdesc[UR8].tnspB, RZ, !UPT"
NEXT = "HGMMA.64x128x16.F32.BF16 R24, gdesc[UR12].tnspB, R24"
LAST = f"{NEXT}, gsb0"


def found(*lines: str) -> list[Event]:
    function = listing("\n".join(("L1:", *lines, "@P1 BRA L1", "EXIT")))
    (loop,) = main_loops(function, *WGMMA)
    return with_batches(find_events(function, loop))[1:]


def names(*lines: str) -> list[str]:
    return [event.name for event in found(*lines)]


def test_a_batch_is_one_event_with_the_work_within_before_it() -> None:
    before, batch = found(
        "WARPGROUP.DEPBAR.LE gsb0, 0x1", "WARPGROUP.ARRIVE", "FADD R0, R1, R2", FIRST,
        "FADD R0, R1, R2", NEXT, LAST, "MUFU.EX2 R0, R1",
    )  # fmt: skip
    assert (before.name, before.work) == ("WARPGROUP.DEPBAR 1", {"FFMA": 2})
    assert (batch.name, batch.work) == ("HGMMA 64x128x16 gdesc tnspB over x3", {"MUFU.EX2": 1})


def test_what_a_batch_lacks_is_in_its_name() -> None:
    whole = "HGMMA 64x128x16 gdesc tnspB onto"
    assert names(LAST) == [f"{whole} x1 unfenced"]
    assert names("WARPGROUP.ARRIVE", NEXT, "BAR.ARV 0x1, 0x100") == [
        f"{whole} x1 uncommitted", "BAR.ARV 0x1 0x100",
    ]  # fmt: skip
    assert names("WARPGROUP.ARRIVE", "WARPGROUP.ARRIVE", LAST) == [
        "WARPGROUP.ARRIVE",
        f"{whole} x1",
    ]
    assert names("WARPGROUP.ARRIVE", NEXT) == [f"{whole} x1 uncommitted"]


def test_what_is_not_of_one_kind_is_told_in_full() -> None:
    other = "HGMMA.64x64x16.F32.BF16 R88, R184, gdesc[UR12], R88, gsb0"
    assert names("WARPGROUP.ARRIVE", FIRST, other) == [
        "HGMMA 64x128x16 gdesc tnspB over and HGMMA 64x64x16 registers onto"
    ]


def test_names_of_copies_stores_and_fences() -> None:
    assert names(
        "STSM.16.M88.4 [R1], R24", "STS.64 [R1], R24", "STS.128 [R1], R24", "STS.U16 [R1], R24",
        "MEMBAR.ALL.CTA", "FENCE.VIEW.ASYNC.S", "@!PT LDS RZ, [RZ]",
        "LDGSTS.E [R7+0x24000], desc[UR22][R2.64], !P0", "ARRIVES.LDGSTSBAR.64.ARVCNT [UR5+0x8]",
        "UTMAREDG.3D.ADD [UR4], [UR8]", "UTMACMDFLUSH", "DEPBAR.LE SB0, 0x1", "DEPBAR.LE SB1, 0x1",
    ) == [
        "STSM x1", "STS x2", "STS x4", "STS x1", "FENCE.VIEW.ASYNC.S", "LDGSTS", "ARRIVES",
        "UTMAREDG 3D", "UTMACMDFLUSH", "DEPBAR 1",
    ]  # fmt: skip
