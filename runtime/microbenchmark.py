"""calibration.json: which microbenchmarks a folder holds, and how each is launched."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..models.errors import InvalidInput
from .dtypes import DTYPES
from .fields import Fields, read_json
from .manifest import CAPABILITIES
from .manifest_reading import MOST_SHARED_BYTES, MOST_THREADS
from .tensor_maps import check_box

FORMAT = "twill-calibration/1"
FILE = "calibration.json"
LARGEST_BYTES = 64 << 20  # of a cubin
LARGEST_FILE_BYTES = 1 << 20  # of calibration.json
MOST_BENCHMARKS = 256
MOST_ITERATIONS = 1 << 20
MOST_ROWS = 1 << 24
WARP = 32
COLUMNS = 64  # of the arrays that copies move, of 16 bits each
SWIZZLE = 128
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_CUBIN = re.compile(r"[a-z][a-z0-9_]{0,63}[.]cubin")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Copied:
    """The array that tensor copies go through, and their box: rows of 64 elements of 16 bits."""

    rows: int
    box_rows: int


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One kernel: it takes where clocks are noted, its iterations, and a tensor map if it copies.

    Every warp notes the clock before and after, 8 bytes each.
    """

    name: str  # and its entry point
    source: str  # digest
    cubin: str  # file name
    threads: int
    shared_bytes: int
    lengths: tuple[int, int]
    everywhere: bool  # a block on each multiprocessor
    copied: Copied | None

    @property
    def warps(self) -> int:
        """Of one block."""
        return self.threads // WARP


@dataclass(frozen=True, slots=True)
class CalibrationBundle:
    """What a calibration needs, read and found to be as it was written."""

    gpu: str
    target: str
    compiler: str
    made_by: str
    benchmarks: tuple[Benchmark, ...]
    cubins: Mapping[str, bytes]

    @classmethod
    def load(cls, folder: str | Path) -> CalibrationBundle:
        """Read a folder; raises InvalidInput for a missing, oversized, wrong or changed file."""
        place = Path(folder)
        file = str(place / FILE)
        fields = Fields(read_json(_read(place / FILE, LARGEST_FILE_BYTES), file), file)
        fields.text("format", (FORMAT,))
        bundle = cls(
            gpu=fields.text("gpu"),
            target=fields.text("target", tuple(CAPABILITIES)),
            compiler=fields.text("compiler"),
            made_by=fields.text("made_by"),
            benchmarks=tuple(map(_benchmark, fields.objects("benchmarks", MOST_BENCHMARKS))),
            cubins=_cubins(fields.object("cubins"), place),
        )
        fields.finish()
        for one in bundle.benchmarks:
            if one.cubin not in bundle.cubins:
                raise InvalidInput(f"{one.name}: no cubin {one.cubin}", file=file)
        return bundle

    def without(self, names: Sequence[str]) -> CalibrationBundle:
        """The same but for some microbenchmarks; raises InvalidInput for an unknown name."""
        known = [one.name for one in self.benchmarks]
        for name in names:
            if name not in known:
                raise InvalidInput(
                    f"no microbenchmark {name[:60]}", cure=f"known: {', '.join(known)}"
                )
        kept = tuple(one for one in self.benchmarks if one.name not in names)
        if not kept:
            raise InvalidInput("every microbenchmark is left out")
        return replace(self, benchmarks=kept)


def _benchmark(fields: Fields) -> Benchmark:
    found = Benchmark(
        name=_matching(fields, "name", _NAME),
        source=_matching(fields, "source", _DIGEST),
        cubin=_matching(fields, "cubin", _CUBIN),
        threads=fields.whole("threads", WARP, MOST_THREADS),
        shared_bytes=fields.whole("shared_bytes", 0, MOST_SHARED_BYTES),
        lengths=_lengths(fields),
        everywhere=bool(fields.whole("everywhere", 0, 1)),
        copied=_copied(fields),
    )
    if found.threads % WARP:
        fields.fail("threads", f"{found.threads} is not a number of warps")
    fields.finish()
    return found


def _lengths(fields: Fields) -> tuple[int, int]:
    each = fields.object("lengths")
    short = each.whole("short", 1, MOST_ITERATIONS)
    long = each.whole("long", short + 1, MOST_ITERATIONS)
    each.finish()
    return short, long


def _copied(fields: Fields) -> Copied | None:
    if not fields.has("copied"):
        return None
    one = fields.object("copied")
    found = Copied(one.whole("rows", 1, MOST_ROWS), one.whole("box_rows", 1, MOST_ROWS))
    check_box((found.box_rows, COLUMNS), DTYPES["bf16"].itemsize, SWIZZLE)
    one.finish()
    return found


def _matching(fields: Fields, name: str, pattern: re.Pattern[str]) -> str:
    value = fields.text(name)
    if not pattern.fullmatch(value):
        fields.fail(name, f"{value[:60]!r} is not one")
    return value


def _cubins(fields: Fields, place: Path) -> dict[str, bytes]:
    found = {}
    for name, digest in fields.rest().items():
        if not _CUBIN.fullmatch(name):
            fields.fail(name[:60], "is no name of a cubin")
        content = _read(place / name, LARGEST_BYTES)
        if digest != f"sha256:{hashlib.sha256(content).hexdigest()}":
            raise InvalidInput(
                "changed since the folder was written", file=str(place / name),
                cure="pack it again",
            )  # fmt: skip
        found[name] = content
    return found


def _read(path: Path, most: int) -> bytes:
    try:
        if not path.is_file():
            raise InvalidInput("missing", file=str(path), cure="pack it again")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as failure:
        raise InvalidInput(f"cannot be read: {failure.strerror}", file=str(path)) from failure
    if len(content) > most:
        raise InvalidInput(f"longer than {most:,} bytes", file=str(path))
    return content
