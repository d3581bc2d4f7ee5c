"""`twill show`: stored schedules, drawn if they are what they say they are."""

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twill.cli.main import run
from twill.kernels import library

Document = dict[str, Any]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("stored") / "schedule.json"
    assert run(["solve", "paper_running_example", "-q", "-o", str(file)]) == 0
    return file


def test_text_is_that_of_solve(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", str(stored)]) == 0
    assert "optimal: one iteration every 2 cycles" in capsys.readouterr().out


def test_json_is_the_file(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", str(stored), "--json"]) == 0
    assert capsys.readouterr().out == stored.read_text()


def test_svg_and_trace_go_to_files(stored: Path, tmp_path: Path) -> None:
    svg, trace = tmp_path / "timeline.svg", tmp_path / "trace.json"
    assert run(["show", str(stored), "--format", "svg", "-o", str(svg)]) == 0
    assert run(["show", str(stored), "--format", "perfetto", "-o", str(trace)]) == 0
    assert ElementTree.parse(svg).getroot().tag.endswith("svg")
    assert json.loads(trace.read_text())["traceEvents"]


def test_page_is_one_file(stored: Path, tmp_path: Path) -> None:
    page, cuda = tmp_path / "page.html", tmp_path / "kernel.cu"
    cuda.write_text("// O\nnothing();\n")
    wanted = ["show", str(stored), "--format", "html", "--cuda", str(cuda), "-o", str(page)]
    assert run(wanted) == 0
    assert "<title>paper_running_example on " in page.read_text()
    assert '"cuda_links":[[1,3,2]]' in page.read_text()


def test_two_schedules_are_one_page(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", str(stored), str(stored), "--format", "html"]) == 0
    assert '"comparing":true' in capsys.readouterr().out


def test_page_takes_texts_from_the_origin(capsys: pytest.CaptureFixture[str]) -> None:
    file = Path(library.__file__).parent / "schedules" / "gemm@b200.json"
    assert run(["show", str(file), "--format", "html"]) == 0
    assert '"kernel":"kernel: gemm\\nsummary: ' in capsys.readouterr().out


@pytest.mark.parametrize("more", [["OTHER"], ["--cuda", "kernel.cu"]])
def test_only_the_page_takes_more(
    stored: Path, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(stored) if word == "OTHER" else word for word in more]
    assert run(["show", str(stored), *given]) == 2
    assert "is for --format html" in capsys.readouterr().err


def issue_twice_at_once(document: Document) -> None:
    document["schedule"]["placements"][2]["issue_cycle"] = 2


def claim_less(document: Document) -> None:
    document["initiation_interval"] = 1


def claim_a_lower_bound(document: Document) -> None:
    document["certificate"]["least_initiation_interval"] = 1


def forget_the_certificate(document: Document) -> None:
    document["certificate"] = None


def make_an_operation_faster(document: Document) -> None:
    document["problem"]["operations"][1]["latency_cycles"] = 0


def use_an_unknown_unit(document: Document) -> None:
    document["problem"]["operations"][1]["reservations"][0]["unit"] = "nowhere"


def raise_the_bounds(document: Document) -> None:
    document["bounds"]["units"][0]["work"] = 1


def lose_an_operation(document: Document) -> None:
    document["schedule"]["placements"].pop()


def move_to_another_group(document: Document) -> None:
    document["warp_groups"][0]["name"] = "compute-2"


def call_it_unknown(document: Document) -> None:
    document["status"] = "unknown"


def add_a_field(document: Document) -> None:
    document["opinion"] = "good"


def close_a_circuit(document: Document) -> None:
    document["problem"]["dependences"][-1]["distance"] = 0
    document["problem"]["dependences"][-1].update(source="O", target="S", value=None)


def last_for_ever(document: Document) -> None:
    for operation in document["problem"]["operations"]:
        operation["latency_cycles"] = 1_000_000_000


@pytest.mark.parametrize(
    "tamper",
    [
        close_a_circuit,
        last_for_ever,
        issue_twice_at_once,
        claim_less,
        claim_a_lower_bound,
        forget_the_certificate,
        make_an_operation_faster,
        use_an_unknown_unit,
        raise_the_bounds,
        lose_an_operation,
        move_to_another_group,
        call_it_unknown,
        add_a_field,
    ],
)
def test_tampered_schedules_are_refused(
    tamper: Callable[[Document], None],
    stored: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    document = json.loads(stored.read_text())
    tamper(document)
    file = tmp_path / "tampered.json"
    file.write_text(json.dumps(document))
    assert run(["show", str(file), "--json"]) == 2
    described = json.loads(capsys.readouterr().out)
    assert described["title"] == "invalid schedule"
    assert described["problems"][0]["file"] == str(file)


def test_consistent_lies_meet_the_verifier(
    stored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever changes schedule, rows and digests alike still cannot break a constraint."""
    from twill.models.answer import Answer
    from twill.models.rows import schedule_rows
    from twill.models.schedule import Schedule

    document = json.loads(stored.read_text())
    issue_twice_at_once(document)
    answer = Answer.model_validate_json(stored.read_text())
    schedule = Schedule.model_validate_json(json.dumps(document["schedule"]))
    assert answer.certificate is not None
    certificate = answer.certificate.model_copy(update={"schedule_digest": schedule.digest()})
    rows = schedule_rows(answer.problem, schedule)
    changed = {"schedule": schedule, "certificate": certificate, **rows}
    file = tmp_path / "lie.json"
    file.write_text(answer.model_copy(update=changed).model_dump_json())
    assert run(["show", str(file)]) == 2
    assert "C2" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 10_000, b"\xff\xfe", b"nonsense", b"null"])
def test_what_is_no_schedule_is_refused(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "schedule.json"
    file.write_bytes(content)
    assert run(["show", str(file)]) == 2
    assert str(file) in capsys.readouterr().err


def test_without_a_schedule_there_is_no_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    graph, file = tmp_path / "graph.yaml", tmp_path / "schedule.json"
    graph.write_text("graph: g\nmachine: {}\noperations: {A: {latency: 1}, B: {latency: 1}}\n"
                     "dependences: [A -> B -> A]\n")  # fmt: skip
    assert run(["solve", str(graph), "-q", "-o", str(file)]) == 1
    capsys.readouterr()
    assert run(["show", str(file)]) == 0
    assert "infeasible" in capsys.readouterr().out
    assert run(["show", str(file), "--format", "svg"]) == 2
    assert "no schedule to draw" in capsys.readouterr().err
