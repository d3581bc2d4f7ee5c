"""The comment above a kernel: what it is, and the schedule that it follows."""

from __future__ import annotations

from textwrap import wrap

from ...models.warp_program import Role, WarpProgram

WIDTH = 96


def header(program: WarpProgram) -> list[str]:
    """Kernel, GPU and initiation interval; per role its operations in issue order."""
    interval = f"{program.initiation_interval:,} cycles"
    lines = [
        f"{program.kernel} for {program.gpu} ({program.target}), printed by Twill.",
        f"One iteration every {interval}, as scheduled. Each role's operations in issue order;",
        "name@-1 is of the iteration before the newest.",
    ]
    if program.persistent:
        lines.append("Persistent: block b of B does the tiles number b, b + B, b + 2 B, ...")
    width = max(len(role.name) for role in program.roles)
    for role in program.roles:
        head = f"  {role.name:<{width}}  {_warps(role):<11}  "
        operations = " ".join(_operation(name, role) for name in role.operations) or "-"
        lines += wrap(
            operations, WIDTH, initial_indent=head, subsequent_indent=" " * len(head),
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    for note in program.notes:
        lines += wrap(" ".join(note.split()), WIDTH, initial_indent="* ", subsequent_indent="  ")
    # A backslash at the end of a line would continue the comment.
    return [f"// {line}".rstrip().rstrip("\\") for line in lines]


def _warps(role: Role) -> str:
    last = role.first_warp + role.warps - 1
    return f"warp {last}" if role.warps == 1 else f"warps {role.first_warp}-{last}"


def _operation(name: str, role: Role) -> str:
    lags = [step.lag for step in role.steady if step.operation == name]
    return f"{name}@-{lags[0]}" if lags and lags[0] else name
