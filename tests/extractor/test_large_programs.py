"""Programs near and beyond what is handled: a problem or a refusal, within seconds."""

import time
from collections.abc import Callable

import pytest

from twill.extractor.build import build_problem
from twill.gpu_profiles.library import load_profile
from twill.models.errors import InvalidKernel, Problem
from twill.models.problem import SchedulingProblem
from twill.tests.support.programs import FIRST_LINE, kernel_of

Build = Callable[..., SchedulingProblem]
PROFILES = [load_profile(name).value for name in ("h100-sxm", "b200")]
LOOP = "acc = zeros((M, N))\nfor k in range(cdiv(columns, K)):\n"
TILES = "    x = load(a, (m, k), (M, K))\n    y = load(b, (0, k), (N, K))\n"
STORE = "store(c, (m, 0), acc)\n"


@pytest.fixture(params=PROFILES, ids=lambda profile: profile.profile, name="build")
def _build(request: pytest.FixtureRequest) -> Build:
    def build(body: str, split: str = "{}") -> SchedulingProblem:
        began = time.process_time()
        try:
            return build_problem(kernel_of(LOOP + body + STORE, split), request.param)
        finally:
            assert time.process_time() - began < 20

    return build


def refusal(build: Build, body: str, split: str = "{}") -> Problem:
    with pytest.raises(InvalidKernel) as caught:
        build(body, split)
    (problem,) = caught.value.problems
    assert problem.file == "example.yaml"
    assert problem.line is not None
    assert problem.line >= FIRST_LINE
    assert problem.column is not None
    assert problem.cure
    return problem


def test_a_chain_of_hundreds_of_products(build: Build) -> None:
    problem = build(TILES + "    acc = dot(x, y.T, acc)\n" * 400)
    assert len(problem.operations) == 402


def test_a_thousand_elementwise_operations_are_one_chain(build: Build) -> None:
    problem = build("".join(f"    acc = acc + {i}.0\n" for i in range(1000)))
    assert len(problem.operations) == 1


def test_a_thousand_loads(build: Build) -> None:
    loads = "".join(f"    x{i} = load(a, (m, k + {i}), (M, K))\n" for i in range(1000))
    assert len(build(loads + "    acc = acc + 1.0\n").operations) == 1001


def test_too_many_loads_and_stores_of_one_argument(build: Build) -> None:
    body = "".join(f"    store(c, (m, k + {i}), acc)\n" for i in range(101))
    problem = refusal(build, body + "    acc = acc + 1.0\n")
    assert problem.message == "101 loads and stores of c in one loop"
    assert (problem.line, problem.column) == (FIRST_LINE + 102, 7)


@pytest.mark.parametrize("split", ["{M: 128, N: 128}", "{M: 64, N: 32, K: 64}"])
def test_splits_into_thousands(build: Build, split: str) -> None:
    problem = refusal(build, TILES + "    acc = dot(x, y.T, acc)\n", split)
    assert "more than 2000 operations" in problem.message


def test_long_names(build: Build) -> None:
    name = "a" * 64
    body = (
        f"    {name} = dot(load(a, (m, k), (M, K)), load(b, (0, k), (N, K)).T)\n"
        f"    acc = dot(({name} * sigmoid(2.0 - {name})).to(bf16), load(b, (k, 0), (N, N)), acc)\n"
    )
    assert any(o.name.startswith(name) for o in build(body, "{M: 2}").operations)
