"""Which exchanges of operations leave a problem as it is."""

import pytest

from twill.models.problem import (
    Buffer,
    Dependence,
    LegalityRule,
    Machine,
    Memory,
    Operation,
    SchedulingProblem,
    Value,
)
from twill.models.problem_symmetries import is_automorphism

SHARED = Machine(name="toy", memories=(Memory(name="shared", capacity=100),), warp_groups=2)


def problem(**fields: object) -> SchedulingProblem:
    """A -> X and A -> Y, each of one cycle, changed by `fields`."""
    usual: dict[str, object] = {
        "name": "twins",
        "machine": SHARED,
        "operations": tuple(Operation(name=n, latency_cycles=1) for n in ("A", "X", "Y", "Z")),
        "dependences": tuple(Dependence(source="A", target=n, latency_cycles=1) for n in "XY"),
    }
    return SchedulingProblem.model_validate(usual | fields)


def read(target: str, value: str) -> Dependence:
    return Dependence(source="A", target=target, latency_cycles=1, value=value)


def test_equal_readers_exchange_places() -> None:
    assert is_automorphism(problem(), (("X", "Y"),))
    assert not is_automorphism(problem(), (("X", "Z"),))
    assert not is_automorphism(problem(), (("A", "X"),))


@pytest.mark.parametrize("swap", [(("X", "X"),), (("X", "Y"), ("Y", "X"))])
def test_an_operation_moves_once(swap: tuple[tuple[str, str], ...]) -> None:
    assert not is_automorphism(problem(), swap)


def test_summaries_and_lines_do_not_count() -> None:
    names = ("A", "X", "Y")
    told = tuple(
        Operation(name=n, latency_cycles=1, summary=n, line=i + 1) for i, n in enumerate(names)
    )
    assert is_automorphism(problem(operations=told), (("X", "Y"),))
    slower = (*told[:2], Operation(name="Y", latency_cycles=2))
    assert not is_automorphism(problem(operations=slower), (("X", "Y"),))


def test_readers_of_two_equal_values_are_told_apart() -> None:
    values = tuple(Value(name=n, source="A", registers=8) for n in ("one", "two"))
    reads = (read("X", "one"), read("Y", "one"), read("Z", "two"))
    sharing = problem(values=values, dependences=reads)
    assert is_automorphism(sharing, (("X", "Y"),))
    assert not is_automorphism(sharing, (("Y", "Z"),))  # would keep `two` as long as X and Y read


def test_values_of_one_buffer_are_told_apart_from_values_of_two() -> None:
    buffers = tuple(Buffer(name=n, memory="shared", size=8, opener="A") for n in ("b", "c"))
    kept = {"X": "b", "Y": "b", "Z": "c"}
    values = tuple(Value(name=n, source=n, buffer=b) for n, b in kept.items())
    order = tuple(Dependence(source="A", target=n, latency_cycles=1) for n in "XYZ")
    sharing = problem(values=values, buffers=buffers, dependences=order)
    assert is_automorphism(sharing, (("X", "Y"),))
    assert not is_automorphism(sharing, (("Y", "Z"),))


def test_rules_are_kept() -> None:
    rule = LegalityRule(rule="same/1", kind="together", operations=("A", "X"))
    assert not is_automorphism(problem(rules=(rule,)), (("X", "Y"),))
    both = LegalityRule(rule="same/1", kind="apart", operations=("X", "Y"))
    assert is_automorphism(problem(rules=(both,)), (("X", "Y"),))
