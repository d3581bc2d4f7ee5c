"""The most that this GPU gives: the largest rate that products of cuBLAS reach in the same run."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..models.errors import DeviceFault
from ..runtime.driver import Driver
from ..runtime.timing import measure
from .correctness import Say
from .peers.cublas import square_product

EXTENTS = (4096, 8192)


def measure_ceiling(driver: Driver, repetitions: int, seconds: float, say: Say) -> dict[str, Any]:
    """TFLOP/s and the size that reached them; `tflops` is None, with `why`, without cuBLAS."""
    timings: dict[str, Any] = {}
    found: dict[str, Any] = {"tflops": None, "why": None, "extent": None, "timings": timings}
    for extent in EXTENTS:
        say(f"cuBLAS, {extent} x {extent} x {extent}", seconds + 0.05 * repetitions)
        try:
            run = square_product(driver, extent)
            measured = measure(driver, {str(extent): run}, repetitions)
        except (ImportError, DeviceFault, RuntimeError) as failure:
            found["why"] = str(failure).partition("\n")[0]
            break
        rate = 2 * extent**3 / measured.timings[str(extent)].median_us / 1e6
        timings[str(extent)] = asdict(measured.timings[str(extent)])
        if found["tflops"] is None or rate > found["tflops"]:
            found |= {"tflops": rate, "extent": extent}
    return found
