"""How many shapes of a kernel have to be solved until the best of them is proved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from twill.benchmarks.timing import Clock, Seconds, repeat
from twill.gpu_profiles.library import load_profile
from twill.kernels.library import kernel_path
from twill.models.kernel import KernelDocument
from twill.models.shape import shape_text
from twill.models.shape_search import ShapeSearch
from twill.reader.documents import read_document
from twill.reader.located import Located
from twill.shaping.search import Asking, search_shapes

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Lists:
    """What a kernel of the library lists for one GPU."""

    kernel: str
    gpu: str
    sizes: dict[str, str]
    split: str


LISTS = (
    Lists(
        "gemm", "h100-sxm",
        {"BLOCK_M": "[64, 128, 256]", "BLOCK_N": "[64, 128, 192, 256]", "BLOCK_K": "[32, 64, 128]"},
        "{BLOCK_M: [1, 2]}",
    ),
    Lists(
        "gemm", "b200",
        {"BLOCK_M": "[128, 256]", "BLOCK_N": "[64, 128, 192, 256]", "BLOCK_K": "[32, 64, 128]"},
        "{BLOCK_M: [1, 2]}",
    ),
    Lists(
        "flash_attention_forward", "h100-sxm",
        {"BLOCK_M": "[64, 128, 192]", "BLOCK_N": "[64, 96, 128]"},
        "{BLOCK_M: [1, 2, 3]}",
    ),
    Lists(
        "flash_attention_forward", "b200",
        {"BLOCK_M": "[128, 256, 512]", "BLOCK_N": "[64, 96, 128, 192, 256]"},
        "{BLOCK_M: [1, 2]}",
    ),
)  # fmt: skip


def listed_kernel(lists: Lists) -> Located[KernelDocument]:
    """The kernel of the library with its lists."""
    text = kernel_path(lists.kernel).read_text()
    for name, values in lists.sizes.items():
        text = re.sub(rf"(?m)^  {name}: .*$", f"  {name}: {values}", text)
    text = re.sub(r"(?m)^split: .*$", f"split: {lists.split}", text)
    return read_document(text, lists.kernel, KernelDocument)


def search_row(lists: Lists, runs: int, seconds: float) -> Row:
    """One search with bounds and one of every shape, timed beside each other."""
    quick, quick_timing = repeat(partial(_search, lists, seconds, False), runs)
    every, every_timing = repeat(partial(_search, lists, seconds, True), runs)
    return {
        "kernel": lists.kernel,
        "gpu": lists.gpu,
        "lists": {**lists.sizes, "split": lists.split},
        "shapes": len(quick.candidates),
        "refused": _count(quick, "refused"),
        "infeasible_by_bound": _count(quick, "infeasible") - _solved(quick, "infeasible"),
        "status": quick.status,
        "best": _best(quick),
        "throughput": _throughput(quick),
        "solves": quick.solves,
        "outdone": _count(quick, "outdone"),
        "could_tie": sum(map(quick.could_tie, quick.candidates)),
        "every": {
            "status": every.status,
            "best": _best(every),
            "throughput": _throughput(every),
            "solves": every.solves,
            "not_decided": _count(every, "unknown") + _count(every, "feasible"),
            **every_timing.rows(),
        },
        **quick_timing.rows(),
    }


def _search(lists: Lists, seconds: float, every: bool) -> tuple[ShapeSearch, Seconds]:
    document, profile = listed_kernel(lists), load_profile(lists.gpu).value
    clock = Clock()
    search = search_shapes(document, profile, Asking(seconds=seconds, every=every)).search
    return search, clock.read()


def _count(search: ShapeSearch, status: str) -> int:
    return sum(candidate.status == status for candidate in search.candidates)


def _solved(search: ShapeSearch, status: str) -> int:
    return sum(c.status == status and c.seconds > 0 for c in search.candidates)


def _best(search: ShapeSearch) -> str:
    return "" if search.best is None else shape_text(search.candidates[search.best].shape)


def _throughput(search: ShapeSearch) -> float | None:
    return None if search.best is None else search.candidates[search.best].throughput
