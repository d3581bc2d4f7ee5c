"""Documents that are too large, too deep or not text: one clear error each, quickly."""

from pathlib import Path

import pytest

from twill.models.document import Document
from twill.models.errors import InvalidInput, InvalidKernel, Problem
from twill.reader.documents import read_document, read_file


class Anything(Document):
    text: str = ""


def refusal(text: str) -> Problem:
    with pytest.raises(InvalidInput) as caught:
        read_document(text, "a.yaml", Anything)
    (problem,) = caught.value.problems
    assert problem.file == "a.yaml"
    assert problem.cure
    return problem


def test_ten_megabytes() -> None:
    problem = refusal("text: |\n" + "  x\n" * 2_500_000)
    assert "larger than 1024 KiB" in problem.message


def test_ten_megabyte_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"#" * 10_000_000)
    with pytest.raises(InvalidKernel, match="larger than 1024 KiB"):
        read_file(path, Anything, InvalidKernel)


def test_bytes_are_counted_not_characters() -> None:
    assert "larger" in refusal("text: " + "\u20ac" * 400_000).message


def test_billion_laughs() -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 40)]
    problem = refusal("\n".join(lines))
    assert (problem.line, problem.column) == (1, 5)
    assert "the anchor &a0" in problem.message


def test_alias_alone() -> None:
    assert "the alias *a" in refusal("text: *a").message


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting(opening: str) -> None:
    assert "64 levels" in refusal(opening * 20_000).message


def test_many_values() -> None:
    problem = refusal("text: [" + "1," * 60_000 + "]")
    assert "more than 50000 values" in problem.message


def test_empty_documents() -> None:
    for text in ("", "\n\n", "# nothing\n", "---\n", "~"):
        assert "empty" in refusal(text).message


def test_second_document() -> None:
    problem = refusal("text: a\n---\ntext: b\n")
    assert (problem.line, "second document" in problem.message) == (2, True)


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        (b"\xff\xfet\x00", 1, 1),
        (b"text: a\nb: \xe9", 2, 4),
        ("text: \u20ac".encode() + b"\x80", 1, 8),
    ],
)
def test_bytes_that_are_not_utf8(tmp_path: Path, data: bytes, line: int, column: int) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(data)
    with pytest.raises(InvalidInput, match="is not UTF-8") as caught:
        read_file(path, Anything)
    assert (caught.value.problems[0].line, caught.value.problems[0].column) == (line, column)


def test_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbftext: a\n")
    assert read_file(path, Anything).value.text == "a"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.yaml", tmp_path / "nul\0"):
        with pytest.raises(InvalidInput, match="cannot be read"):
            read_file(path, Anything)


def test_characters_outside_yaml() -> None:
    problem = refusal("text: a\nb: \x07")
    assert "U+0007" in problem.message
    assert (problem.line, problem.column) == (2, 4)


def test_half_a_surrogate_pair() -> None:
    assert "surrogate" in refusal("text: a\ud800").message
