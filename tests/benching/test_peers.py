"""Peers against fakes of their libraries; what the real ones do is seen where there is a GPU."""

from __future__ import annotations

import ctypes
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twill.benching.peers.cublas import square_product
from twill.benching.peers.found import find_peers
from twill.benching.peers.peer import Call, Peer
from twill.benching.peers.worked import worked_cubin
from twill.benching.timed import _peers
from twill.runtime.dtypes import to_storage, to_values
from twill.runtime.manifest import Manifest, ScalarArgument, TensorArgument, Tolerance
from twill.runtime.watched import Hang
from twill.tests.runtime.stub_driver import StubDriver


def manifest(kernel: str, inputs: dict[str, Any], output: Any, **changes: Any) -> Manifest:
    tensors = [TensorArgument(n, "bf16", s, "input", None) for n, s in inputs.items()]
    tensors.append(TensorArgument("out", "bf16", output, "output", "nan"))
    fields: dict[str, Any] = {
        "kernel": kernel, "gpu": "h100-sxm", "target": "sm_90a", "entry": kernel, "threads": 384,
        "shared_bytes": 0, "grid": (1, 1, 1), "extents": (), "tensors": tuple(tensors),
        "scalars": (ScalarArgument("scale_log2", "f32"),), "parameters": (), "requires": (),
        "tolerance": Tolerance(0.01, 0.01), "digests": {}, "compiler": "", "made_by": "",
    }  # fmt: skip
    return Manifest(**{**fields, **changes})


def product_call(driver: StubDriver) -> Call:
    generator = np.random.default_rng(0)
    a, b = (to_storage(generator.standard_normal((n, 32)), "bf16") for n in (8, 16))
    c = to_storage(to_values(a, "bf16") @ to_values(b, "bf16").T, "bf16")
    described = manifest("gemm", {"a": (8, 32), "b": (16, 32)}, (8, 16))
    return Call(described, driver, [driver.place(a), driver.place(b)], [driver.place(c)], {}, {})


def attention_call(driver: StubDriver, keys: int = 128, **changes: Any) -> Call:
    shapes = {"q": (2, 128, 128), "k": (1, keys, 128), "v": (1, keys, 128)}
    arrays = [driver.place(np.zeros(shape, np.uint16)) for shape in shapes.values()]
    described = manifest("flash_attention_forward", shapes, shapes["q"], **changes)
    out = driver.place(np.zeros(shapes["q"], np.uint16))
    return Call(described, driver, arrays, [out], {}, {"scale_log2": 0.125})


