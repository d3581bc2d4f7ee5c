"""What is timed is in the machine code, for every family and target; else it is an error."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from twill.calibration import shared_port, tensor_memory, vector
from twill.calibration.build import build
from twill.calibration.families import families_of
from twill.calibration.family import Family
from twill.calibration.handoffs import Lowering
from twill.calibration.microbenchmark import Expected, Microbenchmark
from twill.calibration.source_text import bracketed
from twill.models.errors import DeviceFault

CASES = [
    *((family, "sm_90a") for family in families_of("wgmma")),
    *((family, "sm_100a") for family in families_of("tcgen05")),
    *((family, "sm_103a") for family in families_of("tcgen05") if family.name == "tensor_memory"),
]


@pytest.mark.parametrize(
    ("family", "target"), CASES, ids=lambda each: each if isinstance(each, str) else each.name
)
def test_every_family_compiles_and_holds_what_it_times(family: Family, target: str) -> None:
    compiled = build(family, target).compiled
    assert compiled.report.is_clean
    assert compiled.report.advisories == ()


def broken(family: Family, name: str, **changes: object) -> Family:
    """The family with this one microbenchmark only, changed."""
    (one,) = (b for b in family.benchmarks if b.name == name)
    return replace(family, benchmarks=(replace(one, **changes),))  # type: ignore[arg-type]


def test_loads_that_nobody_reads_are_left_out_and_found() -> None:
    (one,) = (b for b in tensor_memory.BENCHMARKS if b.name == "load_32")
    body = one.body.replace("seen += d[0];", "")
    with pytest.raises(DeviceFault, match=r"load_32: no loop .* has 8 LDTM"):
        build(broken(tensor_memory.FAMILY, "load_32", body=body), "sm_100a")


def test_results_that_nobody_needs_are_found() -> None:
    with pytest.raises(DeviceFault, match=r"chain_fma: no loop .* has 32 FFMA"):
        build(broken(vector.FAMILY, "chain_fma", finish=""), "sm_90a")


def test_what_the_compiler_simplifies_is_found() -> None:
    body = "for (int i = 0; i < 128; ++i) x[i & 7] = fmaxf(x[i & 7], a);"
    with pytest.raises(DeviceFault, match="rate_maximum: no loop"):
        build(broken(vector.FAMILY, "rate_maximum", body=body), "sm_90a")


def test_the_bracket_must_hold_the_work() -> None:
    one = Microbenchmark(
        name="outside", threads=128, shared_bytes=4096, operations=1, timed="bracket",
        body=bracketed("") + "\nstore_quad(shared + 16 * threadIdx.x, k, k, k, k);",
        expected=(Expected(("STS.128",), 1),),
    )  # fmt: skip
    with pytest.raises(DeviceFault, match=r"no bracket .* has 1 STS.128; found 0 STS.128"):
        build(replace(shared_port.FAMILY, benchmarks=(one,)), "sm_90a")


def test_spills_are_an_error() -> None:
    many = "float x[400];\nfor (int i = 0; i < 400; ++i) x[i] = threadIdx.x * length + i;"
    one = Microbenchmark(
        name="spilling", threads=128, operations=1, setup=many, expected=(),
        body="\n".join(f"x[{i}] = x[{i}] * x[{(i + 7) % 400}] + 1.0f;" for i in range(400)),
        finish="for (int i = 0; i < 400; ++i) times[i] += (u64)x[i];",
    )  # fmt: skip
    with pytest.raises(DeviceFault, match="vector for sm_90a: spills, or a stack"):
        build(replace(vector.FAMILY, benchmarks=(one,)), "sm_90a")


def test_names_are_those_of_one_kernel_each() -> None:
    for lowering in get_args(Lowering):
        families = families_of(lowering)
        names = [b.name for family in families for b in family.benchmarks]
        assert len(set(names)) == len(names)
        for family in families:
            own = {b.name for b in family.benchmarks}
            assert {need for d in family.derivations for need in d.needs} <= own
