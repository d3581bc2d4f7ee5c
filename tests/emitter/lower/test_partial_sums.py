"""Row sums that each thread keeps for itself: where they may be, and that results stay the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from twill.emitter.lower.lower import lower_schedule
from twill.emitter.lower.partial_sums import partial_fragments, with_partial_sums
from twill.emitter.printer.printer import print_cuda
from twill.extractor.sample_cases import sample_cases
from twill.models.errors import InvalidKernel, ProgramViolation
from twill.models.kernel import KernelDocument
from twill.models.quad_step import SumQuads
from twill.models.warp_expression import Apply, Expression, FragmentElement, NumberValue
from twill.models.warp_program import Fragment, Role, WarpProgram
from twill.models.warp_step import Anchor, Assign, ReduceColumns, Stage, Step
from twill.reader.documents import read_document
from twill.runtime.nvrtc import compile_source
from twill.runtime.sass import disassemble
from twill.runtime.sass_loops import main_loops
from twill.tests.emitter.machine.programs import apply, with_steps
from twill.tests.support.emissions import (
    emission,
    emission_of_document,
    faults,
    role_of,
    warp_program,
)

ROOT = Path(__file__).parent.parent.parent.parent
FORWARD, CAUSAL = "flash_attention_forward", "flash_attention_causal"
S, T, L, A, B = (FragmentElement(name=name) for name in "stlab")
SUM = ReduceColumns(target="t", primitive="sum", columns=64, value=S)
ZERO = NumberValue(value=0.0)


def number(value: float) -> NumberValue:
    return NumberValue(value=value)


def times(left: Expression, right: Expression) -> Apply:
    return apply("multiply", left, right)


def plus(left: Expression, right: Expression) -> Apply:
    return apply("add", left, right)


CARRIED = Assign(target="l", value=plus(times(L, A), T))


def role(*loop: Step, start: Expression = ZERO, finish: tuple[Step, ...] = ()) -> Role:
    """A loop over rows fragments t, l, a and b, and a matrix s."""
    rows = tuple(Fragment(name=name, layout="rows", rows=64) for name in "tlab")
    return Role(
        name="rows", first_warp=0, warps=4, registers=64, operations=(), stages=1,
        fragments=(Fragment(name="s", layout="matrix", rows=64, columns=64), *rows),
        setup=(Assign(target="l", value=start),), steady=loop, finish=finish,
    )  # fmt: skip


LINEAR: dict[str, tuple[Step, ...]] = {
    "scaled and added": (SUM, CARRIED),
    "only added": (SUM, Assign(target="l", value=plus(L, T))),
    "the sum is scaled": (SUM, Assign(target="l", value=plus(L, times(A, T)))),
    "divided": (SUM, Assign(target="l", value=apply("divide", apply("subtract", L, T), A))),
    "chosen by row": (SUM, Assign(target="l", value=apply("where", A, plus(L, T), L))),
    "negated": (SUM, Assign(target="l", value=apply("subtract", L, apply("negate", T)))),
    "by another fragment": (
        SUM, Assign(target="b", value=times(T, A)), Assign(target="l", value=plus(L, B)),
    ),
    "two sums": (
        SUM, SUM.model_copy(update={"target": "b"}),
        Assign(target="l", value=plus(times(L, A), plus(T, B))),
    ),
    "anchored": (SUM, Anchor(fragments=("l",)), CARRIED),
}  # fmt: skip
OTHER: dict[str, tuple[Step, ...]] = {
    "not carried on linearly": (SUM, Assign(target="l", value=apply("maximum", L, T))),
    "a number is added": (SUM, Assign(target="l", value=plus(plus(L, T), number(1.0)))),
    "another row vector is added": (SUM, Assign(target="l", value=plus(plus(L, T), A))),
    "multiplied with itself": (SUM, Assign(target="l", value=times(L, T))),
    "a divisor": (SUM, Assign(target="l", value=apply("divide", T, L))),
    "read by a matrix": (SUM, CARRIED, Assign(target="s", value=times(S, L))),
    "the sum is read by a matrix": (SUM, CARRIED, Assign(target="s", value=times(S, T))),
    "reduced again": (SUM, CARRIED, SUM.model_copy(update={"value": times(S, L)})),
    "staged": (SUM, CARRIED, Stage(buffer="b", columns=64, value=L)),
    "a maximum": (SUM.model_copy(update={"primitive": "max"}), CARRIED),
    "a maximum into the same": (SUM, SUM.model_copy(update={"primitive": "max"}), CARRIED),
}


@pytest.mark.parametrize("case", LINEAR)
def test_what_is_linear_is_kept_in_parts(case: str) -> None:
    found = partial_fragments(role(*LINEAR[case]))
    assert {"t", "l"} <= found <= {"t", "l", "b"}
    assert ("b" in found) == any(getattr(step, "target", "") == "b" for step in LINEAR[case])


@pytest.mark.parametrize("case", OTHER)
def test_what_is_not_is_summed_in_the_loop(case: str) -> None:
    assert not partial_fragments(role(*OTHER[case]))


def test_what_is_written_after_the_loop_is_left_alone() -> None:
    assert not partial_fragments(role(SUM, CARRIED, finish=(Assign(target="l", value=A),)))


def test_what_is_made_from_it_before_the_loop_is_left_alone() -> None:
    made = role(SUM, CARRIED)
    setup = (*made.setup, Assign(target="a", value=L))
    assert not partial_fragments(made.model_copy(update={"setup": setup}))


@pytest.mark.parametrize("name", [FORWARD, CAUSAL, "flash_attention_softcap"])
def test_row_sums_of_attention_are_added_up_after_the_loop(name: str) -> None:
    for part in (0, 1):
        compute = role_of(warp_program(name), f"compute-{part + 1}")
        sums = [s for s in compute.steady if isinstance(s, ReduceColumns) and s.primitive == "sum"]
        assert [(s.target, s.partial) for s in sums] == [(f"row_sum.sum[{part}]", True)]
        assert compute.finish[0] == SumQuads(target=f"row_sum[{part}]")
        assert not any(s.partial for s in compute.steady if s not in sums and hasattr(s, "partial"))


def test_a_program_without_any_is_the_same() -> None:
    gemm, attention = warp_program("gemm"), warp_program(FORWARD)
    assert with_partial_sums(gemm) is gemm
    assert with_partial_sums(attention) is attention  # done already


def test_a_sum_that_begins_with_something_is_shared_out() -> None:
    text = (ROOT / "kernels" / f"{FORWARD}.yaml").read_text()
    text = text.replace("row_sum = zeros((BLOCK_M,))", "row_sum = full((BLOCK_M,), 24.0)")
    given = emission_of_document(read_document(text, "x", KernelDocument, InvalidKernel))
    program = lower_schedule(given)
    (first,) = (
        s for s in role_of(program, "compute-1").setup
        if isinstance(s, Assign) and s.target == "row_sum[0]"
    )  # fmt: skip
    assert first.value == times(number(24.0), number(0.25))
    for case in sample_cases(given.program):
        assert faults(program, case, seed=1) == 0


def without_the_last_sum(program: WarpProgram) -> WarpProgram:
    for name in ("compute-1", "compute-2"):
        program = with_steps(
            program, name, lambda steps: (s for s in steps if not isinstance(s, SumQuads))
        )
    return program


def test_forgetting_the_sum_over_quads_is_found() -> None:
    forward = sample_cases(emission(FORWARD).program)[0]
    assert faults(without_the_last_sum(warp_program(FORWARD)), forward, seed=0) > 0
    causal = sample_cases(emission(CAUSAL).program)[0]
    with pytest.raises(ProgramViolation, match="differ between the threads of a quad"):
        faults(without_the_last_sum(warp_program(CAUSAL)), causal, seed=0)


def test_the_steady_state_has_no_shuffles_of_sums() -> None:
    program = warp_program(FORWARD)
    made = compile_source(print_cuda(program), program.target, program.kernel)
    loops = main_loops(disassemble(made.cubin)[program.kernel], "HGMMA")
    assert [loop.count("SHFL") for loop in loops] == [4, 4]  # of the maximum: two rows, two steps
