"""What no file of the repository may hold, and what its documents must."""

import os
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LONGEST_MODULE_LINES = 300
FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w.])/(?:home|root|Users|work|workspace)/\w"),
    "a package index": re.compile(
        r"https?://\S*/simple\b|https?://\S*/packages/[0-9a-f]{2}/|\bpypi[.]org|python[h]osted[.]"
        r"|\bregistry[.][a-z]+[.](?:org|com)|(?<!\S)--(?:extra-)?index-url|(?<!\S)--find-links"
    ),
    "a word that the glossary replaces": re.compile(
        r"\b(?:prolog|epilog|num_stages|min_ii_res|min_ii_rec|trip_?counts?_?stages)\b",
        re.IGNORECASE,
    ),
}
OF_OTHERS = ("triton_peers.py",)  # calls a library in its own words
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)\s]*)?\)")


@cache
def files() -> tuple[Path, ...]:
    """Every file that is or would be in the repository."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file() and not path.is_symlink()))


def lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    found = [
        f"{shown(path)}:{number}: {line.strip()[:120]}"
        for path in files()
        if path != Path(__file__) and path.name not in {"glossary.md", "LICENSE", *OF_OTHERS}
        for number, line in enumerate(lines(path), start=1)
        if FORBIDDEN[what].search(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a path of one machine", "see /" + "home/somebody/checkout"),
        ("a package index", "https://example.com/" + "simple/numpy"),
        ("a package index", "pip install --" + "index-url https://example.com numpy"),
        ("a word that the glossary replaces", "emit the prolog"),
    ],
)
def test_forbidden_patterns_find_what_they_should(what: str, line: str) -> None:
    assert FORBIDDEN[what].search(line)


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    lengths = {shown(path): len(lines(path)) for path in files() if path.suffix == ".py"}
    assert {name: n for name, n in lengths.items() if n > LONGEST_MODULE_LINES} == {}


def test_no_drawer_for_leftovers() -> None:
    drawers = {"utils", "util", "helpers", "misc", "common"}
    assert [
        shown(path) for path in files() if path.stem in drawers or path.parent.name in drawers
    ] == []


def test_links_in_documents_lead_somewhere() -> None:
    broken = [
        f"{shown(page)}: {target}"
        for page in files()
        if page.suffix == ".md"
        for target in LINK.findall("\n".join(lines(page)))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert not broken, "\n".join(broken)


def test_scripts_can_be_run() -> None:
    scripts = [*(ROOT / "scripts").iterdir(), ROOT / ".ci" / "run"]
    for script in scripts:
        assert os.access(script, os.X_OK), shown(script)
        shell = "bash" if "bash" in lines(script)[0] else "sh"
        subprocess.run([shell, "-n", str(script)], check=True)


def test_decisions_are_numbered_and_short() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [page.name[:4] for page in pages] == [f"{n:04d}" for n in range(1, len(pages) + 1)]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 40, page.name
        for heading in ("## Context", "## Decision", "## Consequence"):
            assert heading in text, f"{page.name} lacks {heading}"


def test_every_folder_of_the_package_has_its_line_in_the_architecture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    folders = {path.parent for path in files() if path.name == "__init__.py"}
    names = {folder.name for folder in folders if folder.parent == ROOT}
    assert names
    assert [name for name in sorted(names) if f"`{name}/`" not in text] == []


def test_glossary_names_are_used_in_the_code() -> None:
    names = re.findall(
        r"`([a-z]+(?:_[a-z]+)+)(?:\(\))?`",
        (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"),
    )
    code = "\n".join(path.read_text(encoding="utf-8") for path in files() if path.suffix == ".py")
    assert [name for name in names if not re.search(rf"\b{name}\b", code)] == []
