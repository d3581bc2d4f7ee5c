"""Tables in Markdown and plots of a run: what docs/gpu-results.md is made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..models.errors import InvalidInput
from ..runtime.cache import write_atomically
from .plots import bars
from .rates import Rate, ceiling, noise_us, rates
from .show import bundle_text, device_text, steps_text, strategies_text

FILE = "report.md"
SIDE_FILES = {"sanitizer.txt": "Sanitizer", "calibrate.txt": "Calibration"}
MOST_LINES = 60  # of a side file


def write_report(folder: Path, found: Mapping[str, Any]) -> list[Path]:
    """Write report.md and its plots into the folder; returns what was written."""
    plots = dict(_plots(found))
    text = report_text(found, {name: _tail(folder / name) for name in SIDE_FILES}, list(plots))
    written = []
    try:
        for name, content in {FILE: text, **plots}.items():
            write_atomically(folder / name, content.encode())
            (folder / name).chmod(0o644)
            written.append(folder / name)
    except OSError as failure:
        raise InvalidInput(f"cannot be written: {failure.strerror}", file=str(folder)) from failure
    return written


def report_text(found: Mapping[str, Any], sides: Mapping[str, str], plots: Sequence[str]) -> str:
    """The report; every part that was not measured says so."""
    most = ceiling(found)
    parts = ["# Measured on a GPU", "", device_text(found["device"]), ""]
    parts += ["## Correctness", "", *_correctness(found["bundles"]), ""]
    parts += ["## Times", "", *_ceiling(most, (found["ceiling"] or {}).get("why"))]
    for timing in found["timings"]:
        parts += [*_timing(timing, most), ""]
    if not found["timings"]:
        parts += ["Not measured.", ""]
    parts += ["## Initiation interval: model and measurement", "", *_model(found["model"]), ""]
    parts += ["## Strategies", "", *_strategies(found.get("strategies")), ""]
    for name, title in SIDE_FILES.items():
        parts += [f"## {title}", "", *_side(sides.get(name, "")), ""]
    parts += ["## Not done", "", *_faults(found["faults"]), ""]
    parts += [f"![{Path(plot).stem}]({plot})" for plot in plots]
    return "\n".join(parts).rstrip() + "\n"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table; signs that would end a cell are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def _correctness(bundles: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not bundles:
        yield "Not measured."
        return
    rows = [
        [one["name"], one.get("gpu", "-"), _verdict(one), str(len(one["cases"])),
         f"{sum(case['launches'] for case in one['cases']):,}", one.get("source_digest", "-")[:12]]
        for one in bundles
    ]  # fmt: skip
    yield from markdown(["bundle", "GPU", "result", "cases", "launches", "source"], rows)
    for one in bundles:
        if one["passed"] is False:
            yield from ["", "```", bundle_text(one), "```"]


def _verdict(one: Mapping[str, Any]) -> str:
    if one.get("fault"):
        return "failed"
    if one["hang"]:
        return "hangs"
    return {True: "right", False: "wrong", None: "not compared"}[one["passed"]]


def _ceiling(most: float | None, why: str | None) -> list[str]:
    if most is None:
        return [f"The ceiling was not measured{f': {why}' if why else ''}.", ""]
    return [f"Ceiling: {most:.0f} TFLOP/s, the fastest cuBLAS product of the same run.", ""]


def _timing(timing: Mapping[str, Any], most: float | None) -> Iterator[str]:
    peers = list(timing["peers"])
    head = ["kernel", "right", "median us", "p10", "p90", "TFLOP/s", "% of ceiling", *peers]
    extents = ", ".join(f"{name} {extent}" for name, extent in timing["extents"].items())
    yield from [f"### {timing['kernel']}: {extents}", ""]
    yield from markdown(head, [_cells(rate, peers) for rate in rates(timing, most)])
    yield ""
    yield f"Under a peer: how many times as fast as it. Noise: {noise_us(timing):.2f} us."
    for one in timing["missing"]:
        yield f"Not measured: {one['name']}: {one['why']}."


def _cells(rate: Rate, peers: Sequence[str]) -> list[str]:
    right = "" if rate.is_peer else {True: "yes", False: "NO", None: "not compared"}[rate.right]
    return [
        rate.name, right, f"{rate.median_us:.1f}", f"{rate.p10_us:.1f}", f"{rate.p90_us:.1f}",
        _cell(rate.tflops, 1), _cell(rate.of_ceiling, 1),
        *(_cell(rate.beside.get(peer), 3) for peer in peers),
    ]  # fmt: skip


def _model(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "Not measured."
        return
    head = ["bundle", "model, cycles", "by times", "by clocks", "SM MHz", "difference"]
    yield from markdown(head, [_model_cells(row) for row in rows])
    for row in rows:
        if row["notable"]:
            yield from ["", f"{row['bundle']}: more than 10 % from the model."]
            if row["steps"]:
                yield from ["", "```", steps_text(row), "```"]


def _model_cells(row: Mapping[str, Any]) -> list[str]:
    difference = row["difference"]
    return [
        row["bundle"], f"{row['predicted_cycles']:,}", _cell(row["cycles_from_times"], 0),
        _cell(row["cycles_from_clocks"], 0), _cell(row["sm_mhz"], 0),
        "-" if difference is None else f"{100 * difference:+.1f} %",
    ]  # fmt: skip


def _strategies(strategies: Sequence[Mapping[str, Any]] | None) -> list[str]:
    return ["```", strategies_text(strategies), "```"] if strategies else ["Not measured."]


def _side(text: str) -> list[str]:
    return ["```", text, "```"] if text else ["Not done."]


def _faults(faults: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"- {one['task']}: {one['detail']}" for one in faults] or ["Nothing."]


def _tail(path: Path) -> str:
    if not path.is_file():
        return ""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-MOST_LINES:]).replace("```", "'''")


def _plots(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    most = ceiling(found)
    for number, timing in enumerate(found["timings"]):
        rows = [
            (rate.name, rate.tflops or 0.0, _cell(rate.tflops, 0), not rate.is_peer)
            for rate in rates(timing, most)
        ]
        if timing["flop"] and rows:
            extents = " ".join(f"{name}={n}" for name, n in timing["extents"].items())
            title = f"{timing['kernel']}, {extents}: TFLOP/s"
            yield f"rates-{number}-{timing['kernel']}.svg", bars(title, rows, most)
    ratios = [(r["bundle"], 1 + r["difference"], f"{1 + r['difference']:.2f}", True)
              for r in found["model"] if r["difference"] is not None]  # fmt: skip
    if ratios:
        title = "Cycles of an iteration, measured / model"
        yield "model-error.svg", bars(title, ratios, 1.0)


def _cell(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
