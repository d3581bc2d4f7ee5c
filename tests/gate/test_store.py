"""The library's own store: whole, proved, checked in seconds, and confirmed by another solver."""

import json
import shutil
import time
from pathlib import Path

import pytest

from twill.cli.main import run
from twill.gate.store import library_folder, library_origins
from twill.gate.verification import smtlib_script
from twill.gpu_profiles.library import profile_names
from twill.kernels.library import kernel_names
from twill.models.answer import Answer
from twill.models.schedule_text import schedule_text
from twill.solver.verifier import FAMILIES, violations
from twill.tests.support.breaking import breaking, told_alike

MOST_SECONDS = 10.0  # of one core, for the whole store
LIBRARY = Path(__file__).parent.parent.parent / "kernels"
EVERY_FAMILY = "retention@b200.json"  # a change of one decision can break any family of it
ALONE = ("C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8")
CONFIRMED = [  # kernel, GPU, the interval below the least one
    ("gemm", "h100-sxm", 1023),
    ("gemm", "b200", 1023),
    ("flash_attention_forward", "h100-sxm", 2047),
    ("flash_attention_forward", "b200", 2947),
    ("flash_attention_forward", "b300", 2709),
    ("flash_attention_causal", "h100-sxm", 2047),
    ("flash_attention_causal", "b200", 3353),
    ("softmax_stream", "b200", 1340),
]


def stored(name: str) -> Answer:
    return Answer.model_validate_json((library_folder() / name).read_text())


def test_the_store_is_whole() -> None:
    names = {file.name for file in library_folder().iterdir()}
    assert names == set(library_origins())
    assert len(names) >= 4 * len(kernel_names())
    assert len(profile_names()) == 4


@pytest.mark.parametrize("name", sorted(library_origins()))
def test_every_stored_schedule_is_proved(name: str) -> None:
    answer = stored(name)
    assert answer.status == "optimal"
    assert answer.certificate is not None
    searched = [e for e in answer.certificate.exclusions if e.by == "search"]
    assert all(exclusion.proved_by == ("cp-sat", "z3") for exclusion in searched)
    assert (answer.sources.kernel, answer.sources.profile, answer.effort) == (None, None, None)
    assert (library_folder() / name).stat().st_size < 40_000


def test_the_whole_store_is_checked_in_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    began = time.process_time()
    assert run(["check", "--json", "-q", "--no-solve"]) == 0
    assert time.process_time() - began < MOST_SECONDS
    schedules = json.loads(capsys.readouterr().out)["schedules"]
    assert {schedule["state"] for schedule in schedules} == {"unchanged"}


def test_a_kernel_without_its_schedule_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from twill.gate import store

    monkeypatch.setattr(store, "library_folder", lambda: tmp_path)
    assert run(["check", "--json", "-q"]) == 1
    schedules = json.loads(capsys.readouterr().out)["schedules"]
    assert {schedule["state"] for schedule in schedules} == {"missing"}
    assert len(schedules) == len(library_origins())


@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "form"])
def test_a_tampered_schedule_is_caught_by_its_family(
    family: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One decision of a real file, and everything that follows from it, seal included."""
    answer = stored(EVERY_FAMILY)
    broken = breaking(answer, family)
    assert broken is not None
    if family in ALONE:
        assert {s.split()[0] for s in violations(answer.problem, broken)} == {family}
    file = tmp_path / "schedules" / EVERY_FAMILY
    file.parent.mkdir()
    shutil.copy(LIBRARY / "retention.yaml", tmp_path)
    shutil.copy(library_folder() / EVERY_FAMILY, file)
    assert run(["check", str(file), "--json", "-q"]) == 0
    file.write_text(schedule_text(told_alike(answer, broken)))
    capsys.readouterr()
    assert run(["check", str(file), "--json", "-q"]) == 1
    (schedule,) = json.loads(capsys.readouterr().out)["schedules"]
    assert schedule["state"] == "invalid"
    said = {check["name"]: check["sentence"] for check in schedule["failed"]}
    assert "constraints" in said
    assert family in {sentence.split()[0] for sentence in said["constraints"].split("; ")}


def test_an_operation_that_is_not_placed_is_caught(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fields = json.loads((library_folder() / EVERY_FAMILY).read_text())
    fields["schedule"]["placements"].pop()
    file = tmp_path / EVERY_FAMILY
    file.write_text(json.dumps(fields))
    assert run(["verify", str(file), "--json"]) == 1
    checks = json.loads(capsys.readouterr().out)["checks"]
    said = {check["name"]: check["sentence"] for check in checks if not check["passed"]}
    assert said["schedule"] == "it does not place the operations of the problem"


@pytest.mark.parametrize(("kernel", "gpu", "below"), CONFIRMED)
def test_cvc5_confirms_the_exclusion(kernel: str, gpu: str, below: int) -> None:
    cvc5 = pytest.importorskip("cvc5", reason="the extra 'bench' is not installed")
    answer = stored(f"{kernel}@{gpu}.json")
    script = smtlib_script(answer)
    assert f"at initiation interval {below}, " in script.splitlines()[0]
    solver = cvc5.Solver()
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "exclusion")
    said = ""
    while not (command := parser.nextCommand()).isNull():
        said += command.invoke(solver, parser.getSymbolManager())
    assert said.strip() == "unsat"
