"""The typed tile program: names, operands, loop-carried locals, shapes, accesses."""

from collections.abc import Callable

import pytest

from twill.extractor.language import parse_program
from twill.kernels.library import load_kernel
from twill.models.errors import InvalidKernel
from twill.models.index_expression import evaluate_index, index_text
from twill.models.tile_operation import (
    CarriedOperand,
    ConstantOperand,
    IndexOperand,
    LoopResultOperand,
    Operation,
    ScalarOperand,
    SourcePosition,
    ValueOperand,
)
from twill.models.tile_program import TileProgram

Parse = Callable[..., TileProgram]

STORE = "\nstore(y, (m, 0), zeros((A, B)))"


def operations(program: TileProgram) -> dict[str, Operation]:
    return {operation.name: operation for operation in program.operations()}


def attention() -> TileProgram:
    return parse_program(load_kernel("flash_attention_forward"), "sm_90a")


def test_names_follow_the_text() -> None:
    (loop,) = attention().loops
    assert [operation.name for operation in loop.operations] == [
        "k_tile", "k_tile.T", "s",
        "new_max.max", "new_max.multiply", "new_max",
        "p.multiply", "new_max.column", "p.subtract", "p",
        "alpha.subtract", "alpha",
        "row_sum.multiply", "row_sum.sum", "row_sum",
        "v_tile", "p.to_bf16", "alpha.column", "acc.multiply", "acc",
    ]  # fmt: skip


def test_carried_locals() -> None:
    (loop,) = attention().loops
    assert {entry.local: (entry.initial, entry.next) for entry in loop.carried} == {
        name: (ValueOperand(operation=f"{name}_init"), ValueOperand(operation=following))
        for name, following in [("row_max", "new_max"), ("row_sum", "row_sum"), ("acc", "acc")]
    }


def test_operands_and_types_of_attention() -> None:
    program = attention()
    named = operations(program)
    s, p, acc = named["s"], named["p.multiply"], named["acc.multiply"]
    assert s.kind == "dot"
    assert [d.size for d in s.type.dimensions] == ["BLOCK_M", "BLOCK_N"]
    assert p.operands == (ValueOperand(operation="s"), ScalarOperand(argument="scale_log2"))
    assert acc.operands[0] == CarriedOperand(loop="n", local="acc")
    assert named["new_max.max"].axis == 1
    assert named["store_o.divide"].operands[0] == LoopResultOperand(loop="n", local="acc")
    assert named["s"].position == SourcePosition(line=22, column=11)
    assert named["k_tile"].local == "k_tile"


def test_accesses_tell_reuse_from_streaming() -> None:
    named = operations(attention())
    k_tile = named["k_tile"].memory_access
    assert k_tile.uses_index("n")
    assert not k_tile.uses_index("m")
    assert [d.extent for d in k_tile.tile] == [1, 128, 128]
    assert named["k_tile"].type.shape == (128, 128)
    assert {(n.name, n.role) for n in k_tile.index_names()} == {("h", "grid"), ("n", "loop")}
    assert not named["q_tile"].memory_access.uses_index("n")


def test_grid_and_trip_count() -> None:
    program = attention()
    assert [(axis.index, index_text(axis.count)) for axis in program.grid] == [
        ("m", "(queries // 128)"),
        ("h", "heads"),
    ]
    assert evaluate_index(program.loops[0].stop, {"keys": 1000}) == 7
    assert program.extents() == ("heads", "queries", "keys")


def test_sizes_and_split_per_target() -> None:
    document = load_kernel("flash_attention_backward")
    for target, size, split in (("sm_90a", 64, {"BLOCK_N": 2}), ("sm_103a", 128, {})):
        program = parse_program(document, target)  # type: ignore[arg-type]
        assert program.sizes[0].value == size
        assert {entry.name: entry.value for entry in program.split} == split


def test_causal_loop_ends_at_the_diagonal() -> None:
    (loop,) = parse_program(load_kernel("flash_attention_causal"), "sm_90a").loops
    values = {"m": 2, "length": 10_000}
    assert evaluate_index(loop.stop, values) == 3
    assert evaluate_index(loop.stop, {**values, "length": 200}) == 2


def test_chains_of_carried_locals(parse: Parse) -> None:
    program = parse(
        """
        a = zeros((A, B))
        b = zeros((A, B))
        for n in range(3):
            a = b
            b = b + 1.0
        store(y, (m, 0), a)
        """
    )
    (loop,) = program.loops
    assert [entry.local for entry in loop.carried] == ["b", "a"]
    assert loop.carried_local("a").next == CarriedOperand(loop="n", local="b")


