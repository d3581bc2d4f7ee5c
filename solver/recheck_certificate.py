"""What a certificate claims, checked again as far as arithmetic goes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ..models.answer import Answer
from ..models.certificate import Bounds, Certificate, Exclusion
from ..models.errors import Infeasible, InvalidGraph
from ..models.problem import SchedulingProblem
from ..models.solve_options import BOTH
from ..models.verification import Check
from .bounds import compute_bounds
from .certificate import model_choices
from .footprint import refuse_oversized
from .monotone import is_monotone
from .stage_bound import compute_stage_bound, largest_interval
from .verifier import FAMILIES

VERSIONED = ("twill", "ortools", "z3")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+!-]*")


def check(name: str, passed: bool, sentence: str) -> Check:
    """A check by its name; names are those of models/verification.py."""
    return Check.model_validate({"name": name, "passed": passed, "sentence": sentence})


def certificate_checks(answer: Answer) -> Iterator[Check]:
    """Digest, bounds, class, stage bound, exclusions, model, families, versions, effort."""
    problem, certificate = answer.problem, answer.certificate
    yield _problem(answer)
    try:
        bounds = compute_bounds(problem)
        refuse_oversized(problem)
    except (Infeasible, InvalidGraph) as proof:
        yield from _without_bounds(answer, str(proof).split("\n", 1)[0])
        return
    stated = [answer.bounds] if certificate is None else [answer.bounds, certificate.bounds]
    if certificate is None and answer.status == "infeasible":
        yield check("bounds", False, "nothing shows that no schedule exists")
        return
    if certificate is None and answer.bounds is None:
        return
    yield _bounds(bounds, stated)
    if certificate is None:
        return
    yield _class(problem, certificate)
    yield _stage_bound(answer, certificate, bounds)
    yield _exclusions(certificate, bounds)
    yield _blame(problem, certificate)
    yield _lower_bound(answer, certificate, bounds)
    yield _least(answer, certificate)
    yield _model(problem, certificate)
    yield _families(answer, certificate)
    yield _versions(certificate)
    yield _effort(answer, certificate)


def _problem(answer: Answer) -> Check:
    digest = answer.problem.digest()
    names = (answer.kernel, answer.gpu) == (answer.problem.name, answer.problem.machine.name)
    if not names:
        other = f"{answer.problem.name} on {answer.problem.machine.name}"
        return check("problem", False, f"the problem inside is that of {other}")
    if answer.certificate is not None and answer.certificate.problem_digest != digest:
        return check("problem", False, f"its digest is {digest}; the certificate is for another")
    return check("problem", True, f"its digest is {digest}")


def _without_bounds(answer: Answer, why: str) -> Iterator[Check]:
    proved = answer.status == "infeasible" and answer.certificate is None and answer.bounds is None
    yield check("bounds", proved, f"no schedule exists at any initiation interval: {why}")


def _bounds(bounds: Bounds, stated: list[Bounds | None]) -> Check:
    sizes = f"ResMII {bounds.resource:,}, RecMII {bounds.recurrence:,}, MinII {bounds.minimum:,}"
    if all(one == bounds for one in stated):
        return check("bounds", True, sizes)
    return check("bounds", False, f"the bounds are not those of the problem, which are {sizes}")


def _class(problem: SchedulingProblem, certificate: Certificate) -> Check:
    monotone = is_monotone(problem)
    said = "no reservation has an offset" if monotone else "a reservation has an offset"
    therefore = "monotone in II" if monotone else "not known to be monotone in II"
    return check("class", certificate.monotone == monotone, f"{said}: feasibility is {therefore}")


def _stage_bound(answer: Answer, certificate: Certificate, bounds: Bounds) -> Check:
    found, stated = compute_stage_bound(answer.problem, bounds.minimum), certificate.stage_bound
    sum_of = f"{found.held_spread} + ({found.components} - 1) * {found.gap} + {found.window}"
    said = f"{sum_of} = {found.argued} stages suffice"
    if found.kind == "rule":
        said += f"; the rule of the machine allows {found.stages}"
    # Else "least within N stages" could be said of a schedule that N stages exclude as well.
    taken = -(-(answer.schedule_length or 0) // (answer.initiation_interval or 1))
    if taken > stated.stages:
        return check("stage bound", False, f"{said}; the schedule takes {taken}")
    chosen = found.model_copy(update={"stages": stated.stages, "kind": "rule"})
    if stated == chosen and stated.stages < found.stages:
        return check("stage bound", True, f"{said}; by choice no more than {stated.stages}")
    return check("stage bound", stated == found, said)


def _exclusions(certificate: Certificate, bounds: Bounds) -> Check:
    faults, expected = [], 1
    for exclusion in certificate.exclusions:
        if exclusion.first != expected or exclusion.last < exclusion.first:
            faults.append(f"{exclusion.first:,} to {exclusion.last:,} follows {expected - 1:,}")
        faults += _wrong(exclusion, certificate.monotone, bounds.minimum)
        expected = exclusion.last + 1
    if expected != certificate.lower_bound:
        faults.append(f"{expected:,} to {certificate.lower_bound - 1:,} is excluded by nothing")
    parts = [f"{e.first:,} to {e.last:,} by {e.by}" for e in certificate.exclusions]
    sentence = f"{', then '.join(parts) or 'nothing to exclude'}: no gap below "
    sentence += f"{certificate.lower_bound:,}"
    return check("exclusions", not faults, "; ".join(faults) or sentence)


def _wrong(exclusion: Exclusion, monotone: bool, minimum: int) -> Iterator[str]:
    at = f"{exclusion.first:,} to {exclusion.last:,}"
    if exclusion.by == "bound":
        if exclusion.last >= minimum:
            yield f"{at} reaches MinII, which is {minimum:,}"
        if exclusion.argument != "bound" or exclusion.proved_by:
            yield f"{at} is by bound and needs no backend"
        return
    if exclusion.first < minimum:
        yield f"{at} begins below MinII, which is {minimum:,}"
    if exclusion.argument not in (("monotone",) if monotone else ("each", "relaxation")):
        yield f"{at}: the argument {exclusion.argument} does not hold here"
    order = [backend for backend in BOTH if backend in exclusion.proved_by]
    if list(exclusion.proved_by) != order:
        yield f"{at}: backends are named twice or out of order"


def _blame(problem: SchedulingProblem, certificate: Certificate) -> Check:
    known = [f"C{n}" for n in range(1, 10) if n not in (2, 7)]
    known += [f"C2 {unit.name}" for unit in problem.machine.units]
    known += [f"C7 {memory.name}" for memory in problem.machine.memories]
    named = [e.because for e in certificate.exclusions if e.because]
    stray = [part for because in named for part in because if part not in known]
    early = any(a.because for a, _ in pairwise(certificate.exclusions))
    twice = any(len(set(because)) != len(because) for because in named)
    empty = any(e.because_is_least and not e.because for e in certificate.exclusions)
    blamed = any(e.by == "bound" and e.because for e in certificate.exclusions)
    sentence = f"blamed: {', '.join(named[-1])}" if named else "nothing is blamed"
    if stray:
        sentence = f"no such constraints: {', '.join(stray)}"
    return check("blame", not (stray or early or twice or empty or blamed), sentence)


def _lower_bound(answer: Answer, certificate: Certificate, bounds: Bounds) -> Check:
    lower, largest = certificate.lower_bound, largest_interval(answer.problem)
    if answer.status == "infeasible":
        sentence = f"everything up to {lower - 1:,} is excluded; {largest:,} is worth asking"
        return check("lower bound", lower > max(largest, bounds.minimum), sentence)
    enough = lower >= bounds.minimum
    return check("lower bound", enough, f"{lower:,}; MinII is {bounds.minimum:,}")


def _least(answer: Answer, certificate: Certificate) -> Check:
    least, interval = certificate.least_initiation_interval, answer.initiation_interval
    if least is None:
        passed, sentence = answer.status != "optimal", "none is claimed"
    else:
        passed = least == interval == certificate.lower_bound
        reached = "no schedule" if interval is None else f"a schedule at {interval:,}"
        sentence = f"{least:,} is claimed; the lower bound is {certificate.lower_bound:,}, "
        sentence += f"and there is {reached}"
    if interval is not None and interval < certificate.lower_bound:
        passed, sentence = False, f"the schedule at {interval:,} is below the lower bound"
    return check("least interval", passed, sentence)


def _model(problem: SchedulingProblem, certificate: Certificate) -> Check:
    choices = tuple(model_choices(problem, certificate.stage_bound))
    return check("model", certificate.model == choices, "; ".join(choices) or "no choices")


def _families(answer: Answer, certificate: Certificate) -> Check:
    expected = tuple(FAMILIES) if answer.schedule is not None else ()
    sentence = f"{len(expected)} families are claimed to be checked"
    return check("families", certificate.verified == expected, sentence)


def _versions(certificate: Certificate) -> Check:
    names = [name for name, _ in certificate.versions]
    known = names[:1] == ["twill"] and names == [name for name in VERSIONED if name in names]
    written = all(_VERSION.fullmatch(version) for _, version in certificate.versions)
    sentence = ", ".join(f"{name} {version}" for name, version in certificate.versions)
    return check("versions", known and written, f"made by {sentence or 'nobody'}")


def _effort(answer: Answer, certificate: Certificate) -> Check:
    probes = answer.effort.probes if answer.effort is not None else ()
    against = [
        f"{probe.backend} found {probe.initiation_interval:,}"
        for probe in probes
        if probe.verdict == "feasible" and probe.initiation_interval < certificate.lower_bound
    ]
    sentence = f"{len(probes)} questions are recorded, none against the certificate"
    return check("effort", not against, "; ".join(against) or sentence)
