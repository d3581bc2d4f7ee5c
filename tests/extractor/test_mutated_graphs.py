"""Mutated and drawn graph documents: a problem, a schedule, or one located error."""

import random
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twill.extractor.graph import build_graph_problem
from twill.extractor.machine import machine_of
from twill.gpu_profiles.library import load_profile
from twill.kernels.graph_library import graph_names, graph_path
from twill.models.errors import Infeasible, InvalidGraph
from twill.models.graph import GraphDocument
from twill.models.problem import SchedulingProblem
from twill.models.solve_options import SolveOptions
from twill.reader.documents import read_document
from twill.solver.bounds import compute_bounds
from twill.solver.question import Stop
from twill.solver.search import find_schedule
from twill.solver.verifier import violations
from twill.tests.support.mutations import check_refusal, mutated, renumbered
from twill.tests.support.random_graph_documents import random_graph_document

LIBRARY = [graph_path(name).read_text() for name in graph_names()]
MACHINE = machine_of(load_profile("h100-sxm").value)


def problem_of(text: str) -> SchedulingProblem | None:
    """The problem of a document; None where it is refused, and the refusal is a good one."""
    try:
        document = read_document(text, "g.yaml", GraphDocument, InvalidGraph)
        return build_graph_problem(document, MACHINE)
    except InvalidGraph as error:
        check_refusal(error, text, "g.yaml")
        return None


def is_bounded(problem: SchedulingProblem) -> bool:
    """Whether the problem has a MinII, or none for a reason that can be told."""
    try:
        return compute_bounds(problem).minimum >= 1
    except Infeasible as reason:
        return "C" in str(reason) or "circuit" in str(reason)
    except InvalidGraph as reason:
        return "add up to" in str(reason)


@pytest.mark.parametrize("seed", range(10))
def test_mutated_graphs(seed: int) -> None:
    generator = random.Random(seed)
    built = 0
    for _ in range(80):
        text = generator.choice([random_graph_document(generator), *LIBRARY])
        mutate = generator.random()
        text = renumbered(generator, text, 1) if mutate < 0.3 else mutated(generator, text, LIBRARY)
        problem = problem_of(text)
        if problem is None:
            continue
        built += 1
        assert is_bounded(problem)
    assert 3 < built < 80, "mutations are neither all fatal nor all harmless"


@pytest.mark.parametrize("seed", range(4))
def test_drawn_graphs_are_solved_or_proved_to_have_no_schedule(seed: int) -> None:
    generator = random.Random(1000 + seed)
    for _ in range(6):
        problem = None
        while problem is None:
            problem = problem_of(random_graph_document(generator))
        solution = find_schedule(problem, SolveOptions(work=20.0), lambda event: None, Stop())
        if solution.schedule is None:
            assert solution.reason
            continue
        assert solution.status in ("optimal", "feasible")
        assert violations(problem, solution.schedule) == ()


YAML_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)
FIELD = re.compile(r"(?<=: )[\w.\[\]{}:, >-]+$", re.MULTILINE)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_value_in_any_field(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(LIBRARY))
    field = data.draw(st.sampled_from(list(FIELD.finditer(text))))
    value = repr(data.draw(YAML_VALUE)).replace("None", "null").replace("'", '"')
    problem_of(text[: field.start()] + value + text[field.end() :])


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    assert problem_of(text) is None


@settings(max_examples=100)
@given(st.binary(max_size=100))
def test_any_bytes(data: bytes) -> None:
    assert problem_of("graph: g\noperations: {" + data.decode("latin-1")) is None
