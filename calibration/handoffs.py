"""Signals between warp groups: how long mbarriers and named barriers take, and what they cost."""

from __future__ import annotations

from typing import Literal

from ..models.errors import Path
from . import staging
from .derivation import Derivation, each
from .family import Family
from .microbenchmark import Expected, Microbenchmark
from .source_text import bracketed
from .staging import ARRIVE, WAIT

Lowering = Literal["wgmma", "tcgen05"]
BARRIERS_BYTES = 64 + 1024
GROUP, PAIR = 128, 256  # threads
REPEATED = 8
ALWAYS_OVER = 1  # the parity of the phase before the first one
SYNC, ARRIVAL = ("BAR.SYNC",), ("BAR.ARV",)

_MBARRIERS = """
const u32 ping = shared, pong = shared + 8, open = shared + 16;
if (threadIdx.x == 0) {
  mbar_init_all(ping, 2, 4);
  mbar_init_all(open, 1, 1);
  fence_mbar_init();
}
"""

MBARRIER_ROUND = Microbenchmark(
    name="mbarrier_round", threads=PAIR, setup=_MBARRIERS, operations=2,
    shared_bytes=BARRIERS_BYTES, expected=(Expected(ARRIVE, 2), Expected(WAIT, 2, at_least=True)),
    body="""
if (warp / 4 == 0) {
  __syncwarp();
  if (lane == 0) mbar_arrive(ping);
  mbar_wait(pong, k & 1);
} else {
  mbar_wait(ping, k & 1);
  __syncwarp();
  if (lane == 0) mbar_arrive(pong);
}
""",
)  # fmt: skip
"""There and back: one arrival of each warp, then a wait, in turns.

The warp meets before it arrives, as the printer has it: a lane that still waits for the phase
before would miss two phases.
"""
MBARRIER_ISSUE = Microbenchmark(
    name="mbarrier_issue", threads=GROUP, setup=_MBARRIERS, operations=2 * REPEATED,
    shared_bytes=BARRIERS_BYTES,
    expected=(Expected(ARRIVE, REPEATED), Expected(WAIT, REPEATED, at_least=True)),
    body="\n".join(
        ["if (lane == 0) mbar_arrive(ping);", f"mbar_wait(open, {ALWAYS_OVER});"] * REPEATED
    ),
)  # fmt: skip
"""Arrivals that nobody waits for, and waits that are over."""

NAMED_ROUND = Microbenchmark(
    name="named_barrier_round", threads=PAIR, operations=2,
    expected=(Expected(SYNC, 2), Expected(ARRIVAL, 2)),
    body="""
if (warp / 4 == 0) {
  bar_arrive<1, 256>();
  bar_sync<2, 256>();
} else {
  bar_sync<1, 256>();
  bar_arrive<2, 256>();
}
""",
)  # fmt: skip

_TURN = bracketed("bar_sync<1, 256>();\nbar_arrive<2, 256>();").replace("\n", "\n  ")
ORDER_TOKEN = Microbenchmark(
    name="order_token", threads=PAIR, operations=1, timed="bracket",
    expected=(Expected(SYNC, 1), Expected(ARRIVAL, 1)),
    body=f"""
if (warp / 4 == 0) {{
  const u64 due = now() + 1000;
  while (now() < due) {{}}
  {_TURN}
}} else {{
  bar_arrive<1, 256>();
  bar_sync<2, 256>();
}}
""",
)  # fmt: skip
"""A turn on the tensor core whose partner has come long ago: one wait and one arrival."""

EMPTY_BRACKET = Microbenchmark(
    name="empty_bracket", threads=GROUP, operations=1, timed="bracket", expected=(),
    body=bracketed(""),
)  # fmt: skip

GROUP_BARRIER = Microbenchmark(
    name="group_barrier", threads=GROUP, operations=REPEATED, shared_bytes=4 * GROUP + 1024,
    expected=(Expected(SYNC, REPEATED), Expected(("STS",), REPEATED)),
    body=REPEATED * """
store_pair_16(shared + 4 * threadIdx.x, k);
fence_proxy_async();
bar_sync<1, 128>();
""",
)  # fmt: skip
"""As before a product that reads what its own group has written: store, fence, barrier."""

BENCHMARKS = (
    MBARRIER_ROUND,
    MBARRIER_ISSUE,
    NAMED_ROUND,
    ORDER_TOKEN,
    EMPTY_BRACKET,
    GROUP_BARRIER,
)

_ONE_WAY = "between two warp groups, half of a round trip"


def _derivations(lowering: Lowering) -> tuple[Derivation, ...]:
    """On tcgen05 a wait for a product is one of these waits; its products need no order token."""
    wgmma = lowering == "wgmma"
    issue: tuple[Path, ...] = (("handoff", "mbarrier_issue"),)
    return (
        Derivation(
            name="mbarrier, one way", unit="cycles", needs=("mbarrier_round",), formula=each(2),
            least=4, most=4000, how=f"an arrival of each warp until the waiter goes on, {_ONE_WAY}",
            figures=(("handoff", "mbarrier_latency"),),
        ),
        Derivation(
            name="issue of an mbarrier", unit="cycles", needs=("mbarrier_issue",),
            formula=each(2 * REPEATED), least=0.5, most=1000,
            how="arrivals and waits that are over, in turns, back to back",
            figures=issue if wgmma else (*issue, ("handoff", "matrix_wait")),
        ),
        Derivation(
            name="named barrier, one way", unit="cycles", needs=("named_barrier_round",),
            formula=each(2), least=1, most=4000, how=f"256 threads, {_ONE_WAY}",
        ),
        Derivation(
            name="order token", unit="cycles", needs=("order_token", "empty_bracket"),
            formula=lambda timed, empty: timed - empty, least=0.5, most=2000,
            how="one bar.sync that is over and one bar.arrive, less the clock readings",
            figures=(("tensor_core", "order_token"),) if wgmma else (),
        ),
        Derivation(
            name="barrier of a group", unit="cycles", needs=("group_barrier",),
            formula=each(REPEATED), least=1, most=2000,
            how="a store, the proxy fence and bar.sync of 128 threads",
            figures=(("handoff", "group_barrier"),),
        ),
        *staging.DERIVATIONS,
    )  # fmt: skip


def family(lowering: Lowering) -> Family:
    """Signals, and values that cross with them."""
    return Family(
        name="handoffs",
        summary="mbarriers, named barriers, and values that cross warp groups",
        benchmarks=(*BENCHMARKS, *staging.BENCHMARKS),
        derivations=_derivations(lowering),
    )
