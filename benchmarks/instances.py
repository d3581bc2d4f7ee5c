"""Ten fixed problems with modelled costs, on which backends are compared.

The costs are round figures, not those of a GPU (the tensor core runs at twice its documented rate).
Memories are pooled, each warp group is limited to 240 registers per thread, and no issue cycles are
charged, so that memory, registers and hand-offs are what limits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..models.problem import SchedulingProblem
from .sketch import TENSOR, TILE, Sketch


def gemm_hopper(perturbed: bool = False) -> SchedulingProblem:
    """A 128 x 256 x 64 product in two sub-tiles of 64 rows."""
    sketch = Sketch(perturbed=perturbed)
    sketch.add_load("LA", 16_384)
    sketch.add_load("LB", 32_768)
    for subtile in (0, 1):
        mma = f"MMA#{subtile}"
        sketch.add(mma, 256, TENSOR, ("registers", 16_384))
        sketch.link("LA", mma)
        sketch.link("LB", mma)
        sketch.link(mma, mma, 65_536, handoff=600, distance=1, release="start")
    return sketch.finish("gemm-hopper", 3, 0)


def attention_forward_hopper(
    subtiles: int = 2, rows: int = 64, perturbed: bool = False
) -> SchedulingProblem:
    """Attention forward with fragments in registers."""
    sketch = Sketch(perturbed=perturbed)
    _add_key_and_value(sketch)
    for subtile in range(subtiles):
        _add_forward_hopper(sketch, rows, partial("{1}#{0}".format, subtile))
    name = f"attention-forward-hopper-{subtiles}x{rows}"
    return sketch.finish(name, 3 if subtiles == 2 else 4, subtiles * rows * TILE * 2)


def _add_key_and_value(sketch: Sketch) -> None:
    sketch.add_load("LK", 32_768)
    sketch.add_load("LV", 32_768)


def _add_forward_hopper(sketch: Sketch, rows: int, of: Callable[[str], str]) -> None:
    qk, top, exp, total, cvt, resc, pv = map(of, ("QK", "MAX", "EXP", "SUM", "CVT", "RESC", "PV"))
    elements, output = rows * TILE, rows * TILE
    product = sketch.mma_cycles(rows, TILE, TILE)
    sketch.add(qk, product, TENSOR, ("registers", elements))
    sketch.add(top, elements // 128, {"FMA": 7}, ("registers", 256))
    sketch.add(exp, elements // 16, {"MUFU": 1, "FMA": 1}, ("registers", elements))
    sketch.add(total, elements // 128, {"FMA": 7}, ("registers", 256))
    sketch.add(cvt, elements // 128, {"FMA": 7}, ("registers", elements // 2))
    sketch.add(resc, output // 128, {"FMA": 7}, ("registers", output))
    sketch.add(pv, product, TENSOR, ("registers", output))
    sketch.link("LK", qk)
    sketch.link("LV", pv)
    sketch.link(qk, top, 4 * elements, blocking=True)
    sketch.link(qk, exp, 4 * elements, release="start")
    sketch.link(top, exp, handoff=64)
    sketch.order(top, top, distance=1)
    sketch.link(exp, total, 4 * elements)
    sketch.link(exp, cvt, 4 * elements)
    sketch.order(total, total, 64, distance=1)
    sketch.order(top, resc, 64)
    sketch.link(cvt, pv, 2 * elements)
    sketch.link(pv, resc, 4 * output, distance=1, release="start", blocking=True)
    sketch.link(resc, pv, 4 * output, release="start")


def attention_forward_blackwell(
    subtiles: int = 2, rows: int = 128, half_polynomial: bool = False, perturbed: bool = False
) -> SchedulingProblem:
    """Attention forward with scores and output in tensor memory.

    Half of the exponentials are computed by polynomial if asked.
    """
    sketch = Sketch(blackwell=True, perturbed=perturbed)
    _add_key_and_value(sketch)
    for subtile in range(subtiles):
        of = partial("{1}#{0}".format, subtile)
        _add_forward_blackwell(sketch, rows, half_polynomial, of)
    name = f"attention-forward-blackwell-{subtiles}x{rows}{'-poly' if half_polynomial else ''}"
    return sketch.finish(name, 5, subtiles * rows * TILE * 2)


def _add_forward_blackwell(
    sketch: Sketch, rows: int, half_polynomial: bool, of: Callable[[str], str]
) -> None:
    qk, top, exp, total, cvt, resc, pv = map(of, ("QK", "MAX", "EXP", "SUM", "CVT", "RESC", "PV"))
    elements, output = rows * TILE, rows * TILE
    product = sketch.mma_cycles(rows, TILE, TILE)
    exp_cycles = elements // (32 if half_polynomial else 16)
    exp_fma = 3 if half_polynomial else 1
    sketch.add(qk, product, TENSOR, ("tmem", 128))
    sketch.add(top, 2 * elements // 128, {"FMA": 4}, ("registers", elements))
    sketch.add(exp, exp_cycles, {"MUFU": 1, "FMA": exp_fma}, ("registers", elements))
    sketch.add(total, elements // 128, {"FMA": 7}, ("registers", 256))
    sketch.add(cvt, 3 * elements // 256, {"FMA": 6}, ("tmem", 64))
    sketch.add(resc, 3 * output // 128, {"FMA": 3}, ("tmem", 128))
    sketch.add(pv, product, TENSOR, ("tmem", 128))
    sketch.link("LK", qk)
    sketch.link("LV", pv)
    sketch.link(qk, top, blocking=True)
    sketch.link(top, exp, 4 * elements, release="start")
    sketch.order(top, top, distance=1)
    sketch.link(exp, total, 4 * elements)
    sketch.link(exp, cvt, 4 * elements)
    sketch.order(total, total, 64, distance=1)
    sketch.order(top, resc, 64)
    sketch.link(cvt, pv)
    sketch.link(pv, resc, distance=1, release="start", blocking=True)
    sketch.link(resc, pv, release="start")


def attention_backward(blackwell: bool = False, perturbed: bool = False) -> SchedulingProblem:
    """Attention backward: five products, and an atomic sum of the query gradients."""
    sketch = Sketch(blackwell=blackwell, perturbed=perturbed)
    rows = 128 if blackwell else 64
    sketch.add_load("LQ", 2 * rows * TILE)
    sketch.add_load("LdO", 2 * rows * TILE)
    _add_backward_operations(sketch, rows)
    _add_backward_dependences(sketch, rows)
    return sketch.finish(f"attention-backward-{'blackwell' if blackwell else 'hopper'}", 4, 65_536)


def _add_backward_operations(sketch: Sketch, rows: int) -> None:
    elements, output, weights = rows * TILE, rows * TILE, TILE * TILE
    product = sketch.mma_cycles(rows, TILE, TILE)

    def fragment(registers: int, columns: int) -> tuple[str, int]:
        return ("tmem", columns) if sketch.blackwell else ("registers", registers)

    sketch.add("S", product, TENSOR, fragment(elements, 128))
    sketch.add("dP", product, TENSOR, fragment(elements, 128))
    sketch.add("EXP", elements // 16, {"MUFU": 1, "FMA": 1}, ("registers", elements))
    sketch.add("CVTP", elements // 128, {"FMA": 7}, fragment(elements // 2, 64))
    ds_fma = 6 if sketch.blackwell else 7
    sketch.add("dS", 2 * elements // 128, {"FMA": ds_fma}, ("registers", elements // 2))
    sketch.add("STdS", elements // 128, {"FMA": 4}, ("smem", 2 * elements))
    sketch.add("dV", product, TENSOR, fragment(weights, 128))
    sketch.add("dK", product, TENSOR, fragment(weights, 128))
    sketch.add("dQ", product, TENSOR, fragment(output, 128))
    sketch.add("CPdQ", 2 * output // 128, {"FMA": 4}, ("smem", 4 * output))
    sketch.add("RED", 128, {}, ("nowhere", 0), variable_latency=True)


def _add_backward_dependences(sketch: Sketch, rows: int) -> None:
    elements, output, weights = rows * TILE, rows * TILE, TILE * TILE

    def fragment(source: str, target: str, moved: int, release: str = "end", **more: Any) -> None:
        """Through registers on Hopper, which cross at a price; through tensor memory else."""
        if sketch.blackwell:
            sketch.link(source, target, **more)
        else:
            sketch.link(source, target, moved, release=release, **more)

    for load, product in (("LQ", "S"), ("LdO", "dP"), ("LdO", "dV"), ("LQ", "dK")):
        sketch.link(load, product)
    fragment("S", "EXP", 4 * elements, "start", blocking=True)
    fragment("dP", "dS", 4 * elements, "start", blocking=True)
    sketch.link("EXP", "CVTP", 4 * elements)
    sketch.link("EXP", "dS", 4 * elements)
    fragment("CVTP", "dV", 2 * elements)
    sketch.link("dS", "STdS", 2 * elements)
    sketch.link("STdS", "dK")
    sketch.link("STdS", "dQ")
    for sum_ in ("dV", "dK"):
        moved = 0 if sketch.blackwell else 4 * weights
        sketch.link(sum_, sum_, moved, distance=1, release="start")
    fragment("dQ", "CPdQ", 4 * output, blocking=True)
    sketch.link("CPdQ", "RED")


def swiglu(blackwell: bool = False, perturbed: bool = False) -> SchedulingProblem:
    """The two products of a gated linear unit, its activation, and the product after it."""
    sketch = Sketch(blackwell=blackwell, perturbed=perturbed)
    rows = 128 if blackwell else 64
    for load in ("LG", "LU", "LD"):
        sketch.add_load(load, 32_768)
    for subtile in (0, 1):
        _add_swiglu(sketch, rows, partial("{1}#{0}".format, subtile))
    name = "swiglu-blackwell-2x128" if blackwell else "swiglu-hopper-2x64"
    return sketch.finish(name, 4 if blackwell else 3, 2 * rows * TILE * 2)


def _add_swiglu(sketch: Sketch, rows: int, of: Callable[[str], str]) -> None:
    gate, up, sil, mul, down = map(of, ("G", "U", "SIL", "MUL", "DN"))
    elements = output = rows * TILE
    product = sketch.mma_cycles(rows, TILE, TILE)
    on_hopper = 0 if sketch.blackwell else 1  # tensor memory carries values between groups for free

    def fragment(registers: int, columns: int) -> tuple[str, int]:
        return ("tmem", columns) if sketch.blackwell else ("registers", registers)

    sketch.add(gate, product, TENSOR, fragment(elements, 128))
    sketch.add(up, product, TENSOR, fragment(elements, 128))
    sketch.add(sil, 2 * elements // 16, {"MUFU": 1, "FMA": 1}, ("registers", elements))
    sketch.add(mul, 2 * elements // 128, {"FMA": 7}, fragment(elements // 2, 64))
    sketch.add(down, product, TENSOR, fragment(output, 128))
    for load, reader in (("LG", gate), ("LU", up), ("LD", down)):
        sketch.link(load, reader)
    release = "end" if sketch.blackwell else "start"
    sketch.link(gate, sil, on_hopper * 4 * elements, release=release, blocking=True)
    sketch.link(sil, mul, 4 * elements)
    sketch.link(up, mul, on_hopper * 4 * elements, blocking=True)
    sketch.link(mul, down, on_hopper * 2 * elements)
    sketch.link(down, down, on_hopper * 4 * output, distance=1, release="start")


INSTANCES: Mapping[str, Callable[..., SchedulingProblem]] = {
    "gemm-hopper": gemm_hopper,
    "attention-forward-hopper-2x64": attention_forward_hopper,
    "attention-forward-hopper-1x128": partial(attention_forward_hopper, 1, 128),
    "attention-forward-blackwell-2x128": attention_forward_blackwell,
    "attention-forward-blackwell-2x128-poly": partial(attention_forward_blackwell, 2, 128, True),
    "attention-forward-blackwell-1x128": partial(attention_forward_blackwell, 1, 128),
    "attention-backward-hopper": attention_backward,
    "attention-backward-blackwell": partial(attention_backward, True),
    "swiglu-hopper-2x64": swiglu,
    "swiglu-blackwell-2x128": partial(swiglu, True),
}
"""Builders by name; each takes `perturbed=True` for the costs of PERTURBED."""
