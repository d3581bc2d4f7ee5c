"""An answer as one JSON-able value that the page draws; schedules, not files, are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...models.answer import Answer
from ...models.certificate import Bounds
from ...models.problem import Operation, SchedulingProblem
from ...models.rows import group_names, ring_rows, schedule_rows, warp_group_rows
from ...models.schedule import Schedule
from ..reservation_table import folded_blocks
from ..sentences import bound_sentences, certificate_sentences, headline
from .cuda_links import cuda_links
from .dependences import dependence_rows, drawing
from .occupancy import Occupancy, memory_occupancies, register_occupancies
from .timeline import steady_period, timeline

FORMAT = "twill-page/1"
Fields = dict[str, Any]


def page_data(answer: Answer, cuda: str | None = None, name: str = "") -> Fields:
    """What the page shows of an answer, with the CUDA source made from it where there is one.

    `name` tells it from others beside it; it is the kernel and the GPU unless given.
    """
    schedule = answer.schedule
    title = f"{answer.kernel} on {answer.gpu}"
    return {
        "format": FORMAT,
        "title": title,
        "name": name or title,
        "kernel": answer.kernel,
        "gpu": answer.gpu,
        "status": answer.status,
        "headline": _sentence(headline(answer)),
        "reason": answer.reason,
        "figures": _figures(answer),
        "operations": _operations(answer.problem, schedule),
        "units": list(_units(answer.problem, schedule)),
        "dependences": dependence_rows(answer.problem, schedule, answer.bounds),
        "recurrence": _recurrence(answer.bounds),
        "graph": drawing(answer.problem, answer.bounds),
        "certificate": _certificate(answer),
        "sources": {
            "kernel": answer.sources.kernel or answer.sources.graph,
            "kernel_is_graph": answer.sources.kernel is None,
            "profile": answer.sources.profile,
            "cuda": cuda,
        },
        "cuda_links": _links(answer.problem, cuda),
        **(_scheduled(answer.problem, schedule) if schedule is not None else _UNSCHEDULED),
    }


def page_value(answer: Answer, cuda: str | None = None) -> Fields:
    """What `/v1/schedules/{id}/page.json` gives: the answer and its alternatives, each as data."""
    return {"schedules": list(strategies(answer, cuda))}


def strategies(answer: Answer, cuda: str | None = None) -> Iterator[Fields]:
    """The answer, then each of its alternatives as if it were the answer."""
    yield page_data(answer, cuda, "strategy 1" if answer.alternatives else "")
    for number, alternative in enumerate(answer.alternatives, 2):
        rows = schedule_rows(answer.problem, alternative.schedule)
        other = answer.model_copy(update={"schedule": alternative.schedule, **rows})
        yield page_data(other, None, f"strategy {number}")


_UNSCHEDULED: Mapping[str, object] = {
    "groups": [],
    "rings": [],
    "timeline": None,
    "steady": None,
    "table": [],
    "memories": [],
    "registers": [],
}


def _scheduled(problem: SchedulingProblem, schedule: Schedule) -> Fields:
    index = {operation.name: at for at, operation in enumerate(problem.operations)}
    return {
        "groups": [
            {
                "name": group.name,
                "index": group.index,
                "warps": group.warps,
                "registers": group.registers_per_thread,
                "operations": [index[name] for name in group.operations],
            }
            for group in warp_group_rows(problem, schedule)
        ],
        "rings": [ring.model_dump(mode="json") for ring in ring_rows(problem, schedule)],
        "timeline": timeline(problem, schedule),
        "steady": steady_period(problem, schedule),
        "table": [
            [b.unit, b.start, b.end, b.quantity, index[b.operation]]
            for b in folded_blocks(problem, schedule)
        ],
        "memories": [_occupancy(each) for each in memory_occupancies(problem, schedule)],
        "registers": [_occupancy(each) for each in register_occupancies(problem, schedule)],
    }


def _figures(answer: Answer) -> Fields:
    bounds, certificate = answer.bounds, answer.certificate
    return {
        "initiation_interval": answer.initiation_interval,
        "lower_bound": certificate.lower_bound if certificate is not None else None,
        "minimum": bounds.minimum if bounds is not None else None,
        "resource": bounds.resource if bounds is not None else None,
        "resource_units": [b.unit for b in bounds.resource_attained_by] if bounds else [],
        "recurrence": bounds.recurrence if bounds is not None else None,
        "stages": answer.stages,
        "schedule_length": answer.schedule_length,
        "warp_groups": len(answer.warp_groups),
    }


def _operations(problem: SchedulingProblem, schedule: Schedule | None) -> list[Fields]:
    if schedule is None:
        nowhere = {"issue_cycle": None, "stage": None, "slot": None, "group": None}
        return [{**_operation(operation), **nowhere} for operation in problem.operations]
    names = group_names(problem, schedule)
    return [
        {
            **_operation(operation),
            "issue_cycle": schedule.issue_cycle(operation.name),
            "stage": schedule.stage(operation.name),
            "slot": schedule.slot(operation.name),
            "group": names[schedule.warp_group(operation.name)],
        }
        for operation in problem.operations
    ]


def _operation(operation: Operation) -> Fields:
    return {
        "name": operation.name,
        "latency": operation.latency_cycles,
        "issue": operation.issue_cycles,
        "wait": operation.wait_cycles,
        "queue": operation.queue,
        "variable_latency": operation.variable_latency,
        "warps": operation.warps,
        "summary": operation.summary,
        "line": operation.line,
        "reservations": [[r.unit, r.quantity, r.cycles, r.offset] for r in operation.reservations],
    }


def _units(problem: SchedulingProblem, schedule: Schedule | None) -> Iterator[Fields]:
    for unit in problem.machine.units:
        held = [r for o in problem.operations for r in o.reservations if r.unit == unit.name]
        work = sum(reservation.quantity * reservation.cycles for reservation in held)
        if work:
            offered = unit.capacity * schedule.initiation_interval if schedule is not None else 0
            share = round(work / offered, 4) if offered else None
            yield {"name": unit.name, "capacity": unit.capacity, "work": work, "load": share}


def _recurrence(bounds: Bounds | None) -> Fields | None:
    recurrence = bounds.recurrence_attained_by if bounds is not None else None
    return recurrence.model_dump(mode="json") if recurrence is not None else None


def _certificate(answer: Answer) -> Fields:
    certificate, bounds = answer.certificate, answer.bounds
    interval = answer.initiation_interval
    return {
        "bounds": list(bound_sentences(bounds, interval)) if bounds is not None else [],
        "proof": list(certificate_sentences(answer)),
        "units": [
            {"unit": b.unit, "work": b.work, "capacity": b.capacity, "bound": b.bound}
            for b in (bounds.units if bounds is not None else ())
        ],
        "versions": [list(pair) for pair in certificate.versions] if certificate else [],
        "problem_digest": answer.problem.digest(),
        "schedule_digest": answer.schedule.digest() if answer.schedule is not None else None,
        "kernel_digest": answer.sources.kernel_digest,
        "profile_digest": answer.sources.profile_digest,
    }


def _links(problem: SchedulingProblem, cuda: str | None) -> list[list[int]]:
    if cuda is None:
        return []
    index = {operation.name: at for at, operation in enumerate(problem.operations)}
    return [[first, last, index[name]] for first, last, name in cuda_links(cuda, index)]


def _occupancy(held: Occupancy) -> Fields:
    return {
        "name": held.name,
        "unit": held.unit,
        "limit": held.limit,
        "base": held.base,
        "reserved": held.reserved,
        "peak": held.peak,
        "steps": [list(step) for step in held.steps],
        "holdings": [
            [h.name, h.amount, h.folded.whole, [list(piece) for piece in h.folded.pieces]]
            for h in held.holdings
        ],
    }


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
