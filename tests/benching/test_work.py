"""How much a bundle computes, where its loop depends on an integer argument."""

from __future__ import annotations

from twill.benching.work import Work
from twill.emitter.work import work_of
from twill.emitting import _stored
from twill.extractor.sample_cases import sample_cases
from twill.runtime.expressions import read_expression
from twill.tests.support.emissions import emission, warp_program


def test_tiles_and_trips_follow_from_extents_and_integer_scalars() -> None:
    described, program = work_of(warp_program("layer_norm")), emission("layer_norm").program
    work = Work(
        initiation_interval=1, trips=read_expression(described["trips"]),
        axes={one["index"]: read_expression(one["count"]) for one in described["axes"]},
        flop_per_iteration=described["flop_per_iteration"], tiles={}, slots={},
    )  # fmt: skip
    cases = [_stored(case, program) for case in sample_cases(program)]
    assert [work.tile_count(case.counts) for case in cases] == [2, 1, 1, 2]
    assert [work.most_trips(case.counts) for case in cases] == [1, 1, 5, 4]
    assert {work.flop(case.counts) for case in cases} == {0}
    assert described["tiles"] == {"y": [8, 1024]}
