"""Writing bundles, and running them where Twill is not installed."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from twill.models.errors import InvalidInput
from twill.runtime.bundle import Bundle
from twill.runtime.pack import run_file, write_bundle
from twill.tests.runtime import scaling

FILES = {"kernel.cu": b"// scale\n", "kernel.cubin": b"\x7fELF"}

# Only these may be imported from what is installed; the stub of CuPy has no GPU.
RUN = """
import importlib.abc, runpy, sys
class Wall(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in {banned!r}:
            raise ModuleNotFoundError(f"{{name}} is behind the wall", name=name)
        return None
sys.meta_path.insert(0, Wall())
sys.path.append({packages!r})
sys.argv = {argv!r}
runpy.run_path(sys.argv[0], run_name="__main__")
"""
BANNED = ("cupy", "pydantic", "ortools", "z3", "yaml", "rich", "typer", "ml_dtypes", "cuda")


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    first = scaling.write(tmp_path / "first", [scaling.case()])
    second = scaling.write(tmp_path / "second", [scaling.case()])
    names = {path.name for path in first.iterdir()}
    assert names == {
        "kernel.cu", "kernel.cubin", "report.json", "reference.npz", "launch.json", "run.py",
    }  # fmt: skip
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    assert (first / "launch.json").read_text().startswith('{\n  "format"')


def test_a_bundle_replaces_an_older_one_without_leaving_parts(tmp_path: Path) -> None:
    folder = scaling.write(tmp_path / "bundle", [scaling.case()])
    write_bundle(folder, FILES, scaling.LAUNCH)
    assert {path.name for path in folder.iterdir()} == {
        "kernel.cu", "kernel.cubin", "launch.json", "run.py",
    }  # fmt: skip
    assert Bundle.load(folder).cubin == b"\x7fELF"


def test_a_launcher_is_written_and_digested(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    write_bundle(folder, {**FILES, "launcher.c": b"/* scale */\n"}, scaling.LAUNCH)
    assert (folder / "launcher.c").read_bytes() == b"/* scale */\n"
    assert "launcher.c" in Bundle.load(folder).manifest.digests
    write_bundle(folder, FILES, scaling.LAUNCH)
    assert not (folder / "launcher.c").exists()


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InvalidInput, match=r"no bundle: thesis\.txt"):
        write_bundle(tmp_path, FILES, scaling.LAUNCH)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_source_file_is_no_bundle(tmp_path: Path) -> None:
    (tmp_path / "kernel.cu").write_text("// mine")
    with pytest.raises(InvalidInput, match=r"files without launch\.json"):
        write_bundle(tmp_path, FILES, scaling.LAUNCH)
    assert (tmp_path / "kernel.cu").read_text() == "// mine"
    with pytest.raises(InvalidInput, match="is a file"):
        write_bundle(tmp_path / "kernel.cu", FILES, scaling.LAUNCH)


def test_a_wrong_description_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="threads: 0 is not"):
        write_bundle(tmp_path / "bundle", FILES, scaling.launch(threads=0))
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"kernel.cu": b""}, r"a bundle needs kernel\.cubin"),
        ({**FILES, "notes.txt": b""}, r"no file notes\.txt"),
        ({**FILES, "launch.json": b""}, r"no file launch\.json"),
        ({**FILES, "report.json": b" " * ((1 << 20) + 1)}, r"report\.json is longer than"),
    ],
)
def test_files_that_do_not_belong(files: dict[str, bytes], message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=message):
        write_bundle(tmp_path / "bundle", files, scaling.LAUNCH)


def test_run_py_holds_the_runtime_and_the_errors_only() -> None:
    with zipfile.ZipFile(io.BytesIO(run_file())) as archive:
        names = set(archive.namelist())
        assert archive.testzip() is None
    assert {n for n in names if not n.startswith("twill/runtime/")} == {
        "__main__.py", "twill/__init__.py", "twill/models/__init__.py", "twill/models/errors.py",
    }  # fmt: skip
    assert "twill/runtime/__main__.py" in names


def run_elsewhere(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the bundle in a Python that has NumPy and none of Twill or its dependencies."""
    packages = sysconfig.get_paths()["purelib"]
    argv = [str(folder / "run.py"), *arguments]
    script = RUN.format(banned=BANNED, packages=packages, argv=argv)
    environment = {**os.environ, "TWILL_CACHE": str(folder.parent / "cache")}
    # -S: no .pth file is read, so that the editable install of Twill is out of reach.
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        capture_output=True, text=True, check=False, env=environment, cwd=folder.parent,
    )  # fmt: skip


def test_run_py_needs_neither_twill_nor_its_dependencies(tmp_path: Path) -> None:
    folder = scaling.write(tmp_path / "bundle", [scaling.case()])
    finished = run_elsewhere(folder)
    assert finished.returncode == 4, finished.stderr
    assert finished.stderr.startswith("device fault: no CuPy, which launching needs\n")
    assert "Traceback" not in finished.stderr
    assert run_elsewhere(folder, "--help").stdout.startswith("usage: run.py")


def test_run_py_checks_the_bundle_that_it_lies_in(tmp_path: Path) -> None:
    folder = scaling.write(tmp_path / "bundle")
    (folder / "kernel.cubin").write_bytes(b"changed")
    finished = run_elsewhere(folder, "--json")
    assert finished.returncode == 2
    assert json.loads(finished.stdout)["problems"][0]["file"] == str(folder / "kernel.cubin")
