"""setmaxnreg: giving registers away and asking for them again."""

from __future__ import annotations

from .derivation import Derivation, each
from .family import Family
from .microbenchmark import Expected, Microbenchmark

BENCHMARKS = (
    Microbenchmark(
        name="change_budget", threads=384, operations=2,
        body="fewer_registers<64>();\nmore_registers<128>();",
        expected=(Expected(("USETMAXREG",), 2),),
    ),
)  # fmt: skip

FAMILY = Family(
    name="register_budget",
    summary="setmaxnreg: registers given away and taken back",
    benchmarks=BENCHMARKS,
    derivations=(
        Derivation(
            name="change of the register budget", unit="cycles", needs=("change_budget",),
            formula=each(2), least=0.5, most=10000, how="128 to 64 and back, three warp groups",
        ),
    ),
)  # fmt: skip
