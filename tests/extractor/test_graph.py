"""Graph documents become scheduling problems, and their faults have a place."""

import pytest

from twill.extractor.graph import build_graph_problem
from twill.models.errors import InvalidGraph
from twill.models.graph import GraphDocument
from twill.models.problem import (
    Buffer,
    Dependence,
    LegalityRule,
    Machine,
    Memory,
    RegisterFile,
    Reservation,
    SchedulingProblem,
    Value,
)
from twill.reader.documents import read_document

SMALL = """
graph: small
machine: {units: {TC: 1}}
operations:
  S: {latency: 3, uses: {TC: 2}}
  P: {latency: 1}
dependences:
  - S -> P
"""

FULL = """
graph: full
summary: every field
machine:
  name: toy
  units: {TC: 1, FMA: 128}
  memories:
    shared: {capacity: 4096, resident: 1024, allocation: pooled}
    columns: {capacity: 512, unit: columns}
  staging_memory: shared
  warp_groups: 3
  registers: {step: 8, least: 24, most: 240, base: 10, pool: [504, 408, 312]}
  most_stages: 5
operations:
  load:
    latency: 400
    issue: 20
    variable_latency: true
    warps: 1
    uses: [{unit: TC, quantity: 1, cycles: 100, offset: 5}]
    buffer: {memory: shared, size: 512}
  mma:
    latency: 128
    issue: 16
    wait: 10
    queue: wgmma
    uses: {TC: 128}
    summary: a product
    values:
      - {name: scores, registers: 64}
      - {name: token}
  rows: {latency: 30, issue: 30, uses: {FMA: 20}, registers: 8}
  twin: {latency: 30, issue: 30, buffer: shared_tile}
buffers:
  shared_tile: {memory: shared, size: 64, opener: twin}
dependences:
  - {from: load, to: mma, blocking: true, handoff: 40, send: 4, receive: 6}
  - from: mma
    to: rows
    value: scores
    latency: 140
    release: start
    staged_bytes: 256
    received_registers: 16
  - {from: rows, to: rows, distance: 1}
  - {from: mma, to: twin, order: true, distance: 2}
rules:
  - {together: [mma, rows]}
  - {rule: ablation/2, apart: [load, twin]}
notes: [chains are atomic]
"""


def problem_of(text: str, machine: Machine | None = None) -> SchedulingProblem:
    return build_graph_problem(read_document(text, "g.yaml", GraphDocument, InvalidGraph), machine)


def faults_of(text: str) -> list[str]:
    with pytest.raises(InvalidGraph) as caught:
        problem_of(text)
    return [f"{p.line}:{p.column} {p.message}" for p in caught.value.problems]


def test_latency_of_a_chain_is_that_of_its_source() -> None:
    problem = problem_of(SMALL.replace("S -> P", "S -> P -> S"))
    assert [(d.source, d.target, d.latency_cycles) for d in problem.dependences] == [
        ("S", "P", 3),
        ("P", "S", 1),
    ]
    assert problem.operation("S").reservations == (Reservation(unit="TC", cycles=2),)
    assert problem.operation("P").line == 6


def test_every_field_of_the_problem_can_be_written() -> None:
    problem = problem_of(FULL)
    machine = problem.machine
    assert machine.memories[0] == Memory(
        name="shared", capacity=4096, resident=1024, allocation="pooled"
    )
    assert machine.memories[1].unit == "columns"
    assert machine.registers == RegisterFile(base=10, pool=(504, 408, 312))
    assert (machine.name, machine.warp_groups, machine.most_stages) == ("toy", 3, 5)
    load, mma = problem.operation("load"), problem.operation("mma")
    assert (load.variable_latency, load.warps, load.issue_cycles) == (True, 1, 20)
    assert load.reservations == (Reservation(unit="TC", cycles=100, offset=5),)
    assert (mma.wait_cycles, mma.queue, mma.summary) == (10, "wgmma", "a product")
    assert problem.notes == ("chains are atomic",)


def test_values_and_buffers_of_the_shorthand() -> None:
    problem = problem_of(FULL)
    assert problem.values == (
        Value(name="load", source="load", buffer="load"),
        Value(name="scores", source="mma", registers=64),
        Value(name="token", source="mma"),
        Value(name="rows", source="rows", registers=8),
        Value(name="twin", source="twin", buffer="shared_tile"),
    )
    assert problem.buffers == (
        Buffer(name="load", memory="shared", size=512, opener="load"),
        Buffer(name="shared_tile", memory="shared", size=64, opener="twin"),
    )


