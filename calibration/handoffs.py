"""Signals between warp groups: mbarriers and named barriers, how long they take and what they cost."""

from __future__ import annotations

from .microbenchmark import Expected, Microbenchmark
from .source_text import bracketed

BARRIERS_BYTES = 64 + 1024
GROUP, PAIR = 128, 256  # threads
REPEATED = 8
ALWAYS_OVER = 1  # the parity of the phase before the first one
ARRIVE, WAIT = ("SYNCS.ARRIVE",), ("SYNCS.PHASECHK",)
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
  if (lane == 0) mbar_arrive(ping);
  mbar_wait(pong, k & 1);
} else {
  mbar_wait(ping, k & 1);
  if (lane == 0) mbar_arrive(pong);
}
""",
)  # fmt: skip
"""There and back: one arrival of each warp, then a wait, in turns."""

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
    body="\n".join(
        ["store_pair_16(shared + 4 * threadIdx.x, k);", "fence_proxy_async();", "bar_sync<1, 128>();"]
        * REPEATED
    ),
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
