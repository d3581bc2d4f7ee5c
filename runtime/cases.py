"""Reference cases: inputs, and what a right kernel makes of them, in one .npz file.

The arrays of case i are called `case<i>/in/<name>`, `case<i>/out/<name>`, `case<i>/extent/<name>`
and `case<i>/scalar/<name>`; the last two have no dimensions. bf16 is stored as uint16, fp8e4m3 as
uint8. An output may also be f32 or f64: a reference more precise than the kernel's result.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

from ..models.errors import InvalidInput
from .dtypes import DTYPES, Array
from .manifest import Manifest

LARGEST_BYTES = 4 << 30  # of all arrays together
_KEY = re.compile(r"case(\d{1,4})/(in|out|extent|scalar)/(\w+)\.npy", re.ASCII)
_ARRAYS = ("in", "out")  # kinds that are arrays; the others are single numbers
_DATE = (1980, 1, 1, 0, 0, 0)  # the first of a zip file: equal cases give equal bytes
# zipfile: NotImplementedError for a method it lacks, RuntimeError for an encrypted member
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error,
               NotImplementedError, RuntimeError)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One call of a kernel and its right outputs, all by name."""

    inputs: Mapping[str, Array]
    outputs: Mapping[str, Array]
    extents: Mapping[str, int]
    scalars: Mapping[str, int | float]

    @property
    def counts(self) -> dict[str, int]:
        """All that grids and loops may depend on: extents, and integer scalars."""
        whole = {name: n for name, n in self.scalars.items() if isinstance(n, int)}
        return {**self.extents, **whole}


def save_cases(path: Path, cases: Sequence[Case]) -> None:
    """Write the cases to a file."""
    path.write_bytes(cases_bytes(cases))


def cases_bytes(cases: Sequence[Case]) -> bytes:
    """The file that `save_cases` writes; equal cases give equal bytes."""
    buffer = io.BytesIO()
    # Stored, not compressed: versions of zlib differ in what they write.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for index, case in enumerate(cases):
            for key, array in _entries(case):
                content = io.BytesIO()
                whole = np.ascontiguousarray(array).reshape(np.shape(array))
                np.lib.format.write_array(content, whole, version=(1, 0), allow_pickle=False)
                name = zipfile.ZipInfo(f"case{index}/{key}.npy", _DATE)
                archive.writestr(name, content.getvalue())
    return buffer.getvalue()


def _entries(case: Case) -> Iterator[tuple[str, Array]]:
    for name, array in case.inputs.items():
        yield f"in/{name}", array
    for name, array in case.outputs.items():
        yield f"out/{name}", array
    for name, extent in case.extents.items():
        yield f"extent/{name}", np.array(extent, np.int64)
    for name, scalar in case.scalars.items():
        yield f"scalar/{name}", np.array(scalar)


def load_cases(path: Path, manifest: Manifest | None = None) -> tuple[Case, ...]:
    """Read the cases of a file, and compare them with a launch description if one is given.

    Raises InvalidInput for a file that is no such file, too large, or not for this kernel.
    """
    found: dict[int, dict[tuple[str, str], Array]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            _check_size(archive)
            for info in archive.infolist():
                index, kind, name = _parse(info.filename)
                array = _read_array(archive.read(info), info.filename)
                found.setdefault(index, {})[kind, name] = array
        cases = tuple(_case(found[index]) for index in sorted(found))
    except InvalidInput as wrong:
        raise InvalidInput(wrong.problems[0].message, file=str(path)) from wrong
    except _UNREADABLE as failure:
        raise InvalidInput(f"no reference cases: {failure}", file=str(path)) from failure
    if sorted(found) != list(range(len(found))):
        raise InvalidInput("the cases are not numbered from 0", file=str(path))
    if manifest is not None:
        for index, case in enumerate(cases):
            _check_case(case, manifest, f"{path}: case{index}")
    return cases


def _check_size(archive: zipfile.ZipFile) -> None:
    size = sum(info.file_size for info in archive.infolist())
    if size > LARGEST_BYTES:
        raise InvalidInput(f"{size:,} bytes of arrays; at most {LARGEST_BYTES:,} are read")


def _parse(filename: str) -> tuple[int, str, str]:
    key = _KEY.fullmatch(filename)
    if key is None:
        raise InvalidInput(f"the array {filename[:60]!r} belongs to no case")
    return int(key[1]), key[2], key[3]


def _case(arrays: Mapping[tuple[str, str], Array]) -> Case:
    """The case of all arrays that have its number, by kind and name."""
    numbers = {key: _number(a, "/".join(key)) for key, a in arrays.items() if key[0] not in _ARRAYS}
    return Case(
        inputs={name: array for (kind, name), array in arrays.items() if kind == "in"},
        outputs={name: array for (kind, name), array in arrays.items() if kind == "out"},
        extents={name: int(n) for (kind, name), n in numbers.items() if kind == "extent"},
        scalars={name: n for (kind, name), n in numbers.items() if kind == "scalar"},
    )


def _read_array(content: bytes, filename: str) -> Array:
    # By hand: NumPy's own reader would allocate what the header claims before it looks for it.
    file = io.BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):
        raise InvalidInput(f"{filename}: not version 1.0 of the .npy format")
    shape, by_columns, dtype = np.lib.format.read_array_header_1_0(file)
    is_plain = dtype.isnative and not dtype.hasobject and not by_columns
    if not is_plain or prod(shape) * dtype.itemsize != len(content) - file.tell():
        raise InvalidInput(f"{filename}: not a plain array in row-major order")
    array: Array = np.frombuffer(content, dtype, offset=file.tell()).reshape(shape)
    return array


def _number(array: Array, filename: str) -> int | float:
    if array.shape != () or array.dtype.kind not in "iuf":
        raise InvalidInput(f"{filename}: not one number")
    value: int | float = array.item()
    return value


def _check_case(case: Case, manifest: Manifest, place: str) -> None:
    expected = {
        "in": ({t.name for t in manifest.inputs}, case.inputs),
        "out": ({t.name for t in manifest.outputs}, case.outputs),
        "extent": (set(manifest.extents), case.extents),
        "scalar": ({s.name for s in manifest.scalars}, case.scalars),
    }
    for kind, (names, present) in expected.items():
        if wrong := sorted(names ^ set(present)):
            what = "missing" if wrong[0] in names else "unknown"
            raise InvalidInput(f"{kind}/{wrong[0]} is {what}", file=place)
    for name, array in {**case.inputs, **case.outputs}.items():
        legal = {DTYPES[manifest.tensor(name).dtype].storage}
        if name in case.outputs:
            legal |= {"float32", "float64"}
        if array.dtype.name not in legal:
            raise InvalidInput(f"{name}: elements of {array.dtype.name}", file=place)
