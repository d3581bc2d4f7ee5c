"""What a service gives to browsers, and how its scripts may treat what they are given."""

import re
from pathlib import Path

import pytest

from twill.drawing.page import files
from twill.drawing.page.files import FILE_SCRIPTS, POLICY, SERVED_SCRIPTS, index_html, static_files

STATIC = Path(files.__file__).parent / "static"
SCRIPTS = sorted(STATIC.glob("*.js"))


def test_the_document_asks_for_files_that_exist() -> None:
    wanted = set(re.findall(r'(?:src|href)="([^"]+)"', index_html()))
    assert wanted == set(static_files()) - {""}


def test_the_document_keeps_its_policy() -> None:
    assert "'unsafe-inline'" not in POLICY
    assert "style=" not in index_html()
    assert re.findall(r"<script(?![^>]* src=)", index_html()) == []


def test_every_script_is_used() -> None:
    assert {path.name for path in SCRIPTS} == {*FILE_SCRIPTS, *SERVED_SCRIPTS}


def test_content_types_are_told() -> None:
    types = {name: file.content_type for name, file in static_files().items()}
    assert types[""] == "text/html; charset=utf-8"
    assert types["page/dom.js"] == "text/javascript; charset=utf-8"
    assert types["page/icon.svg"] == "image/svg+xml"
    assert all(file.content for file in static_files().values())


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_make_elements_from_text_only(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith('"use strict";\n// ')
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
                 "new Function", "DOMParser", "srcdoc", "https://"):  # fmt: skip
        assert word not in text
    assert not re.search(r"\bstyle:", text)  # a style attribute, which the policy forbids


@pytest.mark.parametrize("path", sorted(STATIC.iterdir()), ids=lambda path: path.name)
def test_files_are_of_a_size_that_can_be_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300
