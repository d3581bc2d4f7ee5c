"""Grid indices as they are printed: the same as those of the machine, compiled and run as C."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import pytest

from twill.emitter.printer.grid_indices import grid_counts, grid_indices, name_grid
from twill.emitter.printer.names import Names
from twill.emitter.printer.scope import Scope
from twill.models.index_expression import evaluate_index
from twill.models.tile_order import TileOrder, number_of_tiles, place_of
from twill.models.tile_program import GridAxis
from twill.models.warp_program import WarpProgram
from twill.tests.emitter.printer.programs import ceil_by, gemm, name

GRID = (
    GridAxis(index="m", count=ceil_by("M", 128)),
    GridAxis(index="n", count=ceil_by("N", 256)),
    GridAxis(index="k", count=name("K", "extent")),
)
EXTENTS = ("M", "N", "K")
ORDERS = {
    "plain": TileOrder(axes=("m", "n", "k")),
    "turned": TileOrder(axes=("n", "k", "m")),
    "bands": TileOrder(axes=("m", "n", "k"), band=16),
    "bands of the last": TileOrder(axes=("k", "m", "n"), band=3),
    "downwards": TileOrder(axes=("m", "n", "k"), band=3, downwards=("m", "k")),
}


def program_in(order: TileOrder | None) -> WarpProgram:
    """gemm over three axes; nothing of it is printed but its grid indices."""
    return gemm().model_copy(update={"grid": GRID, "order": order})


def lines(program: WarpProgram) -> list[str]:
    names = Names()
    for extent in EXTENTS:
        names.give("extent", extent)
    name_grid(program, names)
    scope = Scope(program, program.roles[0], names)
    defined = {**grid_counts(scope), **grid_indices(scope)}
    return [f"const int {variable} = {value};" for variable, value in defined.items()]


def compiled(order: TileOrder, folder: Path) -> ctypes.CDLL:
    if shutil.which("gcc") is None:
        pytest.skip("there is no gcc on this machine")
    body = "\n  ".join(lines(program_in(order))).replace("blockIdx.x", "number")
    (folder / "place.c").write_text(
        "static inline int min(int a, int b) { return a < b ? a : b; }\n"
        "void place(int number, int M, int N, int K, int *found) {\n"
        f"  (void)min;\n  {body}\n  found[0] = m; found[1] = n; found[2] = k;\n}}\n"
    )
    command = [
        "gcc",
        "-Wall",
        "-Wno-unused-variable",
        "-Werror",
        "-ftrapv",
        "-shared",
        "-fPIC",
        "place.c",
        "-o",
        "p.so",
    ]
    subprocess.run(command, cwd=folder, check=True)
    return ctypes.CDLL(str(folder / "p.so"))


def place(library: ctypes.CDLL, number: int, extents: dict[str, int]) -> dict[str, int]:
    found = (ctypes.c_int * 3)()
    library.place(number, *(extents[extent] for extent in EXTENTS), found)
    return dict(zip("mnk", found, strict=True))


@pytest.mark.parametrize("name", ORDERS)
def test_compiled_indices_are_those_of_the_machine(name: str, tmp_path: Path) -> None:
    library, order = compiled(ORDERS[name], tmp_path), ORDERS[name]
    for m, n, k in ((1, 1, 1), (128, 257, 5), (2_500, 300, 1), (4_321, 8_000, 2), (129, 9_999, 7)):
        extents = {"M": m, "N": n, "K": k}
        for number in range(evaluate_index(number_of_tiles(GRID), extents)):
            assert place(library, number, extents) == place_of(order, GRID, number, extents)


@pytest.mark.parametrize("name", ORDERS)
def test_nothing_overflows_where_all_tiles_can_be_counted(name: str, tmp_path: Path) -> None:
    """-ftrapv ends the process where a signed sum or product does not fit."""
    library, order = compiled(ORDERS[name], tmp_path), ORDERS[name]
    largest = 2**31 - 2**10
    for extents in (
        {"M": largest, "N": 256 * 127, "K": 1},
        {"M": 128, "N": largest, "K": 255},
        {"M": 1, "N": 1, "K": largest},
    ):
        total = evaluate_index(number_of_tiles(GRID), extents)
        assert total < 2**31
        for number in (0, total // 3, total - 1):
            assert place(library, number, extents) == place_of(order, GRID, number, extents)


def test_a_grid_that_is_launched_as_it_is_needs_no_arithmetic() -> None:
    assert lines(program_in(None)) == [
        "const int m = blockIdx.x;", "const int n = blockIdx.y;", "const int k = blockIdx.z;",
    ]  # fmt: skip


def test_a_band_reads_as_if_written_by_hand() -> None:
    two = program_in(TileOrder(axes=("m", "n"), band=16)).model_copy(update={"grid": GRID[:2]})
    assert lines(two) == [
        "const int m_tiles = (M + 127) / 128;",
        "const int n_tiles = (N + 255) / 256;",
        "const int tile_count = m_tiles * n_tiles;",
        "const int tile_number = blockIdx.x;",
        "const int band_first = (tile_number / n_tiles) / 16 * 16;",
        "const int band_width = min(16, m_tiles - band_first);",
        "const int band_place = tile_number - band_first * n_tiles;",
        "const int m = band_first + band_place % band_width;",
        "const int n = band_place / band_width;",
    ]
