"""A whole run: the device, every bundle checked, then timed with its peers, then the model's error.

This process never touches the GPU; each task is a child process under the watchdog. What failed or
hung is left out of what comes after, and said.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..models.errors import DeviceFault, InvalidInput, TwillError
from .correctness import CLOCKS
from .plan import Plan
from .watchdog import CHILD, GRACE_SECONDS, Outcome, run_task

FORMAT = "twill-bench/1"
KEYS = {"check": "bundles", "time": "timings", "ceiling": "ceiling", "model": "model"}
STAGES = tuple(KEYS)
EMPTY: Mapping[str, Any] = {
    "bundles": [], "timings": [], "ceiling": None, "model": [], "faults": [],
}  # fmt: skip
NOT_STARTED = "no time was left for it"
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Runner:
    """How tasks are run, how long all may take, and who is told of each step."""

    command: Sequence[str] = CHILD
    grace_seconds: float = GRACE_SECONDS
    deadline: float | None = None  # of time.monotonic()
    note: Note = lambda text: None

    def task(self, name: str, plan: Plan, **more: Any) -> Outcome:
        """The outcome of a task. Raises Late where there is no time left."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise Late
        request = {"task": name, "plan": plan.as_json(), **more}
        return run_task(request, self.command, self.grace_seconds, self.note)


class Late(Exception):
    """No time is left."""


def run(
    plan: Plan, runner: Runner, stages: Sequence[str] = STAGES,
    keep: Callable[[dict[str, Any]], None] = lambda found: None,
    earlier: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Everything that was found; `keep` gets it after each task, so that nothing is lost.

    `earlier` is what a run on the same GPU has found in other stages. Raises DeviceFault where no
    GPU can be used, before anything else.
    """
    device = probe(plan, runner)
    found = {**EMPTY, **(earlier or {}), "format": FORMAT, "device": device}
    if earlier is not None and earlier["device"] != device:
        raise InvalidInput("the results there are of another GPU or driver",
                           cure="give another folder")  # fmt: skip
    found |= {key: type(EMPTY[key])() if EMPTY[key] is not None else None
              for key in (KEYS[stage] for stage in stages)}  # fmt: skip
    found["faults"] = [one for one in found["faults"] if one["stage"] not in stages]
    keep(found)
    tasks = {"check": _check, "time": _time, "ceiling": _ceiling, "model": _model}
    for stage in stages:
        try:
            tasks[stage](plan, runner, found, lambda: keep(found))
        except Late:
            _fault(found, stage, stage, NOT_STARTED)
            keep(found)
    return found


def probe(plan: Plan, runner: Runner) -> dict[str, Any]:
    """What the GPU and its driver are. Raises DeviceFault without one."""
    outcome = replace(runner, deadline=None).task("probe", plan)
    if outcome.result is None:
        raise error_of(outcome)
    return outcome.result


def error_of(outcome: Outcome) -> TwillError:
    """The error for an outcome without a result."""
    if outcome.killed_in is not None:
        return DeviceFault(f"{outcome.killed_in}: ended by the watchdog")
    fault = outcome.fault or {}
    kind = InvalidInput if fault.get("exit_code") == InvalidInput.exit_code else DeviceFault
    return kind(str(fault.get("text") or fault.get("detail", "no result")))


def passed(found: Mapping[str, Any]) -> bool:
    """Whether nothing is wrong: no wrong result and no hang, at any size."""
    checked = all(one["passed"] is not False for one in found["bundles"])
    timed = all(right is not False for t in found["timings"] for right in t["checked"].values())
    return checked and timed


def _check(plan: Plan, runner: Runner, found: dict[str, Any], keep: Callable[[], None]) -> None:
    for folder in plan.bundles:
        one = _checked(folder, plan, runner)
        found["bundles"].append(one)
        keep()


def _checked(folder: str, plan: Plan, runner: Runner) -> dict[str, Any]:
    outcome = runner.task("check", plan, bundle=folder)
    name = Path(folder).name
    if outcome.result is None:
        hang = {"what": outcome.killed_in, "roles": None} if outcome.killed_in else None
        detail = None if hang else (outcome.fault or {}).get("detail")
        return {"name": name, "passed": False, "cases": [], "hang": hang, "fault": detail}
    one = {**outcome.result, "fault": None}
    twin = Path(f"{folder.rstrip('/')}{CLOCKS}")
    if one["hang"] and one["hang"]["roles"] is None and twin.is_dir():
        one["hang"] |= _last_steps(twin, one["hang"], plan, runner)
    return one


def _last_steps(twin: Path, hang: Mapping[str, Any], plan: Plan, runner: Runner) -> dict[str, Any]:
    """The same case with the variant that says where its roles are."""
    again = runner.task("check", plan, bundle=str(twin), extents=hang["extents"])
    traced = (again.result or {}).get("hang")
    if not traced:
        return {"traced": f"{twin.name} does not hang at this size"}
    return {key: traced[key] for key in ("block", "blocks_stuck", "blocks_not_begun", "roles")
            if key in traced}  # fmt: skip


def _right(found: Mapping[str, Any]) -> Callable[[str], bool]:
    wrong = {one["name"] for one in found["bundles"] if one["passed"] is False}
    return lambda folder: Path(folder).name not in wrong


def _time(plan: Plan, runner: Runner, found: dict[str, Any], keep: Callable[[], None]) -> None:
    is_right = _right(found)
    for number, sizes in enumerate(plan.sizes):
        folders = tuple(filter(is_right, sizes.bundles))
        label = f"timing of {', '.join(Path(f).name for f in sizes.bundles)}"
        if not folders:
            _fault(found, "time", label, "none of them is right")
            keep()
            continue
        kept = replace(plan, sizes=(*plan.sizes[:number], replace(sizes, bundles=folders),
                                    *plan.sizes[number + 1 :]))  # fmt: skip
        outcome = runner.task("time", kept, number=number)
        if outcome.result is None and plan.peers:
            # A peer that hangs or fails takes its process along: ours is timed all the same.
            _fault(found, "time", f"{label} beside peers", str(error_of(outcome)))
            outcome = runner.task("time", replace(kept, peers=False), number=number)
        _take(outcome, "time", label, found, keep)


def _ceiling(plan: Plan, runner: Runner, found: dict[str, Any], keep: Callable[[], None]) -> None:
    outcome = runner.task("ceiling", plan)
    found["ceiling"] = outcome.result
    if outcome.result is None:
        _fault(found, "ceiling", "ceiling", str(error_of(outcome)))
    keep()


def _model(plan: Plan, runner: Runner, found: dict[str, Any], keep: Callable[[], None]) -> None:
    is_right = _right(found)
    for number, trips in enumerate(plan.trips):
        label = f"model error of {Path(trips.bundle).name}"
        if is_right(trips.bundle):
            _take(runner.task("model", plan, number=number), "model", label, found, keep)
        else:
            _fault(found, "model", label, "the bundle is not right")
            keep()


def _take(
    outcome: Outcome, stage: str, label: str, found: dict[str, Any], keep: Callable[[], None]
) -> None:
    if outcome.result is not None:
        found[KEYS[stage]].append(outcome.result)
    else:
        _fault(found, stage, label, str(error_of(outcome)))
    keep()


def _fault(found: dict[str, Any], stage: str, task: str, detail: str) -> None:
    found["faults"].append({"stage": stage, "task": task, "detail": detail})
