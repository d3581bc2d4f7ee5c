"""Which tiles run at the same time: those that share what they load."""

from __future__ import annotations

import pytest

from twill.emitter.launch_description import launch_description
from twill.emitter.lower.grid_order import Streamed, shared_order
from twill.emitter.lower.lower import lower_schedule
from twill.emitter.machine.machine import run_warp_program
from twill.extractor.sample_cases import sample_cases
from twill.models.index_expression import IndexName
from twill.models.tile_order import TileOrder
from twill.models.tile_program import GridAxis
from twill.tests.support.emissions import EMITTED, emission, faults, warp_program


def grid_of(*axes: str) -> tuple[GridAxis, ...]:
    return tuple(
        GridAxis(index=axis, count=IndexName(name=axis.upper(), role="extent")) for axis in axes
    )


def streamed(*tiles: tuple[int, str]) -> tuple[Streamed, ...]:
    return tuple(Streamed(size, frozenset(axes)) for size, axes in tiles)


def order(axes: str, tiles: tuple[Streamed, ...], blocks: int = 132) -> TileOrder:
    return shared_order(grid_of(*axes), tiles, blocks)


def test_a_product_goes_in_bands_by_the_sizes_of_its_operands() -> None:
    square = order("mn", streamed((16, "m"), (16, "n")))
    assert square in (TileOrder(axes=("m", "n"), band=8), TileOrder(axes=("m", "n"), band=16))
    assert order("mn", streamed((16, "m"), (32, "n"))) == TileOrder(axes=("m", "n"), band=16)
    assert order("mn", streamed((16, "m"), (512, "n"))).band == 64
    assert order("mn", streamed((512, "m"), (16, "n"))).band == 2


def test_what_only_one_axis_shares_lies_along_it() -> None:
    assert order("qh", streamed((1, "h"))) == TileOrder(axes=("q", "h"))
    assert order("hq", streamed((1, "h"))) == TileOrder(axes=("q", "h"))


def test_without_anything_shared_the_grid_stays_as_it_is() -> None:
    assert order("mn", streamed((1, "mn"))) == TileOrder(axes=("m", "n"))
    assert order("mn", ()) == TileOrder(axes=("m", "n"))
    assert order("m", streamed((1, ""))) == TileOrder(axes=("m",))


def test_a_batch_is_the_slowest() -> None:
    found = order("bmn", streamed((16, "bm"), (32, "bn")))
    assert (found.axes, found.band) == (("m", "n", "b"), 16)


@pytest.mark.parametrize("name", EMITTED)
def test_library_kernels(name: str) -> None:
    order = warp_program(name).order
    if name == "flash_attention_causal":  # later tiles have longer loops
        assert order == TileOrder(axes=("m", "h"), downwards=("m",))
    elif "gemm" not in name:
        assert order is None
    else:
        first = ("n", "m") if name.startswith("fp8") else ("m", "n")
        assert order == TileOrder(axes=first, band=16)
    assert lower_schedule(emission(name), tile_order="plain").order is None


def test_what_numbers_tiles_is_launched_as_a_line() -> None:
    gemm = warp_program("gemm")
    tiles = ["*", ["cdiv", "M", 128], ["cdiv", "N", 256]]
    assert launch_description(gemm, "", "")["grid"] == [tiles, 1, 1]
    plain = lower_schedule(emission("gemm"), tile_order="plain")
    assert launch_description(plain, "", "")["grid"] == [
        ["cdiv", "M", 128], ["cdiv", "N", 256], 1,
    ]  # fmt: skip


def test_the_order_changes_no_result() -> None:
    case = sample_cases(emission("gemm").program)[-1]
    gemm = warp_program("gemm")
    arguments = {**case.inputs, **case.scalars}
    wanted = run_warp_program(gemm, arguments, dict(case.extents))["c"]
    for other in (None, TileOrder(axes=("n", "m"), band=3), TileOrder(axes=("n", "m"))):
        program = gemm.model_copy(update={"order": other})
        assert faults(program, case, seed=1) == 0
        got = run_warp_program(program, arguments, dict(case.extents))["c"]
        assert (got == wanted).all()
