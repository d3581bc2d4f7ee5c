"""Order of machine code without products: deliberate faults are found, and named."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from twill.emitter.elementwise_order import elementwise_events
from twill.emitter.printer.printer import print_cuda
from twill.models.errors import ProgramViolation
from twill.models.warp_expression import NumberValue
from twill.models.warp_program import WarpProgram
from twill.models.warp_step import StoreRows
from twill.ordering import find_overlaps
from twill.runtime.cache import compile_cached
from twill.runtime.sass import disassemble
from twill.runtime.sass_converged import DIVERGED, converged
from twill.runtime.sass_loops import loops
from twill.tests.support.emissions import ELEMENTWISE, role_of, warp_program

Edit = Callable[[str], str]


def cubin(program: WarpProgram, source: str) -> bytes:
    return compile_cached(source, program.target, f"{program.kernel}.cu").cubin


def faults_of(program: WarpProgram, source: str) -> list[str]:
    overlaps = find_overlaps(program, cubin(program, source))
    return [fault for overlap in overlaps for fault in overlap.faults]


def swapped(first: str, second: str) -> Edit:
    """Each of two pieces of text where the other is, wherever they follow one another."""
    pattern = re.compile(rf"({first})((?:.|\n)*?)({second})")
    return lambda text: pattern.sub(r"\3\2\1", text)


def without(pattern: str) -> Edit:
    return lambda text: re.sub(pattern, "", text)


FENCE = r"fence_proxy_async\(\);"
GIVEN_BACK = r"if \(lane == 0\) mbar_arrive\(x_tile_empty\);"
FAULTS: dict[str, tuple[str, Edit, str]] = {
    "no fence before a tile is handed on": (
        "layer_norm", without(FENCE), "compute-1: y_tile: FENCE.VIEW.ASYNC.S does not stand"),
    "no wait for a tile": (
        "softmax_stream", without(r"mbar_wait\(x_tile_full, x_tile_phase\);"),
        "compute-1: scaled: TRYWAIT of x_tile.full does not stand"),
    "a tile is not given back": (
        "softmax_stream", without(GIVEN_BACK),
        "compute-1: scaled: ARRIVE of x_tile.empty does not stand"),
    "no wait until copies out have read": (
        "layer_norm", without(r"if \(warp == 4 && elect\(\)\) copies_wait_read\(\);"),
        "compute-1: store_y: DEPBAR.LE does not stand"),
    "a copy out too few": (
        "layer_norm", without(r"tma_store_2d\(.*, 960, .*\);"),
        "compute-1: store_y: UTMASTG 2D of y_tile.to_bf16.shared does not stand"),
    "a copy in too few": (
        "layer_norm", without(r"tma_load_2d\(x_tile \+ 15360.*\);"),
        "producer: x_tile: UTMALDG 2D of x_tile does not stand"),
    "bytes expected when they are on their way": (
        "softmax_stream", swapped(r"mbar_expect\(.*\);", r"tma_load_2d\(x_tile, .*\);"),
        "producer: x_tile: UTMALDG 2D should not stand here"),
    "exponentials that nobody computes": (
        "softmax_stream", lambda text: text.replace("p[i] = exp2_approx(", "p[i] = ("),
        "compute-1: a period: 0 of 64 MUFU.EX2 stand in its loop"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_stands_elsewhere_is_named(fault: str) -> None:
    name, edit, sentence = FAULTS[fault]
    program = warp_program(name)
    source = print_cuda(program)
    changed = edit(source)
    assert changed != source
    found = faults_of(program, changed)
    assert any(text.startswith(sentence) for text in found), found


@pytest.mark.parametrize("gpu", ["h100-sxm", "b200"])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_every_operation_has_its_events_in_order(name: str, gpu: str) -> None:
    program = warp_program(name, gpu)
    overlaps = find_overlaps(program, cubin(program, print_cuda(program)))
    assert all(overlap.holds and not overlap.in_flight for overlap in overlaps)
    for role in program.roles:
        names = {e.operation for e in elementwise_events(program, role)}
        assert names <= {o.operation for o in overlaps if o.role == role.name}


def test_copies_of_code_for_lanes_that_are_not_together_are_left_out() -> None:
    program = warp_program("softmax_stream")
    whole = disassemble(cubin(program, print_cuda(program)))[program.kernel]
    straight = converged(whole)
    assert whole.count(DIVERGED) > 0
    assert straight.count(DIVERGED) == 0
    (body,) = (loop for loop in loops(straight) if loop.count("UTMASTG"))
    assert (body.count("MUFU.EX2"), body.count("SHFL"), body.count("STS")) == (64, 8, 16)
    assert whole.count("MUFU.EX2") > straight.count("MUFU.EX2")


def test_a_step_that_nobody_knows_in_machine_code_is_refused() -> None:
    program = warp_program("layer_norm")
    role = role_of(program, "producer")
    step = StoreRows(argument="y", index=(), extent=8, value=NumberValue(value=0.0))
    role = role.model_copy(update={"steady": (*role.steady, step)})
    with pytest.raises(ProgramViolation, match="producer: store_rows: it is not known"):
        elementwise_events(program, role)


def test_loops_that_are_not_those_of_the_roles_are_a_fault() -> None:
    program = warp_program("layer_norm")
    compiled = cubin(program, print_cuda(program))
    roles = tuple(
        r.model_copy(update={"steady": ()}) if r.name == "producer" else r for r in program.roles
    )
    (overlap,) = find_overlaps(program.model_copy(update={"roles": roles}), compiled)
    assert "1 roles with a steady state, 2 loops in machine code" in overlap.faults[0]
