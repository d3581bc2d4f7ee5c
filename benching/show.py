"""A run as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..runtime.show import AGAIN
from .progress import Reached
from .rates import Rate, ceiling, noise_us, rank_correlation, rates


def run_text(found: Mapping[str, Any]) -> str:
    """Device, verdicts, times, model error, strategies, and what is missing."""
    parts = [device_text(found["device"])]
    parts += [bundle_text(one) for one in found["bundles"]]
    most = ceiling(found)
    parts += [timing_text(timing, most) for timing in found["timings"]]
    if most is not None:
        parts.append(f"ceiling: {most:.0f} TFLOP/s, the fastest cuBLAS product of this run")
    elif found["ceiling"]:
        parts.append(f"not done: ceiling: {found['ceiling']['why']}")
    parts += list(_model(found["model"]))
    if found.get("strategies"):
        parts.append(strategies_text(found["strategies"]))
    parts += [f"not done: {one['task']}: {one['detail']}" for one in found["faults"]]
    return "\n".join(parts)


def device_text(device: Mapping[str, Any]) -> str:
    """One line on the GPU, the driver and the library."""
    capability = ".".join(map(str, device["capability"]))
    return (
        f"{device['name']}, compute capability {capability}, {device['multiprocessors']} SMs, "
        f"driver of CUDA {cuda_version(device['driver_cuda'])}, {device['library']} for CUDA "
        f"{cuda_version(device['runtime_cuda'])}"
    )


def cuda_version(number: int) -> str:
    """12090 is 12.9."""
    return f"{number // 1000}.{number % 1000 // 10}"


def bundle_text(one: Mapping[str, Any]) -> str:
    """Right or not, and where it is wrong or hangs."""
    name = one["name"]
    if one.get("fault"):
        return f"{name}: FAILED: {one['fault']}"
    if one["hang"]:
        return f"{name}: HANGS\n" + "\n".join(f"  {line}" for line in _hang(one["hang"]))
    if one["passed"] is None:
        return f"{name}: no reference.npz: nothing was compared"
    if one["passed"]:
        launches = sum(case["launches"] for case in one["cases"])
        return f"{name}: right in {len(one['cases'])} cases, {launches:,} launches"
    lines = [f"{name}: WRONG"]
    for case in one["cases"]:
        # A launch after the first is wrong in its order of events, not in what it computes.
        which = f", launch {case['launches']}" if case["launches"] > 1 else ""
        lines += [f"  {_extents(case['extents'])}{which}: {_wrong(o)}" for o in case["outputs"]
                  if o["failures"]]  # fmt: skip
    return "\n".join(lines)


def _wrong(output: Mapping[str, Any]) -> str:
    text = (
        f"{output['output']}: {output['failures']:,} of {output['elements']:,} elements, worst "
        f"{output['worst_at']}: {output['got']}, not {output['expected']}"
    )
    tile = output.get("first_tile")
    if tile is None:
        return f"{text}; first at {output['first_at']}"
    shape = " x ".join(map(str, tile["extent"]))
    return f"{text}; first differing tile {tile['index']} of {shape}, at {output['first_at']}"


def _hang(hang: Mapping[str, Any]) -> Iterator[str]:
    yield str(hang["what"])
    if hang["roles"] is None:
        yield hang.get("traced", "emit it with --clocks beside it to see which step is the last")
        return
    if not hang["roles"]:
        yield "no block that began is left: the launch itself did not go on"
        return
    yield (
        f"block {hang['block']} is the first of {hang['blocks_stuck']:,} that have not ended "
        f"({hang['blocks_not_begun']:,} have not begun); the last step of each of its roles:"
    )
    for role in hang["roles"]:
        yield f"  {Reached(**role)}"


def timing_text(timing: Mapping[str, Any], most: float | None) -> str:
    """A table with one row for each kernel, and what is missing."""
    rows = rates(timing, most)
    peers = list(timing["peers"])
    head = ["", "right", "median us", "p10", "p90", "TFLOP/s", "% ceiling",
            *(f"x {peer}" for peer in peers)]  # fmt: skip
    table = [head, *(_row(row, peers) for row in rows)]
    lines = [f"{timing['kernel']} at {_extents(timing['extents'])}", *aligned(table)]
    lines.append(f"  {AGAIN}: {noise_us(timing):.2f} us apart; smaller differences are none")
    for when in ("before", "after"):
        if clocks := timing[f"clocks_{when}"]:
            lines.append(f"  {when}: {_number(clocks['sm_mhz'], 0)} MHz, "
                         f"{_number(clocks['power_w'], 0)} W, "
                         f"{_number(clocks['temperature_c'], 0)} °C")  # fmt: skip
    lines += [f"  not measured: {one['name']}: {one['why']}" for one in timing["missing"]]
    return "\n".join(lines)


def _row(row: Rate, peers: Sequence[str]) -> list[str]:
    right = {True: "yes", False: "NO", None: "-"}[row.right] if not row.is_peer else ""
    return [
        row.name, right, f"{row.median_us:.1f}", f"{row.p10_us:.1f}", f"{row.p90_us:.1f}",
        _number(row.tflops, 1), _number(row.of_ceiling, 1),
        *(_number(row.beside.get(peer), 3) for peer in peers),
    ]  # fmt: skip


def aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines, the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
            ]
        ).rstrip()
        for row in table
    ]


def _model(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not rows:
        return
    head = ["cycles of an iteration", "model", "by times", "by clocks", "difference", ""]
    yield "\n".join(aligned([head, *(_model_row(row) for row in rows)]))
    for row in rows:
        if row["notable"] and row["steps"]:
            yield steps_text(row)


def _model_row(row: Mapping[str, Any]) -> list[str]:
    difference = row["difference"]
    return [
        row["bundle"], f"{row['predicted_cycles']:,}", _number(row["cycles_from_times"], 0),
        _number(row["cycles_from_clocks"], 0),
        "-" if difference is None else f"{100 * difference:+.1f} %",
        "more than 10 %" if row["notable"] else "",
    ]  # fmt: skip


def steps_text(row: Mapping[str, Any]) -> str:
    """The steps of each role in a period, measured beside the model."""
    head = ["role", "operation", "step", "at cycle", "by the model", "takes"]
    table = [head]
    for step in row["steps"]:
        model = "-" if step["model_offset"] is None else f"{step['model_offset']:,}"
        table.append([step["role"], step["operation"], step["step"],
                      f"{step['offset_cycles']:.0f}", model, f"{step['cycles']:.0f}"])  # fmt: skip
    return "\n".join([f"steps of {row['bundle']}", *aligned(table)])


def strategies_text(strategies: Sequence[Mapping[str, Any]]) -> str:
    """The rank that the model gives beside the one that was measured."""
    head = ["strategy", "rank by the model", "median us", "measured rank"]
    table = [head]
    for one in strategies:
        table.append([one["name"], str(one["model_rank"]), _number(one["median_us"], 1),
                      _number(one["measured_rank"], 1)])  # fmt: skip
    lines = aligned(table)
    measured = [one for one in strategies if one["measured_rank"] is not None]
    value = rank_correlation([one["model_rank"] for one in measured],
                             [one["measured_rank"] for one in measured])  # fmt: skip
    if value is not None:
        lines.append(f"rank correlation: {value:.2f}, of {len(measured)} strategies")
    return "\n".join(lines)


def _extents(extents: Mapping[str, int]) -> str:
    return " ".join(f"{name}={extent}" for name, extent in extents.items()) or "fixed size"


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
