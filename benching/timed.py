"""Bundles of one kernel and their peers, timed in turns at one size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..models.errors import InvalidInput
from ..runtime.bundle import Bundle
from ..runtime.cases import Case
from ..runtime.driver import Driver
from ..runtime.launch import Kernel
from ..runtime.sample_inputs import largest_case, random_case
from ..runtime.show import AGAIN
from ..runtime.timing import measure
from ..runtime.watched import Hang, wait
from .correctness import Say, compared, reference_cases
from .formulas import with_reference
from .peers.peer import Call, Missing, Peer
from .work import Work, work_of

FindPeers = Callable[[Call], tuple[Sequence[Peer], Sequence[Missing]]]
SETUP_SECONDS = 180.0  # references in NumPy, and Triton compiling


def time_together(
    bundles: Mapping[str, Bundle], extents: Mapping[str, int], driver: Driver, *,
    repetitions: int, seconds: float, find_peers: FindPeers | None, say: Say,
) -> dict[str, Any]:  # fmt: skip
    """One entry of `timings`. Raises InvalidInput if the bundles are not of one kernel."""
    first, case = _common_case(list(bundles.values()), extents)
    work = work_of(first)
    kernels = {name: Kernel(bundle, driver) for name, bundle in bundles.items()}
    inputs = [driver.adopt(case.inputs[argument.name]) for argument in first.manifest.inputs]
    launches = {
        name: kernel.prepare(*(array.handle for array in inputs), **case.extents, **case.scalars)
        for name, kernel in kernels.items()
    }
    checked = _checked(kernels, launches, case, work, seconds, say)
    runs: dict[str, Callable[[], None]] = {n: launch.run for n, launch in launches.items()}
    runs[AGAIN] = next(iter(runs.values()))
    leader = next(iter(launches))
    call = Call(
        first.manifest, driver, inputs, launches[leader].outputs, case.extents, case.scalars
    )
    peers, missing = _peers(call, find_peers, seconds, say)
    runs |= {peer.name: peer.run for peer in peers}
    say(f"{first.manifest.kernel}: timing", seconds + 0.05 * repetitions * len(runs))
    measurement = measure(driver, runs, repetitions)
    return {
        "kernel": first.manifest.kernel,
        "extents": dict(case.extents),
        "flop": work.flop(case.counts) if work else None,
        "checked": checked,
        "bundles": list(bundles),
        "peers": [peer.name for peer in peers],
        "missing": [asdict(one) for one in missing],
        **measurement.as_json(),
    }


def _common_case(bundles: Sequence[Bundle], extents: Mapping[str, int]) -> tuple[Bundle, Case]:
    first = bundles[0]
    for other in bundles[1:]:
        if other.manifest.tensors != first.manifest.tensors:
            raise InvalidInput(
                f"{other.folder.name} takes other arrays than {first.folder.name}",
                cure="time bundles of one kernel together",
            )
    cases = reference_cases(first)
    if not extents and not cases:
        raise InvalidInput(f"{first.folder.name} has no reference.npz", cure="give --size NAME=N")
    return first, random_case(first.manifest, extents, cases) if extents else largest_case(cases)


def _checked(
    kernels: Mapping[str, Kernel], launches: Mapping[str, Any], case: Case, work: Work | None,
    seconds: float, say: Say,
) -> dict[str, bool | None]:  # fmt: skip
    """Whether each bundle is right at this size; None where there is no reference."""
    manifest = next(iter(kernels.values())).manifest
    say(f"{manifest.kernel}: reference at this size", SETUP_SECONDS)
    right = case if case.outputs else None
    if right is None and work is not None:
        right = with_reference(manifest, case, work.flop(case.counts))
    found: dict[str, bool | None] = {}
    for name, kernel in kernels.items():
        say(f"{name}: first launch", seconds)
        launches[name].run()
        wait(kernel.driver, seconds, f"{name}: first launch")
        found[name] = None
        if right is not None:
            found[name] = all(not c["failures"] for c in compared(kernel, launches[name], right))
    return found


def _peers(
    call: Call, find_peers: FindPeers | None, seconds: float, say: Say
) -> tuple[list[Peer], list[Missing]]:
    """Peers that compute the same as the bundle does; of the others it is said why they do not.

    Raises Hang for one that does not end: nothing can be launched behind it.
    """
    if find_peers is None:
        return [], []
    say(f"{call.manifest.kernel}: peers", SETUP_SECONDS)
    candidates, missing = find_peers(call)
    found, left = [], list(missing)
    for peer in candidates:
        say(f"{call.manifest.kernel}: {peer.name}", SETUP_SECONDS)
        try:
            peer.run()
            wait(call.driver, seconds, peer.name)
            wrong = call.differing(peer)
        except Hang:
            raise
        except Exception as failure:  # libraries have errors of their own
            left.append(Missing(peer.name, f"fails: {str(failure).partition(chr(10))[0][:200]}"))
            continue
        if wrong:
            left.append(Missing(peer.name, f"differs from the bundle in {wrong:,} elements"))
        else:
            found.append(peer)
    return found, left
