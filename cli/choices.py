"""What the options of a solve say, for the commands that have them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..models.solve_options import SolveOptions


EXIT_CODES = {"optimal": 0, "infeasible": 1, "feasible": 3, "unknown": 3}
"""Of the status of a solve."""


class BackendChoice(StrEnum):
    """Which backends are asked."""

    both = "both"
    cp_sat = "cp-sat"
    z3 = "z3"


def solve_options(
    top: int, prove: bool, seconds: float | None, objective: str | None, backend: BackendChoice
) -> SolveOptions:
    """The options as they are checked; raises UsageError with the name of the wrong one."""
    from pydantic import ValidationError

    from ..models.errors import UsageError
    from ..models.solve_options import SolveOptions

    chosen: dict[str, object] = {"top": top, "prove": prove, "seconds": seconds}
    if objective is not None:
        chosen["objectives"] = tuple(name.strip() for name in objective.split(",") if name.strip())
    if backend is not BackendChoice.both:
        chosen["backends"] = (backend.value,)
    try:
        return SolveOptions.model_validate(chosen)
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        option = {"seconds": "--time-limit", "objectives": "--objective"}
        name = option.get(str(first["loc"][0]) if first["loc"] else "", "options")
        raise UsageError(f"{name}: {first['msg']}", cure="see twill solve --help") from None
