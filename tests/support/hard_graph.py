"""A graph document whose first schedule comes at once and whose proof takes a minute or two."""

from random import Random


def hard_graph(operations: int = 44, seed: int = 1) -> str:
    """Operations of odd durations on two units that several warp groups share."""
    draw = Random(f"{operations}/{seed}")
    lines = ["graph: hard", "machine: {units: {tc: 1, mufu: 1, fma: 8}, warp_groups: 4}"]
    lines.append("operations:")
    lines += [f"  v{i}: {{{_operation(draw)}}}" for i in range(operations)]
    lines.append("dependences:")
    for target in range(1, operations):
        for source in sorted({draw.randrange(max(0, target - 8), target) for _ in range(2)}):
            lines.append(
                f"  - {{from: v{source}, to: v{target}, handoff: 60, send: 8, receive: 8}}"
            )
    for _ in range(operations // 8):
        source = draw.randrange(4, operations)
        target = draw.randrange(source - 4, source)
        lines.append(f"  - {{from: v{source}, to: v{target}, distance: 1, handoff: 60}}")
    return "\n".join(lines) + "\n"


def _operation(draw: Random) -> str:
    kind = draw.random()
    if kind < 0.3:
        cycles = draw.choice((128, 256, 512))
        return f"latency: {cycles}, issue: 16, uses: {{tc: {cycles}}}"
    cycles = draw.randint(32, 512)
    if kind < 0.5:
        return f"latency: {cycles}, issue: {cycles}, uses: {{mufu: {cycles}}}"
    uses = f"[{{unit: fma, quantity: 7, cycles: {cycles}}}]"
    return f"latency: {cycles}, issue: {cycles}, uses: {uses}"
