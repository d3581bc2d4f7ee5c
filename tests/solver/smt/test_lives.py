"""The number of live copies, against copies counted one by one."""

from itertools import product

import pytest
import z3

from twill.models.problem import Dependence, Operation, RegisterFile, Value
from twill.solver.question import Limit, Question, Stop, Verdict
from twill.solver.smt.asking import Patience, ask
from twill.solver.smt.lives import End, Life, copies
from twill.solver.smt.longest_paths import LongestPaths
from twill.solver.smt.terms import Sum
from twill.solver.smt.variables import Variables
from twill.tests.support.placing import machine, operation, problem


def live_copies(start: int, end: int, slot: int, interval: int) -> int:
    """#{ j integer : start ≤ slot + j·II < end }."""
    return sum(start <= slot + j * interval < end for j in range(-99, 99))


def total(number: Sum, values: dict[str, int]) -> int:
    """The value of a sum, as Z3 reads its terms."""
    constants = [z3.Int(name) for name in values]
    numbers = [z3.IntVal(value) for value in values.values()]
    found = number.constant
    for text, factor in number.parts.items():
        declared = "".join(f"(declare-const |{name}| Int)" for name in values)
        (equation,) = z3.parse_smt2_string(f"{declared}(assert (= {text} 0))")
        term = z3.substitute(equation.arg(0), *zip(constants, numbers, strict=True))
        found += factor * z3.simplify(term).as_long()
    return found


@pytest.mark.parametrize(("distance", "held"), [*product((0, 1), (0, 1, 2, 3, 7))])
def test_copies_are_counted_in_every_slot(distance: int, held: int) -> None:
    interval, stages = 3, 4
    names = ["start", "reader", "at"]
    question = Question(problem([operation(n, 0, 0) for n in names]), interval, stages)
    paths = LongestPaths(names, [interval * stages] * 3, ())
    variables = Variables(question, frozenset(), paths)
    (number,) = copies(variables, Life("start", (End("reader", distance, held),)), "at")
    for start, reader, slot in product(range(6), range(9), range(interval)):
        end = reader + distance * interval + held
        if end < start:
            continue
        values = {"k[at]": 0, "r[at]": slot}
        for name, cycle in (("start", start), ("reader", reader)):
            values |= {f"k[{name}]": cycle // interval, f"r[{name}]": cycle % interval}
        assert total(number, values) == live_copies(start, end, slot, interval)


@pytest.mark.parametrize("latency", [1, 4, 5, 6, 11])
@pytest.mark.parametrize("interval", [1, 4, 5])
def test_the_copies_that_a_budget_must_hold(latency: int, interval: int) -> None:
    """A value of one operation alone is live for its latency: ceil(latency / II) copies at most."""
    most = -(-latency // interval)
    for registers, verdict in ((most, Verdict.FEASIBLE), (most - 1, Verdict.INFEASIBLE)):
        if registers:
            file = RegisterFile(step=1, least=1, most=registers, pool=(registers,))
            of = problem(
                [operation("a", latency, 0)],
                (),
                machine(2, registers=file),
                values=(Value(name="x", source="a", registers=1),),
            )
            patience = Patience(Limit(), Stop())
            assert ask(Question(of, interval, latency), patience)[0] is verdict


def test_the_latest_of_several_readers_ends_a_life() -> None:
    """Which of two readers is the last one is open: each may hold the value beyond the budget."""
    operations = [Operation(name=n, latency_cycles=1) for n in ("make", "one", "other")]
    links = [
        Dependence(source="make", target=n, latency_cycles=1, value="x") for n in ("one", "other")
    ]
    late = [Dependence(source="one", target="other", latency_cycles=3)]
    file = RegisterFile(step=1, least=1, most=1, pool=(1,))
    for more, interval, verdict in (
        ([], 3, Verdict.FEASIBLE),
        ([], 2, Verdict.FEASIBLE),
        ([], 1, Verdict.INFEASIBLE),
        (late, 5, Verdict.FEASIBLE),
        (late, 4, Verdict.INFEASIBLE),
    ):
        of = problem(
            operations,
            [*links, *more],
            machine(2, registers=file),
            values=(Value(name="x", source="make", registers=1),),
        )
        found, _ = ask(Question(of, interval, 6), Patience(Limit(), Stop()))
        assert found is verdict