@pytest.fixture
def cublas(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """cublasGemmEx on the memory of the stub, as its manual defines it."""
    calls: list[tuple[Any, ...]] = []

    def gemm_ex(*arguments: Any) -> None:
        calls.append(arguments)
        _, left, right, n, m, k, one, b, _, ldb, a, _, lda, zero, c, _, ldc, compute, _ = arguments
        assert (left, right, ldb, lda, ldc, compute) == (1, 0, k, k, n, 68)
        assert (scalar(one), scalar(zero)) == (1.0, 0.0)
        memory = calls_memory[0]
        # Along columns first: op(B) is n x k, A is k x m, C is n x m.
        first = to_values(memory[b].ravel(), "bf16").reshape((k, n), order="F")
        second = to_values(memory[a].ravel(), "bf16").reshape((k, m), order="F")
        assert first.T.shape == (n, k)
        stored = to_values(memory[b].ravel(), "bf16").reshape((ldb, n), order="F").T
        result = stored @ second
        memory[c].ravel()[:] = to_storage(result, "bf16").ravel(order="F")

    calls_memory: list[dict[int, Any]] = []
    module = types.ModuleType("cupy_backends.cuda.libs.cublas")
    module.gemmEx = gemm_ex  # type: ignore[attr-defined]
    device = types.SimpleNamespace(get_cublas_handle=lambda: 7)
    names: dict[str, Any] = {
        "cupy": types.ModuleType("cupy"),
        "cupy.cuda": types.SimpleNamespace(device=device),
        "cupy_backends": types.ModuleType("cupy_backends"),
        "cupy_backends.cuda": types.ModuleType("cupy_backends.cuda"),
        "cupy_backends.cuda.libs": types.SimpleNamespace(cublas=module),
    }
    for name, fake in names.items():
        monkeypatch.setitem(sys.modules, name, fake)
    monkeypatch.setitem(sys.modules, "torch", None)
    calls_memory.append({})
    gemm_ex.memory = calls_memory  # type: ignore[attr-defined]
    return calls


def scalar(address: int) -> float:
    return ctypes.c_float.from_address(address).value


def test_cublas_is_told_of_the_transposed_product(
    cublas: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = StubDriver()
    call = product_call(driver)
    sys.modules["cupy_backends.cuda.libs"].cublas.gemmEx.memory[0] = driver.memory
    peers, missing = find_peers(call, None)
    assert [peer.name for peer in peers] == ["cuBLAS"]
    assert {one.name for one in missing} == {"Triton product", "worked example gemm"}
    peers[0].run()
    assert call.differing(peers[0]) == 0
    assert len(cublas) == 1
    square_product(driver, 8)()
    assert cublas[1][3:6] == (8, 8, 8)


def test_without_any_library_everything_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cupy", "cupy_backends", "torch", "triton"):
        monkeypatch.setitem(sys.modules, name, None)
    peers, missing = find_peers(attention_call(StubDriver()), None)
    assert not peers
    assert [one.name for one in missing] == [
        "worked example fa_fwd", "torch SDPA (cuDNN)", "torch SDPA (flash)", "Triton attention",
    ]  # fmt: skip
    peers, missing = find_peers(product_call(StubDriver()), None)
    assert not peers
    assert len(missing) == 3


def test_a_peer_that_differs_or_fails_is_left_out() -> None:
    driver = StubDriver()
    call = product_call(driver)
    right = driver.download(call.outputs[0])
    wrong = right.copy()
    wrong[3, 5] = to_storage(np.array(99.0), "bf16")

    def fail() -> None:
        raise RuntimeError("No available kernel\nmore")

    candidates = [
        Peer("good", lambda: None, lambda: right),
        Peer("other", lambda: None, lambda: wrong),
        Peer("failing", fail, lambda: right),
    ]
    found, missing = _peers(call, lambda _: (candidates, []), 1.0, lambda what, seconds: None)
    assert [peer.name for peer in found] == ["good"]
    assert [(one.name, one.why) for one in missing] == [
        ("other", "differs from the bundle in 1 elements"),
        ("failing", "fails: No available kernel"),
    ]


def test_a_peer_that_hangs_ends_the_timing() -> None:
    driver = StubDriver(hangs=True)
    call = product_call(driver)
    peer = Peer("slow", lambda: driver.launch("slow", (1, 1, 1), 1, 0, []), lambda: np.zeros(1))
    with pytest.raises(Hang, match=r"slow: has not ended in 0\.01 s"):
        _peers(call, lambda _: ([peer], []), 0.01, lambda what, seconds: None)


def worked(folder: Path) -> Path:
    for name in ("gemm", "fa_fwd"):
        (folder / f"{name}.cubin").write_bytes(b"\x7fELF " + name.encode())
    return folder


def test_worked_examples_are_launched_with_their_own_parameters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    driver = StubDriver()
    peers, _ = find_peers(attention_call(driver), worked(tmp_path))
    peers[-1].run()
    kernel, grid, threads, shared, arguments = driver.named("launch")[0][1:]
    assert (kernel, grid, threads, shared) == ("kernel fa_fwd", (2, 1, 1), 384, 164944)
    assert [int(n) for n in arguments[5:8]] == [128, 2, 2]
    assert float(arguments[8]) == pytest.approx(0.125 * np.log(2))
    fields = [call[3] for call in driver.named("tensor_map")]
    assert fields[0].dimensions == (64, 128, 2, 2)
    assert fields[0].strides == (256, 128, 128 * 256)
    assert [one.box[1] for one in fields] == [64, 128, 128, 64]
    driver = StubDriver()
    peers, _ = find_peers(product_call(driver), tmp_path)
    peers[-1].run()
    assert driver.named("launch")[0][2:5] == ((1, 1, 1), 384, 230464)


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"keys": 256}, "as many keys as queries"), ({"target": "sm_100a"}, "it is for sm_90a")],
)
def test_calls_that_a_worked_example_does_not_take(
    changes: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    _, missing = find_peers(attention_call(StubDriver(), **changes), worked(tmp_path))
    assert any(said in one.why for one in missing)


def test_a_worked_example_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="gemm"):
        worked_cubin(tmp_path, "gemm")
