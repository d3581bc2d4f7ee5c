"""What orders the roles of a program for Tensor Memory is needed, or implied by the rest."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from twill.emitter.machine.protocol import run_protocol
from twill.models.errors import ProgramViolation
from twill.models.warp_program_checks import steps_of
from twill.models.warp_step import Step
from twill.tests.emitter.machine.programs import with_steps
from twill.tests.support.emissions import role_of, warp_program

ORDERING = frozenset(
    (
        "await_signal", "tensor_fence", "notify", "commit_products", "commit_release",
        "wait_tensor_loads", "wait_tensor_stores", "sync", "arrive", "acquire", "reserve",
        "proxy_fence", "free_tensors", "wait_copies",
    )
)  # fmt: skip
FIELDS = ("signal", "ring", "barrier", "side")
Key = tuple[str, ...]
"""Kind and operation of a step, and the signal, ring, barrier or side that it names."""

IMPLIED: dict[str, set[Key]] = {
    "gemm": set(),
    # the other group has waited for that product before it made the factor
    "flash_attention_forward": {
        ("await_signal", f"acc.multiply[{part}]", f"acc[{part}].over") for part in (0, 1)
    },
}
ROLES = [
    ("gemm", ("producer", "issuer-1", "epilogue-1", "epilogue-2")),
    ("flash_attention_forward", ("producer", "compute-1", "compute-2")),
]


def key_of(step: Step) -> Key:
    named = [str(getattr(step, field)) for field in FIELDS if hasattr(step, field)]
    return (step.step, step.operation, *named)


@pytest.mark.parametrize(
    ("name", "role"), [(name, role) for name, roles in ROLES for role in roles]
)
def test_what_orders_the_roles_is_needed(name: str, role: str) -> None:
    program = warp_program(name, "b200")
    steps = [step for step in steps_of(role_of(program, role)) if step.step in ORDERING]
    unmissed = set()
    for key in dict.fromkeys(key_of(step) for step in steps):

        def edit(steps: tuple[Step, ...], key: Key = key) -> Iterable[Step]:
            return (s for s in steps if s.step not in ORDERING or key_of(s) != key)

        changed = with_steps(program, role, edit)
        try:
            for seed in range(4):
                run_protocol(changed, 5, seed)
        except ProgramViolation:
            continue
        unmissed.add(key)
    assert unmissed <= IMPLIED[name]
