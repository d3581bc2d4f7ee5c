"""Families compiled and checked without a GPU, and packed into a folder that runs on one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..models.errors import DeviceFault
from ..models.profile import GpuProfile
from ..models.version import VERSION
from ..runtime.cache import compile_cached
from ..runtime.calibration_pack import write_calibration
from ..runtime.microbenchmark import CalibrationBundle
from ..runtime.nvrtc import Compiled
from ..runtime.sass import disassemble
from .family import Family
from .machine_code import check_code
from .microbenchmark import Microbenchmark


@dataclass(frozen=True, slots=True)
class Built:
    """A family and its machine code."""

    family: Family
    compiled: Compiled

    @property
    def file(self) -> str:
        """The name of its cubin."""
        return f"{self.family.name}.cubin"


def build(family: Family, target: str) -> Built:
    """Compile one family; raises DeviceFault where the code is not what is to be timed."""
    compiled = compile_cached(family.source, target, f"{family.name}.cu")
    if not compiled.report.is_clean:
        said = "; ".join(f"{a.code}: {a.sentence}" for a in compiled.report.advisories)
        raise DeviceFault(f"{family.name} for {target}: {said or 'spills, or a stack'}")
    functions = disassemble(compiled.cubin)
    for one in family.benchmarks:
        check_code(one, functions[one.name])
    return Built(family, compiled)


def pack(families: Iterable[Family], profile: GpuProfile, folder: Path) -> CalibrationBundle:
    """Build families for the GPU of a profile and write the folder."""
    built = [build(family, profile.target) for family in families]
    about = {
        "gpu": profile.profile,
        "target": profile.target,
        "compiler": built[0].compiled.compiler,
        "made_by": f"twill {VERSION}",
    }
    cubins = {one.file: one.compiled.cubin for one in built}
    return write_calibration(folder, cubins, list(_launches(built)), about)


def _launches(built: Iterable[Built]) -> Iterator[dict[str, Any]]:
    for one in built:
        for benchmark in one.family.benchmarks:
            yield _launch(benchmark, one.family.digest, one.file)


def _launch(one: Microbenchmark, digest: str, file: str) -> dict[str, Any]:
    short, long = one.lengths
    described: dict[str, Any] = {
        "name": one.name,
        "source": digest,
        "cubin": file,
        "threads": one.threads,
        "shared_bytes": one.shared_bytes,
        "lengths": {"short": short, "long": long},
        "everywhere": int(one.everywhere),
    }
    if one.copied is not None:
        described["copied"] = {"rows": one.copied.rows, "box_rows": one.copied.box_rows}
    return described
