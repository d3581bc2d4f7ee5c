"""setmaxnreg: giving registers away and asking for them again."""

from __future__ import annotations

from .microbenchmark import Expected, Microbenchmark

BENCHMARKS = (
    Microbenchmark(
        name="change_budget", threads=384, operations=2,
        body="fewer_registers<64>();\nmore_registers<128>();",
        expected=(Expected(("USETMAXREG",), 2),),
    ),
)  # fmt: skip
