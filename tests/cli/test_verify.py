"""`twill verify`: what it prints, what it proves again, what it writes for other solvers."""

import json
from pathlib import Path

import pytest
import z3

from twill.cli.main import run
from twill.gate import verification
from twill.gate.store import library_folder
from twill.models.solve_options import BOTH
from twill.solver.backends import Backends
from twill.solver.question import Verdict
from twill.tests.support.fake_backends import FakeBackend, always, backends

KERNEL = "fp8_gemm_block_scales"  # solved in half a second, above MinII


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("stored") / "searched.json"
    assert run(["solve", KERNEL, "--gpu", "b200", "-q", "--json", "-o", str(file)]) == 0
    return file


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("stored") / "bounded.json"
    assert run(["solve", "paper_running_example", "-q", "-o", str(file)]) == 0
    return file


def test_every_check_has_a_line_and_numbers(
    searched: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", str(searched)]) == 0
    text = capsys.readouterr().out
    assert "fp8_gemm_block_scales on b200, optimal at II 572" in text
    assert "1 to 520 by bound, then 521 to 571 by search: no gap below 572" in text
    assert "stages suffice; the rule of the machine allows 8" in text
    assert "- that no schedule exists at initiation interval 571 within 8 stages" in text
    assert text.endswith("every check passed\n")


def test_json_twin(searched: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(searched), "--json"]) == 0
    verified = json.loads(capsys.readouterr().out)
    assert verified["format"] == "twill-verification/1"
    assert all(check["passed"] for check in verified["checks"])
    assert verified["reproofs"] == []


def test_the_other_backend_proves_it(searched: Path, capsys: pytest.CaptureFixture[str]) -> None:
    probes = json.loads(searched.read_text())["effort"]["probes"]
    first = {
        p["backend"]
        for p in probes
        if (p["initiation_interval"], p["verdict"]) == (571, "infeasible") and p["stages"] == 8
    }
    assert len(first) == 1
    assert run(["verify", str(searched), "--prove", "--json"]) == 0
    (reproof,) = json.loads(capsys.readouterr().out)["reproofs"]
    assert reproof["standing"] == "independent"
    assert {reproof["backend"]} | first == set(BOTH)


def test_what_a_proof_does_not_reach_is_still_said(
    searched: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", str(searched), "--prove"]) == 0
    text = capsys.readouterr().out
    assert "Not checked:\n- that warp groups, crossings" in text
    assert "that no schedule exists" not in text
    assert "that this is because of" not in text


def test_a_stored_schedule_without_texts_is_not_said_to_be_of_its_kernel(
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = library_folder() / "gemm@h100-sxm.json"
    assert run(["verify", str(file)]) == 0
    text = capsys.readouterr().out
    assert "Not checked:\n- that warp groups" in text  # nothing was searched for --prove to ask
    assert "- that the problem inside is that of gemm on h100-sxm: no texts are stored" in text


def test_a_bound_needs_no_search(bounded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(bounded), "--prove"]) == 0
    assert "no interval had to be searched" in capsys.readouterr().out


def test_where_nothing_is_excluded_there_is_no_script(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    graph, file = tmp_path / "graph.yaml", tmp_path / "schedule.json"
    graph.write_text("graph: g\nmachine: {}\noperations: {A: {latency: 1}}\n")
    assert run(["solve", str(graph), "-q", "-o", str(file)]) == 0
    assert run(["verify", str(file)]) == 0
    assert run(["verify", str(file), "--smtlib", str(tmp_path / "none.smt2")]) == 2
    assert "no initiation interval is excluded" in capsys.readouterr().err


def test_tampering_is_exit_1_and_named(
    bounded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "tampered.json"
    file.write_text(bounded.read_text().replace('"lower_bound": 2', '"lower_bound": 3'))
    assert run(["verify", str(file)]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "wrong: seal, exclusions, least interval"


def test_no_schedule_file_is_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "half.json"
    file.write_text('{"format": "twill-schedule/2", ')
    assert run(["verify", str(file), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["title"] == "invalid schedule"


def only(verdict: Verdict) -> Backends:
    return backends(FakeBackend("cp-sat", always(verdict)), FakeBackend("z3", always(verdict)))


def test_a_limit_is_exit_3(
    searched: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "load_backends", lambda names: only(Verdict.UNKNOWN))
    assert run(["verify", str(searched), "--prove"]) == 3
    text = capsys.readouterr().out
    assert "no backend came to an end within" in text
    assert text.endswith("the exclusion was not proved again\n")


def test_smtlib_is_unsat(searched: Path, tmp_path: Path) -> None:
    script = tmp_path / "exclusion.smt2"
    assert run(["verify", str(searched), "--smtlib", str(script), "--json"]) == 0
    solver = z3.Solver()
    solver.from_file(str(script))
    assert solver.check() == z3.unsat
    assert "at initiation interval 571, 8 stages" in script.read_text().splitlines()[0]
