"""A small problem with a schedule made by hand: two stages, three warp groups, one ring."""

import pytest

from twill.extractor.graph import build_graph_problem
from twill.models.graph import GraphDocument
from twill.models.problem import SchedulingProblem
from twill.models.schedule import GroupBudget, Placement, RingDepth, Schedule
from twill.reader.documents import read_document

TEXT = """
graph: toy
machine:
  name: toy_machine
  units: {tensor_core: 1, mufu: 16, tma: 1}
  memories: {shared_memory: 4096}
  warp_groups: 3
operations:
  load: {latency: 9, issue: 1, variable_latency: true, warps: 1, uses: {tma: 4},
         buffer: {memory: shared_memory, size: 1024}}
  s: {latency: 5, issue: 1, uses: {tensor_core: 4}, summary: scores}
  p: {latency: 5, issue: 5, uses: [{unit: mufu, quantity: 12, cycles: 4}], registers: 16}
  o: {latency: 6, issue: 2, uses: {tensor_core: 6}}
dependences:
  - load -> s
  - s -> p
  - p -> o
  - {from: o, to: o, distance: 1}
"""


@pytest.fixture
def problem() -> SchedulingProblem:
    return build_graph_problem(read_document(TEXT, "toy.yaml", GraphDocument))


@pytest.fixture
def schedule() -> Schedule:
    """II 12; s, p and o of one iteration spread over two stages."""
    places = (("load", 0, 0), ("s", 10, 1), ("p", 15, 2), ("o", 26, 1))
    return Schedule(
        initiation_interval=12,
        placements=tuple(
            Placement(operation=name, issue_cycle=cycle, warp_group=group)
            for name, cycle, group in places
        ),
        budgets=(GroupBudget(warp_group=1, registers_per_thread=64),),
        rings=(RingDepth(buffer="load", depth=2),),
    )
