"""A certificate in plain sentences: what is proved, how, and what is not."""

from __future__ import annotations

from collections.abc import Iterator

from ..models.answer import Answer
from ..models.certificate import Bounds, Certificate, Exclusion, RecurrenceBound, StageBound

BACKENDS = {"cp-sat": "CP-SAT", "z3": "Z3"}


def headline(answer: Answer) -> str:
    """Status and initiation interval in one sentence."""
    interval = answer.initiation_interval
    least = answer.certificate.lower_bound if answer.certificate is not None else None
    said = {
        "optimal": f"optimal: one iteration every {_cycles(interval)}, and no schedule is faster",
        "feasible": f"feasible: one iteration every {_cycles(interval)}; not proved least",
        "infeasible": "infeasible: no schedule exists at any initiation interval, which is proved",
        "unknown": "unknown: no schedule was found, and none is excluded",
    }[answer.status]
    if answer.status != "feasible" or least is None:
        return said
    if least == interval:
        return f"feasible: one iteration every {_cycles(interval)}, proved least; see what is not"
    return f"{said} (no schedule is below {_cycles(least)})"


def bound_sentences(bounds: Bounds, interval: int | None = None) -> Iterator[str]:
    """MinII, everything that attains it, the gap above it, and the critical recurrence."""
    yield from minimum_sentences(bounds, interval)
    recurrence = bounds.recurrence_attained_by
    if recurrence is not None and bounds.recurrence < bounds.minimum:
        yield (
            f"The critical recurrence {_circuit(recurrence)} takes "
            f"{_cycles(recurrence.latency_cycles)} over {recurrence.distance} "
            f"{_plural('iteration', recurrence.distance)}."
        )


def minimum_sentences(bounds: Bounds, interval: int | None = None) -> Iterator[str]:
    """MinII, everything that attains it, and by how much an initiation interval exceeds it."""
    attained = []
    if bounds.resource == bounds.minimum:
        attained += [
            _resource(bound.unit, bound.operations) for bound in bounds.resource_attained_by
        ]
    recurrence = bounds.recurrence_attained_by
    if recurrence is not None and bounds.recurrence == bounds.minimum:
        attained.append(f"the recurrence {_circuit(recurrence)}")
    tie = "a tie of " if len(attained) > 1 else ""
    by = f", attained by {tie}{_listed(attained)}" if attained else ""
    yield (
        f"MinII is {_cycles(bounds.minimum)}{by} "
        f"(ResMII {bounds.resource:,}, RecMII {bounds.recurrence:,})."
    )
    if interval is not None and interval > bounds.minimum:
        yield f"The initiation interval is {_cycles(interval - bounds.minimum)} above it."


def certificate_sentences(answer: Answer) -> Iterator[str]:
    """What is proved and how; then what is not proved."""
    certificate = answer.certificate
    if certificate is None:
        return
    for exclusion in certificate.exclusions:
        yield _exclusion(exclusion, certificate)
    yield _stages(certificate.stage_bound, bool(answer.stages_left_out))
    yield from _objectives(certificate)
    if certificate.verified and answer.schedule is not None:
        families = ", ".join(certificate.verified)
        yield f"The schedule was checked, without a backend, against: {families}."
    if certificate.model:
        yield f"This holds for the model, to which belong: {'; '.join(certificate.model)}."
    yield from _unproved(answer, certificate)


def _unproved(answer: Answer, certificate: Certificate) -> Iterator[str]:
    if answer.status == "feasible" and answer.initiation_interval is not None:
        first, last = certificate.lower_bound, answer.initiation_interval - 1
        if first <= last:
            yield f"Not proved: whether a schedule exists at II {_range(first, last)}."
    if answer.status == "unknown":
        yield f"Not proved: whether a schedule exists at II {certificate.lower_bound:,} or above."
    open_objectives = [o.objective for o in certificate.objectives if not o.proved]
    if open_objectives:
        yield f"Not proved: that {_listed(open_objectives)} cannot be smaller at this interval."


def _exclusion(exclusion: Exclusion, certificate: Certificate) -> str:
    at = f"No schedule exists at II {_range(exclusion.first, exclusion.last)}"
    if exclusion.by == "bound":
        return f"{at}: MinII is {certificate.bounds.minimum:,}."
    why = _because(exclusion)
    who = _provers([BACKENDS[backend] for backend in exclusion.proved_by])
    if exclusion.argument == "monotone" and exclusion.first < exclusion.last:
        return f"{at}, {who} at {exclusion.last:,}; below it because feasibility is monotone.{why}"
    if exclusion.argument == "relaxation":
        at = f"{at}: without reservations at offsets there is none at {exclusion.last:,}"
        return f"{at}, {who}, and feasibility is monotone there.{why}"
    if exclusion.argument == "each" and exclusion.first < exclusion.last:
        return f"{at}, {who} for every one of them.{why}"
    return f"{at}, {who}.{why}"


FAMILIES = {
    "C1": "dependence",
    "C2": "functional units",
    "C3": "issue streams",
    "C4": "blocking waits",
    "C5": "warp-group legality",
    "C6": "crossing",
    "C7": "memories",
    "C8": "registers",
    "C9": "write-after-read",
}


def _because(exclusion: Exclusion) -> str:
    """The families to blame, each with its name and the unit or memory that is meant."""
    named = []
    for part in exclusion.because:
        family, _, resource = part.partition(" ")
        where = f": {resource}" if resource else ""
        named.append(f"{family} {FAMILIES.get(family, family)}{where}")
    if not named:
        return ""
    if exclusion.because_is_least:
        return f" What excludes it, and of which nothing can be spared: {'; '.join(named)}."
    return f" What excludes it, and of which some may be spared: {'; '.join(named)}."


def _provers(backends: list[str]) -> str:
    if not backends:
        return "as the first of the racing backends proved (--prove asks each of them)"
    return f"{'each' if len(backends) > 1 else 'as'} proved by {_listed(backends)}"


def _stages(bound: StageBound, by_choice: bool) -> str:
    stages = f"{bound.stages} {_plural('stage', bound.stages)}"
    covered = f"Iterations of up to {stages} from first issue to last result were covered"
    if by_choice:
        return f"{covered}, by choice; whether longer ones help, up to {bound.argued}, is open."
    if bound.kind == "argued":
        return f"{covered}; longer ones cannot help."
    return (
        f"{covered}, which the machine's rule allows; "
        f"without the rule, it would be up to {bound.argued}."
    )


def _objectives(certificate: Certificate) -> Iterator[str]:
    if certificate.objectives:
        values = [
            f"{o.objective.replace('_', ' ')} {o.value:,}{'' if o.proved else ' (not proved)'}"
            for o in certificate.objectives
        ]
        yield f"At this interval, minimised one after the other: {', '.join(values)}."


def _resource(unit: str, operations: tuple[str, ...]) -> str:
    shown = ", ".join(operations[:6]) + (", ..." if len(operations) > 6 else "")
    return f"{unit} ({shown})"


def _circuit(recurrence: RecurrenceBound) -> str:
    return " -> ".join((*recurrence.operations, recurrence.operations[0]))


def _range(first: int, last: int) -> str:
    return f"{first:,}" if first == last else f"{first:,} to {last:,}"


def _cycles(count: int | None) -> str:
    return f"{count or 0:,} {_plural('cycle', count or 0)}"


def _plural(word: str, count: int) -> str:
    return word if count == 1 else word + "s"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
