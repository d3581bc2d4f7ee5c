"""launcher.c: its text, that compilers take it, and what it asks of the driver."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twill.emitter.launcher import launcher_source
from twill.models.errors import ProgramViolation
from twill.models.index_expression import (
    IndexConstant,
    IndexExpression,
    IndexName,
    IndexOperation,
    IndexOperator,
    evaluate_index,
)
from twill.models.tile_order import TileOrder
from twill.models.tile_program import GridAxis, ScalarParameter
from twill.models.warp_program import WarpProgram
from twill.runtime.binding import LARGEST_EXTENT
from twill.runtime.dtypes import DTYPES
from twill.tests.runtime.recording_driver import Launcher, compile_with
from twill.tests.support.emissions import EMITTED, persistent_program, warp_program

GOLDEN = Path(__file__).parent.parent / "golden" / "kernels"
EXTENTS = {
    "flash_attention_causal": {"heads": 6, "length": 500, "kv_heads": 2},
    "flash_attention_forward": {"heads": 6, "queries": 256, "keys": 384},
    "gemm": {"M": 200, "K": 72, "N": 264},
    "gemm_bias_gelu": {"M": 129, "K": 64, "N": 512},
    "grouped_gemm": {"M": 384, "K": 64, "groups": 5, "N": 256, "row_tiles": 3},
    "layer_norm": {"rows": 100},
}


def test_text_of_gemm(golden: Callable[[str, Path], None]) -> None:
    golden(launcher_source(warp_program("gemm")), GOLDEN / "gemm.h100-sxm.launcher.c")


def test_the_largest_extent_is_that_of_the_runtime() -> None:
    assert f"TWILL_LARGEST_EXTENT {LARGEST_EXTENT} " in launcher_source(warp_program("gemm"))


@pytest.mark.parametrize("name", sorted(EXTENTS))
def test_compilers_take_it(name: str, tmp_path: Path) -> None:
    (tmp_path / "launcher.c").write_text(launcher_source(warp_program(name)))
    compile_with(tmp_path, "gcc", "-std=c11", "-fsyntax-only", "launcher.c")
    compile_with(tmp_path, "g++", "-x", "c++", "-std=c++17", "-fsyntax-only", "launcher.c")


def test_all_launchers_in_one_file(tmp_path: Path) -> None:
    texts = [launcher_source(warp_program(name)) for name in EMITTED]
    (tmp_path / "all.c").write_text("\n".join(texts))
    compile_with(tmp_path, "gcc", "-std=c11", "-fsyntax-only", "all.c")


@pytest.mark.parametrize("name", sorted(EXTENTS))
def test_the_example_compiles(name: str, tmp_path: Path) -> None:
    text = launcher_source(warp_program(name))
    (tmp_path / "launcher.c").write_text(text)
    lines = [line.removeprefix(" *   ") for line in text.partition("*/")[0].splitlines()]
    start = lines.index('#include "launcher.c"')
    signature = text.partition("CUstream stream,")[2].partition(")")[0]
    body = "\n".join(lines[start + 1 :])
    (tmp_path / "example.c").write_text(
        f"{lines[start]}\nint example({signature});\nint example({signature}) {{\n"
        f"{body}\nreturn error;\n}}\n"
    )
    compile_with(tmp_path, "gcc", "-std=c11", "-fsyntax-only", "example.c")


@pytest.mark.parametrize("name", sorted(EXTENTS))
def test_it_launches_as_the_runtime_does(name: str, tmp_path: Path) -> None:
    launcher = Launcher(warp_program(name), tmp_path)
    assert launcher.run(EXTENTS[name]) == 0
    assert launcher.record == launcher.expected(EXTENTS[name])


PERSISTENT = ("gemm", "flash_attention_causal")


@pytest.mark.parametrize("name", PERSISTENT)
def test_a_persistent_kernel_has_a_block_for_each_multiprocessor(name: str, tmp_path: Path) -> None:
    launcher = Launcher(persistent_program(name), tmp_path)
    assert launcher.run(EXTENTS[name]) == 0
    assert launcher.record == launcher.expected(EXTENTS[name])
    many = {extent: 64 * size for extent, size in EXTENTS[name].items()}
    assert launcher.run(many) == 0
    assert any("grid 132 1 1 " in line for line in launcher.record)


@pytest.mark.parametrize("call", ["cuCtxGetDevice", "cuDeviceGetAttribute"])
def test_a_device_that_does_not_say_how_many(call: str, tmp_path: Path) -> None:
    launcher = Launcher(persistent_program("gemm"), tmp_path)
    launcher.answer(call, 201)
    assert launcher.run(EXTENTS["gemm"]) == 201
    assert launcher.record == []


@pytest.mark.parametrize(("columns", "error"), [(2**31 - 2**11, 0), (2**31 - 2**10, -4)])
def test_more_tiles_than_can_be_numbered(columns: int, error: int, tmp_path: Path) -> None:
    count = joined("*", "M", "N")
    axes = (GridAxis(index="m", count=count),)
    update = {"grid": axes, "order": TileOrder(axes=("m",))}
    launcher = Launcher(persistent_program("gemm").model_copy(update=update), tmp_path)
    assert launcher.run({"M": 1, "K": 8, "N": columns}) == 0
    assert launcher.run({"M": 2, "K": 8, "N": columns // 2}) == 0
    assert launcher.run({"M": 1 + columns // 8, "K": 8, "N": 8}) == error


def test_persistent_launchers_compile_as_cpp_and_side_by_side(tmp_path: Path) -> None:
    texts = [launcher_source(persistent_program(name)) for name in PERSISTENT]
    (tmp_path / "all.c").write_text("\n".join(texts))
    compile_with(tmp_path, "g++", "-x", "c++", "-std=c++17", "-fsyntax-only", "all.c")
    compile_with(tmp_path, "gcc", "-std=c11", "-fsyntax-only", "all.c")


def test_it_loads_and_allows_the_shared_memory(tmp_path: Path) -> None:
    launcher = Launcher(warp_program("gemm"), tmp_path)
    assert launcher.load() == 0
    shared = launcher.launch["shared_bytes"]
    assert launcher.record == ["load some.cubin", "function gemm 1", f"attribute 1 8 {shared}"]


@pytest.mark.parametrize(
    ("call", "result"),
    [("cuModuleLoad", 209), ("cuModuleGetFunction", 500), ("cuFuncSetAttribute", 1)],
)
def test_loading_fails_as_the_driver_says(call: str, result: int, tmp_path: Path) -> None:
    launcher = Launcher(warp_program("gemm"), tmp_path)
    launcher.answer(call, result)
    assert launcher.load() == result
    assert (launcher.record[-1] == "unload 1") == (call != "cuModuleLoad")


@pytest.mark.parametrize(("call", "result", "lines"), [("map", 1, 1), ("launch", 701, 10)])
def test_launching_fails_as_the_driver_says(
    call: str, result: int, lines: int, tmp_path: Path
) -> None:
    launcher = Launcher(warp_program("gemm"), tmp_path)
    launcher.answer(call, result)
    assert launcher.run(EXTENTS["gemm"]) == result
    assert len(launcher.record) == lines


@pytest.mark.parametrize(
    ("name", "change", "addresses", "error"),
    [
        ("gemm", {"M": 0}, {}, -1),
        ("gemm", {"M": -128}, {}, -1),
        ("gemm", {"M": LARGEST_EXTENT + 1}, {}, -1),
        ("gemm", {"M": LARGEST_EXTENT}, {}, 0),
        ("gemm", {"K": 68}, {}, -2),
        ("gemm", {"N": 1}, {}, -2),
        ("gemm", {}, {"b": 0}, -3),
        ("gemm", {}, {"c": 0x108}, -3),
        ("gemm_bias_gelu", {}, {"bias": 0x108}, -3),
        ("gemm", {"M": 2**30, "N": 2**15}, {}, 0),
        ("gemm", {"M": 2**30, "N": 2**30}, {}, -4),
        ("flash_attention_forward", {"heads": 65535}, {}, 0),
        ("flash_attention_forward", {"heads": 65536}, {}, -4),
        ("grouped_gemm", {"N": 2**19, "K": 2**20 - 8}, {}, 0),
        ("grouped_gemm", {"N": 2**19, "K": 2**20}, {}, -5),
        ("grouped_gemm", {"K": LARGEST_EXTENT, "N": 256 * 65535}, {}, -5),
    ],
)
def test_its_own_checks(
    name: str, change: dict[str, int], addresses: dict[str, int], error: int, tmp_path: Path
) -> None:
    launcher = Launcher(warp_program(name), tmp_path)
    assert launcher.run({**EXTENTS[name], **change}, **addresses) == error
    assert error == 0 or not any(line.startswith("launch") for line in launcher.record)


def test_a_row_that_no_map_can_have(tmp_path: Path) -> None:
    """The requirements keep symbolic rows away; a fixed one is the caller's own."""
    program = warp_program("gemm")
    a = program.parameters[0].model_copy(update={"shape": ("M", 68)})
    launcher = Launcher(
        program.model_copy(update={"parameters": (a, *program.parameters[1:])}), tmp_path
    )
    assert launcher.run(EXTENTS["gemm"]) == -5


