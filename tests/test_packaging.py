"""What is installed is what lies in the tree, at the versions that are pinned."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
ROOT_MODULES = {
    "__init__.py", "__main__.py", "emitting.py", "event_order.py", "explaining.py", "fitting.py",
    "ordering.py", "pipeline.py",
}  # fmt: skip
NOT_SOURCES = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__")
TO_BE_THERE = {"torch", "triton", "cupy", "cupy_backends"}
"""What is used only where it is installed."""

PARTS = {"pydantic_core": "pydantic", "starlette": "fastapi"}
"""What belongs to a package that is required, which pins it."""

PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)(?:\[[a-z]+\])?==(\S+)(?: ; [^\\]+)? \\$")


def settings() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def package_folders() -> set[Path]:
    """Every folder below the root that is a package, the root itself left out."""
    found: set[Path] = set()
    waiting = [ROOT]
    while waiting:
        below = [f.parent for f in waiting.pop().glob("*/__init__.py") if f.parent.name[0] != "."]
        found.update(below)
        waiting.extend(below)
    return found


def shipped_files() -> set[str]:
    """Every file of the tree that an installed twill must hold, by its name in the wheel."""
    top_folders = {folder for folder in package_folders() if folder.parent == ROOT}
    files = {ROOT / name for name in ROOT_MODULES} | {ROOT / "py.typed"}
    for folder in top_folders:
        files.update(f for f in folder.rglob("*") if "__pycache__" not in f.parts)
    return {f"twill/{f.relative_to(ROOT).as_posix()}" for f in files if f.is_file()}


def pins(name: str) -> dict[str, str]:
    """The version of each package that a constraints file pins."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return {match[1]: match[2] for line in lines if (match := PIN.match(line))}


def canonical(requirement: str) -> str:
    """The package that a requirement names, spelled as pins spell it."""
    name = re.split(r"[\s<>=!~;\[]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_package_folder_is_listed() -> None:
    names = {".".join(("twill", *f.relative_to(ROOT).parts)) for f in package_folders()}
    listed = settings()["tool"]["setuptools"]["packages"]
    assert listed == sorted(listed)
    assert set(listed) == {"twill"} | names


def test_every_folder_of_modules_is_a_package() -> None:
    modules = {ROOT / name.removeprefix("twill/") for name in shipped_files() if name[-3:] == ".py"}
    assert {module.parent for module in modules} - {ROOT} == package_folders()


def test_no_stray_module_at_the_root() -> None:
    assert {f.name for f in ROOT.glob("*.py")} <= ROOT_MODULES


def test_every_package_folder_is_banned_as_a_top_level_import() -> None:
    banned = settings()["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]
    top_folders = {folder.name for folder in package_folders() if folder.parent == ROOT}
    modules = {f.stem for f in ROOT.glob("*.py") if not f.name.startswith("__")}
    assert top_folders | modules <= set(banned)


@pytest.mark.parametrize("name", [f.name for f in ROOT.glob("constraints*.txt")])
def test_every_pin_has_a_hash_and_nothing_else(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pinned = None
    hashed = set()
    for line in lines:
        if match := PIN.match(line):
            pinned = match[1]
        else:
            assert re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?", line), line
            hashed.add(pinned)
    assert hashed == set(pins(name))


def test_pins_of_what_is_deployed_are_a_selection_of_all_pins() -> None:
    everything = pins("constraints.txt")
    only_with_a_gpu = {"cupy-cuda12x"}
    for name in ("runtime", "service", "ray", "gpu"):
        chosen = pins(f"constraints-{name}.txt")
        assert chosen
        common = {package: chosen[package] for package in set(chosen) - only_with_a_gpu}
        assert common.items() <= everything.items(), name


def test_every_requirement_is_pinned() -> None:
    project = settings()["project"]
    extras = project["optional-dependencies"]
    run_time = {canonical(r) for r in project["dependencies"]}
    tools = {canonical(r) for r in [*extras["dev"], *extras["bench"]]}
    assert run_time <= set(pins("constraints-runtime.txt"))
    assert run_time | tools <= set(pins("constraints.txt"))


def test_what_is_imported_is_required() -> None:
    """A package that another one happens to bring may go with the next version of that one."""
    owners = packages_distributions()
    project = settings()["project"]
    extras = project["optional-dependencies"]
    required = [
        *project["dependencies"],
        *(r for e in extras if e not in ("dev", "bench") for r in extras[e]),
    ]
    declared = {canonical(requirement) for requirement in required}
    for name in sorted(shipped_files()):
        if not name.endswith(".py"):
            continue
        path = ROOT / name.removeprefix("twill/")
        for module in imported(path) - sys.stdlib_module_names - {"twill", *TO_BE_THERE}:
            owner = owners.get(PARTS.get(module, module), [module])
            known = {canonical(one) for one in owner}
            assert known & declared, f"{name} imports {module}, which nothing requires"


def imported(path: Path) -> set[str]:
    """The top-level names of the absolute imports of a module."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.slow
def test_wheel_holds_the_tree_and_nothing_else(tmp_path: Path) -> None:
    tree = tmp_path / "tree"  # a copy: a build puts folders beside the sources for a while
    shutil.copytree(ROOT, tree, ignore=NOT_SOURCES)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path), "."]
    built = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-2000:]
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {n for n in archive.namelist() if ".dist-info/" not in n}
    assert names == shipped_files()
