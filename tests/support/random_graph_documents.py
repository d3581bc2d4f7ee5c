"""Small graph documents drawn from a seed: legal, contradictory, or without any schedule."""

import random


def random_graph_document(generator: random.Random) -> str:
    """The text of a graph of up to six operations on an inline machine."""
    count = generator.randint(1, 6)
    lines = ["graph: drawn", *_machine(generator), "operations:"]
    lines += [f"  v{i}: {{{', '.join(_operation(generator))}}}" for i in range(count)]
    lines.append("dependences:")
    lines += [_dependence(generator, count) for _ in range(generator.randint(1, 2 * count))]
    if generator.random() < 0.2:
        kind = generator.choice(["together", "apart"])
        lines.append(f"rules: [{{{kind}: [v0, v{count - 1}]}}]")
    return "\n".join(lines) + "\n"


def _machine(generator: random.Random) -> list[str]:
    units = ", ".join(f"U{i}: {generator.randint(1, 4)}" for i in range(2))
    lines = [
        "machine:",
        f"  units: {{{units}}}",
        f"  memories: {{m: {generator.choice([0, 1, 10, 100])}}}",
        "  staging_memory: m",
        f"  warp_groups: {generator.randint(1, 4)}",
    ]
    if generator.random() < 0.4:
        base = generator.choice([0, 10, 300])
        lines.append(f"  registers: {{least: 24, most: 240, base: {base}, pool: [504, 480]}}")
    return lines


def _operation(generator: random.Random) -> list[str]:
    fields = [f"latency: {generator.choice([0, 1, 2, 5])}"]
    if generator.random() < 0.5:
        fields.append(f"issue: {generator.randint(0, 2)}")
    if generator.random() < 0.3:
        fields.append(f"wait: {generator.randint(0, 2)}")
    if generator.random() < 0.5:
        fields.append(f"uses: {{U{generator.randint(0, 1)}: {generator.randint(1, 3)}}}")
    for flag in ("variable_latency: true", "warps: 1", "queue: q"):
        if generator.random() < 0.2:
            fields.append(flag)
    if generator.random() < 0.3:
        fields.append(f"registers: {generator.choice([0, 8, 64, 300])}")
    elif generator.random() < 0.4:
        fields.append(f"buffer: {{memory: m, size: {generator.choice([1, 10, 200])}}}")
    return fields


def _dependence(generator: random.Random, count: int) -> str:
    source, target = generator.randrange(count), generator.randrange(count)
    distance = 0 if source < target else generator.choice([0, 1, 1, 1, 2])
    fields = [f"from: v{source}", f"to: v{target}", f"distance: {distance}"]
    for extra in ("blocking: true", "release: start", "handoff: 3", "staged_bytes: 2"):
        if generator.random() < 0.15:
            fields.append(extra)
    return f"  - {{{', '.join(fields)}}}"