@pytest.mark.parametrize(
    ("dtype", "swizzle"), [("fp8e4m3", 128), ("f32", 64), ("i32", 0), ("fp16", 32), ("bf16", 128)]
)
def test_every_type_and_swizzle(dtype: str, swizzle: int, tmp_path: Path) -> None:
    program = warp_program("gemm")
    box = (64, (swizzle or 128) // DTYPES[dtype].itemsize)
    update = {
        "parameters": tuple(p.model_copy(update={"dtype": dtype}) for p in program.parameters),
        "tensor_maps": tuple(
            m.model_copy(update={"box": box, "swizzle": swizzle}) for m in program.tensor_maps
        ),
    }
    launcher = Launcher(program.model_copy(update=update), tmp_path)
    extents = {"M": 3, "K": 48, "N": 80}
    assert launcher.run(extents) == 0
    assert launcher.record == launcher.expected(extents)


def joined(operator: IndexOperator, left: Any, right: Any) -> IndexOperation:
    """An expression of extents and integers."""

    def leaf(value: Any) -> IndexExpression:
        if isinstance(value, int):
            return IndexConstant(value=value)
        return IndexName(name=value, role="extent") if isinstance(value, str) else value

    return IndexOperation(operator=operator, left=leaf(left), right=leaf(right))


def with_grid(*counts: IndexExpression) -> WarpProgram:
    """gemm with another grid."""
    axes = tuple(GridAxis(index=f"i{n}", count=count) for n, count in enumerate(counts))
    return warp_program("gemm").model_copy(update={"grid": axes, "order": None})


def test_expressions_round_as_in_python(tmp_path: Path) -> None:
    below = joined("-", "M", 300)
    counts = (
        joined("max", 1, joined("+", joined("//", below, 7), 20)),
        joined("+", joined("%", below, 7), joined("+", joined("cdiv", below, 7), 30)),
        joined("min", joined("*", "M", "N"), 60_000),
    )
    launcher = Launcher(with_grid(*counts), tmp_path)
    assert launcher.run(EXTENTS["gemm"]) == 0
    assert launcher.record == launcher.expected(EXTENTS["gemm"])
    values = [evaluate_index(count, EXTENTS["gemm"]) for count in counts]
    assert " grid {} {} {} ".format(*values) in launcher.record[3]


@pytest.mark.parametrize(
    ("count", "extents"),
    [
        (joined("*", joined("*", "M", "N"), "K"), dict.fromkeys("MNK", LARGEST_EXTENT)),
        (joined("+", 2**63 - 200, "M"), {}),
        (joined("-", -(2**63) + 200, "M"), {}),
        (joined("+", -(2**63) + 200, joined("-", 0, "M")), {}),
        (joined("-", 2**63 - 200, joined("-", 0, "M")), {}),
        (joined("//", "M", joined("-", "N", 264)), {}),
        (joined("%", "M", joined("-", "N", 264)), {}),
        (joined("cdiv", "M", joined("-", "N", 264)), {}),
    ],
)
def test_what_does_not_fit_64_bits_or_divides_by_zero(
    count: IndexOperation, extents: dict[str, int], tmp_path: Path
) -> None:
    launcher = Launcher(with_grid(joined("max", 1, joined("min", count, 1))), tmp_path)
    assert launcher.run({**EXTENTS["gemm"], **extents}) == -4
    assert launcher.run({"M": 100, "K": 8, "N": 8}) == 0


def test_names_that_c_takes_for_itself(tmp_path: Path) -> None:
    program = warp_program("gemm")
    words = {"a": "stream", "b": "restrict", "c": "double"}
    update = {
        "parameters": tuple(
            p.model_copy(update={"name": words[p.name]}) for p in program.parameters
        ),
        "tensor_maps": tuple(
            m.model_copy(update={"argument": words[m.argument]}) for m in program.tensor_maps
        ),
    }
    launcher = Launcher(program.model_copy(update=update), tmp_path)
    assert launcher.run(EXTENTS["gemm"]) == 0
    assert launcher.record == launcher.expected(EXTENTS["gemm"])
    text = (tmp_path / "launcher.c").read_text()
    assert "CUdeviceptr stream_2, CUdeviceptr restrict_2, CUdeviceptr double_2" in text


def test_a_scalar_that_c_has_no_type_for() -> None:
    program = warp_program("gemm")
    scalar = ScalarParameter(name="factor", dtype="bf16")
    changed = program.model_copy(update={"parameters": (*program.parameters, scalar)})
    with pytest.raises(ProgramViolation, match="the scalar factor is bf16"):
        launcher_source(changed)


def test_outputs_that_are_added_to_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twill.emitter.launch_description.outputs", lambda program: {"c": "zeros"})
    text = launcher_source(warp_program("gemm"))
    assert " *   c: bf16 [M, N], added to: set it to zeros before each launch\n" in text
