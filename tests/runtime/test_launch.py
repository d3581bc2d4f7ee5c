"""Calls of a kernel, on the stub of a GPU."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twill.models.errors import InvalidInput
from twill.runtime.dtypes import to_values
from twill.runtime.launch import Kernel, load
from twill.runtime.tensor_maps import TensorMapFields
from twill.tests.runtime import scaling
from twill.tests.runtime.stub_driver import StubDriver


@pytest.fixture
def driver() -> StubDriver:
    return StubDriver(scaling.compute)


@pytest.fixture
def kernel(tmp_path: Path, driver: StubDriver) -> Kernel:
    return load(scaling.write(tmp_path / "bundle"), driver)


def zeros(*shape: int, dtype: str = "uint16") -> np.ndarray[Any, Any]:
    return np.zeros(shape, dtype)


def test_the_cubin_is_loaded_under_the_name_of_its_content(
    kernel: Kernel, driver: StubDriver, cache_folder: Path
) -> None:
    ((_, path, entry, shared),) = driver.named("load")
    digest = hashlib.sha256(b"\x7fELF scale").hexdigest()
    assert path == cache_folder / "cubins" / f"{digest}.cubin"
    assert (entry, shared) == ("scale", 65536)


def test_a_call_computes_and_returns_the_outputs(kernel: Kernel) -> None:
    case = scaling.case()
    outputs: Any = kernel(case.inputs["a"], factor=3.0)
    c, total = outputs
    np.testing.assert_allclose(to_values(c, "bf16"), case.outputs["c"], rtol=0.01)
    np.testing.assert_allclose(total, case.outputs["total"], rtol=1e-4, atol=1e-4)


def test_the_launch_has_parameters_of_exact_width(kernel: Kernel, driver: StubDriver) -> None:
    kernel(zeros(200, 64), factor=2, stream="a stream")
    assert driver.named("stream") == [("stream", "a stream")]
    ((_, name, grid, threads, shared, arguments),) = driver.named("launch")
    assert (name, grid, threads, shared) == ("kernel scale", (4, 1, 1), 128, 65536)
    tensor_map, a, c, total, rows, factor = arguments
    assert tensor_map.nbytes == 128
    assert [type(p) for p in (a, c, total)] == [np.uint64] * 3
    assert (type(rows), rows) == (np.int32, 200)
    assert (type(factor), factor) == (np.float32, 2)
    fields = TensorMapFields((64, 200), (128,), (64, 64), 3)
    assert driver.named("tensor_map") == [("tensor_map", int(a), "bf16", fields)]


def test_a_grid_may_use_the_number_of_multiprocessors(kernel: Kernel) -> None:
    assert kernel.prepare(zeros(64 * 1000, 8), factor=1).grid == (132, 1, 1)


def test_a_grid_may_depend_on_integer_scalars(tmp_path: Path) -> None:
    number = {"name": "tiles", "kind": "scalar", "dtype": "i32"}
    arguments = [*scaling.LAUNCH["arguments"], number]
    grid = [["cdiv", ["cdiv", "M", 64], "tiles"], 1, 1]
    kernel = load(scaling.write(tmp_path / "b", arguments=arguments, grid=grid), StubDriver())
    assert kernel.prepare(zeros(64 * 10, 8), factor=1, tiles=3).grid == (4, 1, 1)
    with pytest.raises(InvalidInput, match="divides by zero"):
        kernel.prepare(zeros(64 * 10, 8), factor=1, tiles=0)
    with pytest.raises(InvalidInput, match=r"= -10 blocks; 1 to"):
        kernel.prepare(zeros(64 * 10, 8), factor=1, tiles=-1)


def test_new_outputs_hold_what_is_declared(kernel: Kernel, driver: StubDriver) -> None:
    c, total = kernel.prepare(zeros(4, 8), factor=1).outputs
    assert driver.named("fill") == [("fill", c.pointer, 0xFF), ("fill", total.pointer, 0)]
    assert np.isnan(to_values(driver.download(c), "bf16")).all()
    assert (driver.download(total) == 0).all()


def test_outputs_of_the_caller_are_returned_and_zeroed_where_the_kernel_adds(
    kernel: Kernel, driver: StubDriver
) -> None:
    c = driver.place(zeros(4, 8))
    total = driver.place(np.ones(4, np.float32))
    returned = kernel(zeros(4, 8), factor=1, c=c, total=total)
    assert returned == (c, total)
    assert driver.named("allocate") == []
    assert driver.named("fill") == [("fill", total.pointer, 0)]


def test_one_output_is_returned_by_itself(tmp_path: Path, driver: StubDriver) -> None:
    arguments = [a for a in scaling.LAUNCH["arguments"] if a["name"] != "total"]
    parameters = [p for p in scaling.LAUNCH["parameters"] if p.get("argument") != "total"]
    folder = scaling.write(tmp_path / "one", arguments=arguments, parameters=parameters)
    kernel = load(folder, StubDriver())
    assert isinstance(kernel(zeros(4, 8), factor=1), np.ndarray)


def test_an_extent_that_no_shape_gives_is_a_keyword(tmp_path: Path) -> None:
    extents = ["M", "N", "STEPS"]
    parameters = [*scaling.LAUNCH["parameters"], {"kind": "extent", "name": "STEPS"}]
    folder = scaling.write(tmp_path / "more", extents=extents, parameters=parameters)
    driver = StubDriver()
    kernel = load(folder, driver)
    with pytest.raises(InvalidInput, match=r"extent STEPS is not known\n    give STEPS=\.\.\."):
        kernel(zeros(4, 8), factor=1)
    kernel(zeros(4, 8), factor=1, STEPS=np.int64(7))
    assert driver.named("launch")[0][-1][-1] == 7
    with pytest.raises(InvalidInput, match="STEPS: float is not an integer"):
        kernel(zeros(4, 8), factor=1, STEPS=7.0)
    with pytest.raises(InvalidInput, match="STEPS is 2147483648"):
        kernel(zeros(4, 8), factor=1, STEPS=2**31)


def test_integer_scalars(tmp_path: Path) -> None:
    arguments = [*scaling.LAUNCH["arguments"], {"name": "seed", "kind": "scalar", "dtype": "i32"}]
    parameters = [*scaling.LAUNCH["parameters"], {"kind": "scalar", "name": "seed"}]
    driver = StubDriver()
    kernel = load(scaling.write(tmp_path / "b", arguments=arguments, parameters=parameters), driver)
    kernel(zeros(4, 8), factor=1, seed=-5)
    seed = driver.named("launch")[0][-1][-1]
    assert (type(seed), seed) == (np.int32, -5)
    for wrong in (1.5, 2**31, float("inf"), float("nan")):
        with pytest.raises(InvalidInput, match="is not a 32-bit integer"):
            kernel(zeros(4, 8), factor=1, seed=wrong)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (zeros(4, 8, dtype="float32"), "a: elements of float32\n    bf16 is given as bfloat16 or"),
        (zeros(4, 8, 2), r"a: 3 dimensions, not \(M, N\)"),
        (zeros(8, 4).T, "a: not contiguous"),
        (zeros(4, 9), "N is 9, not a multiple of 8"),
        (zeros(0, 8), "M is 0; kernels take 1 to"),
    ],
)
def test_an_array_that_does_not_fit(
    array: np.ndarray[Any, Any], message: str, kernel: Kernel
) -> None:
    with pytest.raises(InvalidInput, match=message):
        kernel(array, factor=1)


def test_an_array_at_an_odd_address(kernel: Kernel, driver: StubDriver) -> None:
    with pytest.raises(InvalidInput, match="a: not at a multiple of 16 bytes"):
        kernel(driver.place(zeros(4, 8), offset=8), factor=1)


def test_shapes_that_disagree(kernel: Kernel, driver: StubDriver) -> None:
    with pytest.raises(InvalidInput, match="M is 4 by a, but 5 by c"):
        kernel(zeros(4, 8), factor=1, c=driver.place(zeros(5, 8)))
    with pytest.raises(InvalidInput, match="M is 3 by the keyword, but 4 by a"):
        kernel(zeros(4, 8), factor=1, M=3)


def test_a_shape_that_is_computed(tmp_path: Path) -> None:
    arguments = [dict(a) for a in scaling.LAUNCH["arguments"]]
    arguments[2]["shape"] = [["cdiv", "M", 3]]
    driver = StubDriver()
    kernel = load(scaling.write(tmp_path / "b", arguments=arguments), driver)
    assert kernel.prepare(zeros(4, 8), factor=1).outputs[1].shape == (2,)
    with pytest.raises(InvalidInput, match=r"total: shape \(3,\), not \(2,\)"):
        kernel(zeros(4, 8), factor=1, total=driver.place(np.zeros(3, np.float32)))


@pytest.mark.parametrize(
    ("arrays", "named", "message"),
    [
        ((), {"factor": 1}, "0 arrays; the kernel takes a"),
        ((zeros(4, 8), zeros(4, 8)), {"factor": 1}, "2 arrays; the kernel takes a"),
        ((zeros(4, 8),), {}, r"the scalar factor is missing\n    give factor=\.\.\."),
        ((zeros(4, 8),), {"factor": "2"}, "factor: str is not a number"),
        ((zeros(4, 8),), {"factor": True}, "factor: bool is not a number"),
        ((zeros(4, 8),), {"factor": 1, "faktor": 1}, "no argument faktor"),
        ((zeros(4, 8),), {"factor": 1, "c": zeros(4, 8)}, "c: an output must be in the memory"),
    ],
)
def test_a_wrong_call(
    arrays: tuple[object, ...], named: dict[str, object], message: str, kernel: Kernel
) -> None:
    with pytest.raises(InvalidInput, match=message):
        kernel(*arrays, **named)


def test_a_grid_that_is_too_large(tmp_path: Path) -> None:
    kernel = load(scaling.write(tmp_path / "b", grid=[1, "M", 1]), StubDriver())
    with pytest.raises(InvalidInput, match="a grid of M = 70000 blocks; 1 to 65535"):
        kernel(zeros(70000, 8), factor=1)


@pytest.mark.parametrize(
    ("target", "capability", "fits"),
    [
        ("sm_90a", (9, 0), True),
        ("sm_90a", (10, 0), False),
        ("sm_100a", (10, 0), True),
        ("sm_100a", (10, 3), False),
        ("sm_103a", (10, 3), True),
        ("sm_103a", (9, 0), False),
    ],
)
def test_a_kernel_runs_on_its_own_gpu_only(
    target: str, capability: tuple[int, int], fits: bool, tmp_path: Path
) -> None:
    folder = scaling.write(tmp_path / "b", target=target)
    driver = StubDriver(compute_capability=capability)
    if fits:
        load(folder, driver)
        return
    major, minor = capability
    with pytest.raises(InvalidInput, match=rf"for {target}.*Stub GPU has {major}\.{minor}"):
        load(folder, driver)
    assert driver.named("load") == []
