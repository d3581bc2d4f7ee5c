"""Tensor maps: each rule by itself, and the call against a stub of the driver."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from twill.models.errors import DeviceFault, InvalidInput
from twill.runtime import tensor_maps
from twill.runtime.tensor_maps import encode, tensor_map_fields


def test_a_matrix_is_described_innermost_first() -> None:
    fields = tensor_map_fields((200, 264), 2, (128, 64), 128)
    assert fields.dimensions == (264, 200)
    assert fields.strides == (528,)
    assert fields.box == (64, 128)
    assert fields.swizzle == 3


@pytest.mark.parametrize("rank", range(1, 6))
def test_every_rank(rank: int) -> None:
    shape = (7, 6, 5, 4, 64)[-rank:]
    fields = tensor_map_fields(shape, 2, (1,) * (rank - 1) + (64,), 128)
    assert fields.dimensions == tuple(reversed(shape))
    strides = (128, 128 * 4, 128 * 4 * 5, 128 * 4 * 5 * 6)
    assert fields.strides == strides[: rank - 1]


@pytest.mark.parametrize(
    ("shape", "itemsize", "box", "swizzle", "message"),
    [
        ((), 2, (), 0, "1 to 5 dimensions, not 0"),
        ((8,) * 6, 2, (8,) * 6, 0, "1 to 5 dimensions, not 6"),
        ((64, 64), 2, (64,), 0, "a box of 1 dimensions for an array of 2"),
        ((0, 64), 2, (1, 64), 0, "an extent of 0"),
        ((2**32 + 1, 64), 2, (1, 64), 0, "an extent of 4294967297"),
        ((64, 68), 2, (64, 64), 0, "a row of 136 bytes; tensor maps need multiples of 16"),
        ((2, 2**32, 128), 2, (1, 1, 64), 0, "a stride of 1099511627776 bytes"),
        ((64, 64), 2, (257, 64), 0, "a box extent of 257"),
        ((64, 64), 2, (0, 64), 0, "a box extent of 0"),
        ((64, 64), 2, (64, 64), 96, "a swizzle of 96 bytes"),
        ((64, 64), 2, (64, 4), 0, "a box row of 8 bytes"),
        ((64, 64), 2, (64, 64), 64, "a box row of 128 bytes is longer than its swizzle of 64"),
    ],
)
def test_each_rule(
    shape: tuple[int, ...], itemsize: int, box: tuple[int, ...], swizzle: int, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        tensor_map_fields(shape, itemsize, box, swizzle)


class StubLibrary:
    """A C function with the signature of the driver's that writes down what it gets."""

    def __init__(self, answer: int = 0) -> None:
        self.got: dict[str, Any] = {}
        word, pointer = ctypes.c_uint32, ctypes.c_void_p

        def call(*arguments: Any) -> int:
            names = ("map", "dtype", "rank", "address", "dims", "strides", "box", "steps")
            self.got = dict(zip(names, arguments[:8], strict=True), rest=arguments[8:])
            rank = arguments[2]
            for name, kind, n in (
                ("dims", ctypes.c_uint64, rank), ("strides", ctypes.c_uint64, rank - 1),
                ("box", word, rank), ("steps", word, rank),
            ):  # fmt: skip
                self.got[name] = list((kind * n).from_address(self.got[name]))
            ctypes.memset(arguments[0], 0xAB, 128)
            return answer

        self.function = ctypes.CFUNCTYPE(
            ctypes.c_int, pointer, ctypes.c_int, word, pointer, pointer, pointer, pointer, pointer,
            *[ctypes.c_int] * 4,
        )(call)  # fmt: skip


@pytest.mark.parametrize(("dtype", "code"), [("bf16", 9), ("fp16", 6), ("f32", 7), ("i32", 3)])
def test_the_driver_gets_every_field(
    dtype: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = StubLibrary()
    monkeypatch.setattr(tensor_maps, "_encoder", lambda: library.function)
    fields = tensor_map_fields((3, 200, 64), 2, (1, 128, 64), 128)
    encoded = encode(0x7F0000000010, dtype, fields)
    assert (encoded.size, encoded.nbytes, encoded.dtype.str) == (1, 128, "|V128")
    assert encoded.ctypes.data % 128 == 0  # CUtensorMap of CUDA 13
    assert encoded.tobytes() == b"\xab" * 128
    assert library.got["map"] == encoded.ctypes.data
    assert (library.got["dtype"], library.got["rank"]) == (code, 3)
    assert library.got["address"] == 0x7F0000000010
    assert library.got["dims"] == [64, 200, 3]
    assert library.got["strides"] == [128, 25600]
    assert library.got["box"] == [64, 128, 1]
    assert library.got["steps"] == [1, 1, 1]
    assert library.got["rest"] == (0, 3, 2, 0)


def test_fp8_is_copied_as_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    library = StubLibrary()
    monkeypatch.setattr(tensor_maps, "_encoder", lambda: library.function)
    encode(0x100, "fp8e4m3", tensor_map_fields((128,), 1, (128,), 128))
    assert library.got["dtype"] == 0


def test_a_refusal_of_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    library = StubLibrary(answer=1)
    monkeypatch.setattr(tensor_maps, "_encoder", lambda: library.function)
    with pytest.raises(DeviceFault, match="CUresult 1"):
        encode(0x100, "f32", tensor_map_fields((64, 32), 4, (64, 32), 128))


def test_an_unaligned_address() -> None:
    with pytest.raises(InvalidInput, match="an array at 0x108"):
        encode(0x108, "f32", tensor_map_fields((64, 32), 4, (64, 32), 128))


def test_a_machine_without_a_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(f"{name}: cannot open")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    with pytest.raises(DeviceFault, match=r"no CUDA driver.*libcuda"):
        tensor_maps._encoder.__wrapped__()


def test_the_function_of_the_driver_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        def __init__(self, name: str) -> None:
            self.cuTensorMapEncodeTiled = StubLibrary().function

    monkeypatch.setattr(ctypes, "CDLL", Library)
    declared: Any = tensor_maps._encoder.__wrapped__()
    assert len(declared.argtypes) == 12
    assert declared.restype is ctypes.c_int
