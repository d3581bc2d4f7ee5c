"""What is known of a shape before it is solved: its useful work, and the most that bounds allow."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ..extractor.build import build_problem
from ..extractor.computed import Computed, what_is_computed
from ..extractor.language import parse_program
from ..extractor.shapes import with_shape
from ..extractor.useful_work import loaded_bytes, useful_work
from ..models.errors import Infeasible, InvalidInput
from ..models.kernel import KernelDocument
from ..models.problem import SchedulingProblem
from ..models.profile import GpuProfile
from ..models.shape import Shape, WorkUnit, rounded, throughput
from ..models.shape_search import ShapeCandidate
from ..reader.located import Located
from ..solver.bounds import compute_bounds
from ..solver.footprint import refuse_oversized

Rank = tuple[Fraction, Fraction, int]
"""Throughput, useful work for each byte loaded, place in the document; the greatest is the best."""


@dataclass(frozen=True, slots=True)
class Priced:
    """A shape with its bounds; what is large of it is made again when it is solved."""

    place: int  # in the document, from 0
    row: ShapeCandidate
    unit: WorkUnit = "elements"
    computed: Computed | None = None  # None: there is no such kernel
    cure: str | None = None

    def rank(self, cycles: int | None) -> Rank:
        """Where it stands among all shapes if its initiation interval is so many cycles.

        No two shapes have the same rank, so that one comes first even among equals.
        """
        work, loaded = self.row.work, self.row.loaded_bytes
        return throughput(work, cycles), Fraction(work or 0, loaded or 1), -self.place


def price_shape(
    place: int, shape: Shape, document: Located[KernelDocument], profile: GpuProfile
) -> Priced:
    """Bounds of one shape, or why it cannot be."""
    row = ShapeCandidate(shape=shape, status="unknown")
    try:
        shaped = with_shape(document, profile.target, shape)
        program = parse_program(shaped, profile.target)
        problem = build_problem(shaped, profile)
        work, unit = useful_work(program, program.loops[0])
        told = {"work": work, "loaded_bytes": loaded_bytes(problem), **_bounds(problem, work)}
    except InvalidInput as fault:
        first = fault.problems[0]
        row = row.model_copy(update={"status": "refused", "reason": first.message})
        return Priced(place, row, cure=first.cure)
    return Priced(place, row.model_copy(update=told), unit, what_is_computed(program))


def _bounds(problem: SchedulingProblem, work: int) -> dict[str, object]:
    """MinII and what it allows; or why no initiation interval helps."""
    told: dict[str, object] = {}
    try:
        minimum = compute_bounds(problem).minimum
        told |= {"minimum": minimum, "most_throughput": rounded(throughput(work, minimum))}
        refuse_oversized(problem)
    except Infeasible as proof:
        told |= {"status": "infeasible", "reason": str(proof)}
    return told
