"""Peers that need torch and Triton, against fakes: which arrays, options and grids they get."""

from __future__ import annotations

import sys
import types
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from twill.benching.peers.found import find_peers
from twill.benching.peers.peer import Call
from twill.runtime.dtypes import to_storage, to_values
from twill.tests.benching.test_peers import manifest
from twill.tests.runtime.stub_driver import StubDriver


class Tensor:
    """NumPy's memory under torch's names; bf16 is its bits."""

    device = "cuda"

    def __init__(self, array: np.ndarray[Any, Any], dtype: str = "int16") -> None:
        self.array, self.dtype = array, dtype

    @property
    def shape(self) -> tuple[int, ...]:
        shape: tuple[int, ...] = self.array.shape
        return shape

    def view(self, dtype: str) -> Tensor:
        return Tensor(self.array, dtype)

    def __getitem__(self, index: Any) -> Tensor:
        return Tensor(self.array[index], self.dtype)

    def contiguous(self) -> Tensor:
        return self

    def cpu(self) -> Tensor:
        return self

    def numpy(self) -> np.ndarray[Any, Any]:
        assert self.dtype == "int16"
        return self.array.view(np.int16)


class FakeTorch(types.ModuleType):
    """What the peers use of torch; attention is computed as its documentation says."""

    def __init__(self) -> None:
        super().__init__("torch")
        self.int16, self.bfloat16 = "int16", "bfloat16"
        self.options: list[tuple[str, dict[str, Any]]] = []
        self.chosen = ""
        functional = types.SimpleNamespace(scaled_dot_product_attention=self.attention)
        self.nn = types.SimpleNamespace(functional=functional)
        self.attention_module = types.SimpleNamespace(
            SDPBackend=types.SimpleNamespace(CUDNN_ATTENTION="cudnn", FLASH_ATTENTION="flash"),
            sdpa_kernel=self.kernel,
        )

    def from_dlpack(self, array: np.ndarray[Any, Any]) -> Tensor:
        assert array.dtype == np.int16
        return Tensor(array)

    def empty(self, shape: tuple[int, ...], dtype: str, device: str) -> Tensor:
        return Tensor(np.zeros(shape, np.int16), dtype)

    def empty_like(self, tensor: Tensor) -> Tensor:
        return Tensor(np.zeros(tensor.shape, np.int16), tensor.dtype)

    @contextmanager
    def kernel(self, backends: list[str]) -> Any:
        (self.chosen,) = backends
        yield

    def attention(self, q: Tensor, k: Tensor, v: Tensor, **options: Any) -> Tensor:
        self.options.append((self.chosen, options))
        group = q.shape[1] // k.shape[1]
        assert options["enable_gqa"] == (group > 1)
        a, b, c = (to_values(t.array.view(np.uint16)[0], "bf16") for t in (q, k, v))
        out = np.empty_like(a)
        for head in range(len(a)):
            scores = a[head] @ b[head // group].T * options["scale"]
            if options["is_causal"]:
                scores[np.triu_indices(len(scores), 1)] = -np.inf
            weights = np.exp(scores - scores.max(1, keepdims=True))
            out[head] = weights @ c[head // group] / weights.sum(1, keepdims=True)
        return Tensor(to_storage(out, "bf16").view(np.int16)[None], "bfloat16")


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> FakeTorch:
    fake = FakeTorch()
    monkeypatch.setitem(sys.modules, "torch", fake)
    monkeypatch.setitem(sys.modules, "torch.nn", fake.nn)
    monkeypatch.setitem(sys.modules, "torch.nn.attention", fake.attention_module)
    return fake


class Jitted:
    """A kernel of Triton that writes down how it is launched."""

    def __init__(self) -> None:
        self.launches: list[tuple[tuple[int, ...], tuple[Any, ...], dict[str, Any]]] = []

    def __getitem__(self, grid: tuple[int, ...]) -> Any:
        return lambda *given, **options: self.launches.append((grid, given, options))


@pytest.fixture
def triton(monkeypatch: pytest.MonkeyPatch) -> types.SimpleNamespace:
    fake = types.SimpleNamespace(product=Jitted(), attention=Jitted())
    monkeypatch.setitem(sys.modules, "twill.benching.peers.triton_kernels", fake)
    return fake


def attention_call(kernel: str) -> Call:
    driver, generator = StubDriver(), np.random.default_rng(0)
    shapes = {"q": (2, 64, 32), "k": (1, 64, 32), "v": (1, 64, 32)}
    arrays = [
        driver.place(to_storage(generator.standard_normal(shape), "bf16"))
        for shape in shapes.values()
    ]
    outputs = [driver.place(np.zeros(shapes["q"], np.uint16))]
    described = manifest(kernel, shapes, shapes["q"])
    return Call(described, driver, arrays, outputs, {}, {"scale_log2": 0.25})


@pytest.mark.parametrize("kernel", ["flash_attention_forward", "flash_attention_causal"])
def test_torch_is_asked_for_each_back_end(
    kernel: str, torch: FakeTorch, triton: types.SimpleNamespace
) -> None:
    call = attention_call(kernel)
    peers = [p for p in find_peers(call, None)[0] if p.name.startswith("torch")]
    assert [peer.name for peer in peers] == ["torch SDPA (cuDNN)", "torch SDPA (flash)"]
    for peer in peers:
        peer.run()
    assert [backend for backend, _ in torch.options] == ["cudnn", "flash"]
    for _, options in torch.options:
        assert options["scale"] == pytest.approx(0.25 * np.log(2))  # scores in powers of two
        assert options["is_causal"] is (kernel == "flash_attention_causal")
    call.driver.memory[call.outputs[0].pointer][...] = peers[0].result()  # type: ignore[attr-defined]
    assert call.differing(peers[1]) == 0


def test_triton_attentions_cover_all_queries_and_heads(
    torch: FakeTorch, triton: types.SimpleNamespace
) -> None:
    call = attention_call("flash_attention_causal")
    peers = [p for p in find_peers(call, None)[0] if p.name.startswith("Triton")]
    assert len(peers) == 3
    for peer in peers:
        peer.run()
        assert peer.result().shape == (2, 64, 32)
    grid, given, options = triton.attention.launches[0]
    assert grid == (1, 2)
    assert given[4:] == (0.25, 64, 64, 2)
    assert options["CAUSAL"] is True
    assert (options["HEAD_DIM"], options["BLOCK_M"], options["BLOCK_N"]) == (32, 128, 128)


def test_triton_products_cover_all_tiles(torch: FakeTorch, triton: types.SimpleNamespace) -> None:
    driver = StubDriver()
    arrays = [driver.place(np.zeros(shape, np.uint16)) for shape in ((300, 64), (520, 64))]
    described = manifest("gemm", {"a": (300, 64), "b": (520, 64)}, (300, 520))
    outputs = [driver.place(np.zeros((300, 520), np.uint16))]
    peers = find_peers(Call(described, driver, arrays, outputs, {}, {}), None)[0]
    for peer in (p for p in peers if p.name.startswith("Triton")):
        peer.run()
    grid, given, options = triton.product.launches[0]
    assert grid == (3 * 3,)
    assert given[3:] == (300, 520, 64)
    assert (options["BLOCK_M"], options["BLOCK_N"], options["BLOCK_K"]) == (128, 256, 64)
    assert options["BAND"] == 8


def test_a_library_that_fails_at_once_costs_its_own_peers_only(
    torch: FakeTorch, triton: types.SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(array: object) -> Tensor:
        raise RuntimeError("driver too old\nmore")

    monkeypatch.setattr(torch, "from_dlpack", refuse)
    peers, missing = find_peers(attention_call("flash_attention_forward"), None)
    assert not peers
    said = {one.name: one.why for one in missing}
    assert said["torch SDPA"] == said["Triton attention"] == "fails: driver too old"
