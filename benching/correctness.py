"""Whether a bundle computes what its reference says, launch after launch, and where it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..models.errors import InvalidInput
from ..runtime.bundle import Bundle
from ..runtime.cases import Case, load_cases
from ..runtime.check import Comparison, compare
from ..runtime.dtypes import Array
from ..runtime.launch import NAN_BYTE, Kernel, Launch
from ..runtime.manifest import Manifest, TensorMapParameter
from ..runtime.watched import Hang, wait
from .progress import bind_progress, find_stuck
from .work import work_of

CLOCKS = ".clocks"  # what the folder of a twin with marks ends in
Say = Callable[[str, float], None]
"""What is about to happen, and how many seconds it may take; a watchdog listens."""


def check_bundle(
    kernel: Kernel, cases: Sequence[Case], launches: int, seconds: float, say: Say
) -> dict[str, Any]:
    """Every case, launched so many times; the first launch that is wrong is the last one.

    The object has `passed` (None without cases), `cases` and `hang`. A launch that has not ended
    after `seconds` ends the check: nothing else can be launched behind it.
    """
    found: list[dict[str, Any]] = []
    for number, case in enumerate(cases):
        what = f"{kernel.bundle.folder.name}, case {number}"
        try:
            found.append(_check_case(kernel, case, launches, seconds, what, say))
        except Stopped as stopped:
            return {"passed": False, "cases": found, "hang": stopped.described}
    passed = all(one["passed"] for one in found) if found else None
    return {"passed": passed, "cases": found, "hang": None}


class Stopped(Exception):
    """A launch hangs; `described` says where."""

    def __init__(self, described: dict[str, Any]) -> None:
        super().__init__(described["what"])
        self.described = described


def _check_case(
    kernel: Kernel, case: Case, launches: int, seconds: float, what: str, say: Say
) -> dict[str, Any]:
    say(what, seconds)
    inputs = [case.inputs[argument.name] for argument in kernel.manifest.inputs]
    launch = kernel.prepare(*inputs, **case.extents, **case.scalars)
    words: Array | None = None
    if kernel.manifest.marks:
        words = bind_progress(kernel, launch)
        launch = kernel.prepare(*inputs, **case.extents, **case.scalars)
    comparisons: list[dict[str, Any]] = []
    before: list[Array] = []
    done = 0
    while done < launches and all(one["failures"] == 0 for one in comparisons):
        done += 1
        now = f"{what}, launch {done} of {launches}"
        say(now, seconds)
        if done > 1:
            reset_outputs(kernel, launch)
        launch.run()
        try:
            wait(kernel.driver, seconds, now)
        except Hang:
            raise Stopped(_hang(kernel, now, case, words)) from None
        outputs = [kernel.driver.download(output) for output in launch.outputs]
        if not before or not all(map(_are_same, before, outputs)):
            comparisons = list(_compared(kernel, outputs, case))
        before = outputs
    return {
        "extents": dict(case.extents),
        "launches": done,
        "passed": all(one["failures"] == 0 for one in comparisons),
        "outputs": comparisons,
    }


def reset_outputs(kernel: Kernel, launch: Launch) -> None:
    """What outputs held before the first launch."""
    for argument, output in zip(kernel.manifest.outputs, launch.outputs, strict=True):
        kernel.driver.fill(output, 0 if argument.initial == "zeros" else NAN_BYTE)


def _are_same(one: Array, other: Array) -> bool:
    """Bit by bit: what was right once is not compared again."""
    return bool(np.array_equal(one.reshape(-1).view(np.uint8), other.reshape(-1).view(np.uint8)))


def compared(kernel: Kernel, launch: Launch, case: Case) -> Iterator[dict[str, Any]]:
    """Each output beside its reference, with the first differing tile."""
    yield from _compared(kernel, map(kernel.driver.download, launch.outputs), case)


def _compared(kernel: Kernel, outputs: Iterable[Array], case: Case) -> Iterator[dict[str, Any]]:
    manifest = kernel.manifest
    tiles = output_tiles(kernel.bundle)
    for argument, got in zip(manifest.outputs, outputs, strict=True):
        one = compare(
            argument.name, got, case.outputs[argument.name], argument.dtype, manifest.tolerance
        )
        yield {**one.as_json(), "first_tile": first_tile(one, tiles.get(argument.name))}


def first_tile(one: Comparison, tile: tuple[int, ...] | None) -> dict[str, Any] | None:
    """Index and extent of the first tile, in row-major order, with a wrong element."""
    if one.first_at is None or tile is None or len(tile) != len(one.first_at):
        return None
    index = [place // extent for place, extent in zip(one.first_at, tile, strict=True)]
    return {"index": index, "extent": list(tile)}


def output_tiles(bundle: Bundle) -> Mapping[str, tuple[int, ...]]:
    """What a block writes of each output; else the box of its tensor map."""
    boxes = {
        p.argument: p.box for p in bundle.manifest.parameters if isinstance(p, TensorMapParameter)
    }
    try:
        work = work_of(bundle)
    except InvalidInput:  # report.json only names what is wrong
        work = None
    return {**boxes, **(work.tiles if work else {})}


def reference_cases(bundle: Bundle) -> tuple[Case, ...]:
    """The cases of the bundle; of a twin with marks those of the bundle that it stands beside."""
    found = load_cases(bundle.reference, bundle.manifest) if bundle.reference else ()
    beside = bundle.folder.with_name(bundle.folder.name.removesuffix(CLOCKS)) / "reference.npz"
    if not found and bundle.folder.name.endswith(CLOCKS) and beside.is_file():
        return load_cases(beside, bundle.manifest)
    return found


def _hang(kernel: Kernel, what: str, case: Case, words: Array | None) -> dict[str, Any]:
    found: dict[str, Any] = {"what": what, "extents": dict(case.extents), "block": None}
    if words is None:
        return {**found, "roles": None}
    stuck = find_stuck(words.copy(), kernel.manifest.marks)
    if stuck is None:
        return {**found, "roles": []}
    return {
        **found,
        "block": stuck.block,
        "blocks_stuck": stuck.blocks_stuck,
        "blocks_not_begun": stuck.blocks_not_begun,
        "roles": [role.as_json() for role in stuck.roles],
    }


def identity(manifest: Manifest) -> dict[str, Any]:
    """What a bundle is, for a table."""
    return {
        "kernel": manifest.kernel,
        "gpu": manifest.gpu,
        "target": manifest.target,
        "compiler": manifest.compiler,
        "made_by": manifest.made_by,
        "source_digest": manifest.digests["kernel.cu"],
    }
