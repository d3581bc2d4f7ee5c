"""Reference cases on disk, and outputs beside them."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twill.models.errors import InvalidInput
from twill.runtime import cases as cases_module
from twill.runtime.bundle import Bundle
from twill.runtime.cases import Case, cases_bytes, load_cases, save_cases
from twill.runtime.check import check_cases, compare
from twill.runtime.launch import Kernel
from twill.runtime.manifest import Tolerance
from twill.tests.runtime import scaling
from twill.tests.runtime.stub_driver import StubDriver

CLOSE = Tolerance(0.5, 0.1)
CASE_C = np.zeros((16, 64))


def test_cases_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "reference.npz"
    written = [scaling.case(16), scaling.case(8, 128, 0.5)]
    save_cases(path, written)
    assert path.read_bytes() == cases_bytes(written)
    for before, after in zip(written, load_cases(path), strict=True):
        assert (before.extents, before.scalars) == (after.extents, after.scalars)
        for kind in ("inputs", "outputs"):
            assert list(getattr(before, kind)) == list(getattr(after, kind))
            for name, array in getattr(before, kind).items():
                np.testing.assert_array_equal(array, getattr(after, kind)[name])
                assert array.dtype == getattr(after, kind)[name].dtype


def test_numpy_reads_the_file_too(tmp_path: Path) -> None:
    path = tmp_path / "reference.npz"
    save_cases(path, [Case({"x": np.asfortranarray(np.eye(3))}, {}, {"M": 3}, {"s": 1.5})])
    with np.load(path, allow_pickle=False) as arrays:
        assert sorted(arrays) == ["case0/extent/M", "case0/in/x", "case0/scalar/s"]
        np.testing.assert_array_equal(arrays["case0/in/x"], np.eye(3))
        assert arrays["case0/extent/M"].shape == ()


def npy(array: np.ndarray[Any, Any], **options: Any) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, **options)
    return file.getvalue()


HUGE = npy(np.zeros(4)).replace(b"(4,)", b"(4000000000000,)").replace(b" " * 12, b"", 1)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("case0/in/a", b"", "belongs to no case"),
        ("case0/in/../a.npy", b"", "belongs to no case"),
        ("case1/in/a.npy", npy(np.zeros(2)), "not numbered from 0"),
        ("case0/in/a.npy", b"short", "no reference cases"),
        ("case0/in/a.npy", npy(np.zeros(2))[:-1], "not a plain array"),
        ("case0/in/a.npy", npy(np.zeros(2), version=(2, 0)), "not version 1.0"),
        ("case0/in/a.npy", npy(np.array([{}]), allow_pickle=True), "not a plain array"),
        ("case0/in/a.npy", npy(np.asfortranarray(np.eye(3))), "not a plain array"),
        ("case0/in/a.npy", npy(np.zeros(2, ">u2")), "not a plain array"),
        ("case0/in/a.npy", HUGE, "not a plain array"),
        ("case0/extent/M.npy", npy(np.zeros(1)), "not one number"),
        ("case0/scalar/s.npy", npy(np.array("text")), "not one number"),
        ("case0/extent/M.npy", npy(np.array(np.nan)), "no reference cases"),
    ],
)
def test_a_file_that_holds_something_else(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "reference.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, content)
    with pytest.raises(InvalidInput, match=message) as caught:
        load_cases(path)
    assert caught.value.problems[0].file == str(path)


def test_what_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "reference.npz"
    path.write_bytes(b"nothing")
    with pytest.raises(InvalidInput, match="no reference cases"):
        load_cases(path)
    with pytest.raises(InvalidInput, match="no reference cases"):
        load_cases(tmp_path / "missing")


def test_an_archive_that_unpacks_to_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_cases(tmp_path / "reference.npz", [scaling.case()])
    monkeypatch.setattr(cases_module, "LARGEST_BYTES", 100)
    with pytest.raises(InvalidInput, match="at most 100 are read"):
        load_cases(tmp_path / "reference.npz")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"inputs": {}}, "case0: in/a is missing"),
        ({"outputs": {"c": CASE_C, "total": np.zeros(16), "x": np.zeros(1)}}, "out/x is unknown"),
        ({"extents": {"M": 16}}, "extent/N is missing"),
        ({"scalars": {}}, "scalar/factor is missing"),
        ({"inputs": {"a": np.zeros((16, 64), np.float32)}}, "a: elements of float32"),
        ({"outputs": {"c": CASE_C, "total": np.zeros(16, np.int32)}}, "total: elements of int32"),
    ],
)
def test_cases_that_are_not_of_this_kernel(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    manifest = Bundle.load(scaling.write(tmp_path / "bundle")).manifest
    whole = scaling.case()
    fields = {name: getattr(whole, name) for name in ("inputs", "outputs", "extents", "scalars")}
    save_cases(tmp_path / "reference.npz", [Case(**{**fields, **changes})])
    with pytest.raises(InvalidInput, match=message):
        load_cases(tmp_path / "reference.npz", manifest)


def kernel(tmp_path: Path, driver: StubDriver) -> Kernel:
    return Kernel(Bundle.load(scaling.write(tmp_path / "bundle")), driver)


def test_a_right_kernel_passes(tmp_path: Path) -> None:
    cases = [scaling.case(16), scaling.case(40, 8)]
    results = check_cases(kernel(tmp_path, StubDriver(scaling.compute)), cases)
    assert [result.passed for result in results] == [True, True]
    assert [c.output for c in results[0].comparisons] == ["c", "total"]


def test_a_kernel_that_writes_nothing_fails_by_its_poison(tmp_path: Path) -> None:
    (result,) = check_cases(kernel(tmp_path, StubDriver()), [scaling.case()])
    c, total = result.comparisons
    assert (c.failures, c.not_a_number) == (16 * 64, 16 * 64)
    assert total.failures > 0
    assert total.not_a_number == 0
    assert not result.passed


def compared(got: list[float], reference: list[float]) -> Any:
    arrays = np.array(got, np.float32), np.array(reference, np.float64)
    return compare("c", *arrays, "f32", CLOSE)


def test_the_limit_is_absolute_plus_relative() -> None:
    assert compared([1.59, 10.0], [1.0, 10.0]).passed
    wrong = compared([1.0, 21.0, 5.0, 8.0], [1.0, 18.0, 5.0, 9.5])
    assert (wrong.failures, wrong.worst_at, wrong.got, wrong.expected) == (2, (1,), 21.0, 18.0)
    assert wrong.allowed == pytest.approx(2.3)


def test_nan_and_infinity() -> None:
    inf, nan = np.inf, np.nan
    assert compared([inf, -inf, 1.0], [inf, -inf, 1.0]).passed
    assert compared([1.0, nan], [1.0, 1.0]).worst_at == (1,)
    for got, right in ((nan, nan), (1.0, nan), (nan, inf), (1.0, inf), (-inf, inf), (inf, 1.0)):
        assert compared([got], [right]).failures == 1, (got, right)
    described = compared([nan], [inf]).as_json()
    assert json.loads(json.dumps(described, allow_nan=False))["got"] == "nan"


def test_the_worst_element_of_a_matrix() -> None:
    got = np.zeros((3, 4), np.float32)
    got[2, 1] = 9
    found = compare("c", got, np.zeros((3, 4)), "f32", CLOSE)
    assert (found.worst_at, found.failures, found.elements) == ((2, 1), 1, 12)


def test_shapes_and_empty_arrays() -> None:
    with pytest.raises(InvalidInput, match=r"c: shape \(2,\); the reference has \(3,\)"):
        compared([1, 2], [1, 2, 3])
    assert compared([], []).passed
