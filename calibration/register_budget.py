"""setmaxnreg: giving registers away and asking for them again."""

from __future__ import annotations

from .derivation import Derivation, each
from .family import Family
from .microbenchmark import Expected, Microbenchmark

BENCHMARKS = (
    Microbenchmark(
        name="change_budget", threads=384, operations=2,
        body="""
fewer_registers<64>();
bar_sync<1, 384>();
more_registers<128>();
bar_sync<1, 384>();
""",
        expected=(Expected(("USETMAXREG",), 2), Expected(("BAR.SYNC",), 2)),
    ),
)  # fmt: skip
"""The warps of a group synchronize before they change it again (PTX ISA, setmaxnreg)."""

FAMILY = Family(
    name="register_budget",
    summary="setmaxnreg: registers given away and taken back",
    benchmarks=BENCHMARKS,
    derivations=(
        Derivation(
            name="change of the register budget", unit="cycles", needs=("change_budget",),
            formula=each(2), least=0.5, most=10000,
            how="128 to 64 and back, three warp groups, a barrier of all behind each",
        ),
    ),
)  # fmt: skip