def test_last_value_of_a_loop(parse: Parse) -> None:
    """A local that is only assigned in the loop keeps its initial value when no iteration runs."""
    program = parse(
        """
        a = zeros((A, B))
        for n in range(count):
            a = load(y, (m, n), (A, B))
        store(y, (m, 0), a)
        """.replace("load(y", "load(x").replace(
            "a = load(x, (m, n), (A, B))", "a = load(x, (m, n), (A, B)).to(f32)"
        )
    )
    (entry,) = program.loops[0].carried
    assert entry.initial == ValueOperand(operation="a_init")


def test_sibling_loops_may_share_an_index(parse: Parse) -> None:
    program = parse(
        """
        a = zeros((A, B))
        for n in range(1, 3):
            a += 1.0
        for n in range(3, count):
            a += 2.0
        store(y, (m, 0), a)
        """
    )
    assert [(loop.name, loop.index) for loop in program.loops] == [("n", "n"), ("n_2", "n")]
    first, second = program.loops
    assert second.carried[0].initial == LoopResultOperand(loop="n", local="a")
    assert [operation.name for operation in first.operations] == ["a"]
    assert [operation.name for operation in second.operations] == ["a_2"]
    assert index_text(first.start) == "1"


def test_accumulating_dot(parse: Parse) -> None:
    program = parse(
        """
        acc = zeros((A, A))
        for n in range(2):
            a = load(x, (m, n), (A, B))
            acc += dot(a, a.T)
        store(y, (m, m), acc)
        """
    )
    dot = operations(program)["acc"]
    assert dot.kind == "dot"
    assert dot.operands[2] == CarriedOperand(loop="n", local="acc")


def test_constants_and_indices_as_operands(parse: Parse) -> None:
    program = parse(
        """
        row = m * A + arange(A)
        mask = row[:, None] < rows
        a = where(mask, 1, -inf)
        b = a * (1 / A) + 2
        store(y, (m, 0), b * zeros((A, B)))
        """
    )
    named = operations(program)
    row = named["row"]
    assert isinstance(row.operands[0], IndexOperand)
    assert index_text(row.operands[0].expression) == "(m * 16)"
    assert row.type.dtype == "i32"
    assert named["a"].operands[1:] == (ConstantOperand(value=1.0), ConstantOperand(value="-inf"))
    assert named["b.multiply"].operands[1] == ConstantOperand(value=0.0625)


def test_views_and_casts_are_made_once(parse: Parse) -> None:
    program = parse(
        """
        a = load(x, (m, 0), (A, B))
        r = load(v, (m,), (A,))
        s = dot(a, a.T) + dot(a, a.T)
        p = a * r[:, None]
        q = a + r[:, None]
        store(y, (m, 0), p + q)
        """
    )
    kinds = [operation.kind for operation in program.operations()]
    assert (kinds.count("transpose"), kinds.count("broadcast"), kinds.count("cast")) == (1, 1, 1)


def test_what_a_loop_made_is_made_again_after_it(parse: Parse) -> None:
    program = parse(
        """
        r = zeros((A,))
        for n in range(2):
            b = r[:, None] + zeros((A, B))
            store(y, (m, n), b)
        store(y, (m, 2), r[:, None] + zeros((A, B)))
        """
    )
    assert [o.kind for o in program.operations()].count("broadcast") == 2


def test_loaded_integer_as_an_index(parse: Parse) -> None:
    program = parse(
        """
        row = load(t, (m,), (1,))
        a = load(x, (row // 2, 0), (A, B))
        store(y, (m, 0), a.to(f32))
        """
    )
    (name,) = operations(program)["a"].memory_access.index_names()
    assert (name.name, name.role) == ("row", "local")


def test_unit_sizes_are_not_squeezed(parse: Parse) -> None:
    program = parse("a = load(x, (m, 0), (A, B))\nstore(y, (m, 0), a.to(f32))", {"A": 1})
    assert operations(program)["a"].type.shape == (1, 8)


def test_index_text_and_order_of_reading(parse: Parse) -> None:
    program = parse("store(y, (min(m, count) % 3 + max(1, m) - cdiv(rows, 2), 0), zeros((A, B)))")
    (_, store) = program.operations()
    assert index_text(store.memory_access.index[0]) == (
        "(((min(m, count) % 3) + max(1, m)) - cdiv(rows, 2))"
    )


def test_size_overrides_are_checked(parse: Parse) -> None:
    for sizes, message in (({"AA": 1}, "no size AA"), ({"A": 0}, "the size A = 0")):
        with pytest.raises(InvalidKernel, match=message):
            parse("a = 1" + STORE, sizes)