def test_dependences_carry_the_only_value_unless_told_otherwise() -> None:
    first, second, third, fourth = problem_of(FULL).dependences
    assert first == Dependence(
        source="load", target="mma", latency_cycles=400, value="load", blocking=True,
        handoff_cycles=40, send_cycles=4, receive_cycles=6,
    )  # fmt: skip
    assert second == Dependence(
        source="mma", target="rows", latency_cycles=140, value="scores", release="start",
        staged_bytes=256, received_registers=16,
    )  # fmt: skip
    assert (third.value, third.distance) == ("rows", 1)
    assert (fourth.value, fourth.distance) == (None, 2)


def test_rules_have_a_name_of_their_own_or_a_given_one() -> None:
    assert problem_of(FULL).rules == (
        LegalityRule(rule="graph/1", kind="together", operations=("mma", "rows")),
        LegalityRule(rule="ablation/2", kind="apart", operations=("load", "twin")),
    )


def test_symmetries_are_checked() -> None:
    text = SMALL + "symmetries: [{S: P}]\n"
    assert faults_of(text) == ["9:14 exchanging these operations changes the problem"]


def test_a_given_machine_is_used_where_none_is_inline() -> None:
    text = SMALL.replace("machine: {units: {TC: 1}}\n", "")
    machine = problem_of(SMALL).machine
    assert problem_of(text, machine).machine is machine
    assert faults_of(text) == ["2:1 the graph has no machine"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("S -> P", "S -> Q", "8:5 unknown operation 'Q'"),
        ("- S -> P", "- {from: R, to: P}", "8:12 unknown operation 'R'"),
        ("uses: {TC: 2}", "uses: {TX: 2}", "5:26 unknown unit 'TX'"),
        (
            "uses: {TC: 2}",
            "uses: [{unit: TC, quantity: 2, cycles: 1}]",
            "5:47 S holds 2 of TC, whose capacity is 1",
        ),
        ("- S -> P", "- {from: P, to: P}", "8:5 P depends on itself in the same iteration"),
        ("- S -> P", "- {from: S, to: P, staged_bytes: 8}", "8:5 a dependence without a value"),
        ("latency: 1}", "latency: 1, buffer: nowhere}", "6:27 unknown buffer 'nowhere'"),
        (
            "latency: 1}",
            "latency: 1, values: [{name: a, buffer: b}]}",
            "6:46 unknown buffer 'b'",
        ),
        (
            "latency: 1}",
            "latency: 1, buffer: {memory: m, size: 1}}",
            "6:36 unknown memory 'm'",
        ),
        ("- S -> P", "- {from: S, to: P, value: v, order: true}", "8:5 an order-only dependence"),
        (
            "machine: {units: {TC: 1}}",
            "machine: {units: {TC: 1}, memories: {m: {capacity: 1, resident: 2}}}",
            "3:41 m: 2 bytes are resident",
        ),
        (
            "dependences:",
            "buffers: {b: {memory: m, size: 1}}\ndependences:",
            "7:14 b has no opener",
        ),
        ("dependences:", "rules: [{together: [S, X]}]\ndependences:", "7:24 unknown operation 'X'"),
        ("dependences:", "rules: [{rule: a/1}]\ndependences:", "7:9 rules[0]: a rule has either"),
        ("- S -> P", "- S - P", "8:5 dependences[0]: 'S - P' is no dependence"),
        ("latency: 3", "latency: -3", "5:16 operations.S.latency: must be greater than"),
        ("latency: 3", "latency: 3.5", "5:16 operations.S.latency: must be an integer"),
        ("machine:", "profile: h100-sxm\nmachine:", "2:1 a graph has either"),
    ],
)
def test_faults_have_a_place(old: str, new: str, fault: str) -> None:
    assert old in SMALL
    found = faults_of(SMALL.replace(old, new))
    assert found[0].startswith(fault), found


def test_two_values_have_to_be_told_apart() -> None:
    text = SMALL.replace("uses: {TC: 2}", "values: [{name: a}, {name: b}]")
    assert faults_of(text) == ["8:5 S has 2 values: a, b"]
    assert problem_of(text.replace("- S -> P", "- {from: S, to: P, value: b}")).dependences


def test_expanded_chains_are_counted() -> None:
    chain = "->".join(["S"] + ["P", "S"] * 250)
    text = SMALL.replace("- S -> P", "\n  ".join([f"- {chain}"] * 101))
    assert faults_of(text) == ["8:3 50500 dependences"]
