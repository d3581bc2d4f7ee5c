"""Every problem names its line and column; several are reported at once."""

from collections.abc import Mapping

import pytest

from twill.models.document import Document
from twill.models.errors import InvalidInput, InvalidProfile
from twill.reader.documents import read_document


class Part(Document):
    name: str
    cycles: int | None = None


class Whole(Document):
    parts: tuple[Part, ...] = ()
    table: Mapping[str, int | Part] = {}
    program: str = ""


def problems(text: str) -> list[tuple[int | None, int | None, str]]:
    with pytest.raises(InvalidInput) as caught:
        read_document(text, "a.yaml", Whole)
    return [(p.line, p.column, p.message) for p in caught.value.problems]


def test_paths_and_places() -> None:
    text = "parts:\n  - {name: a, cycles: x}\n  - cycles: 3\ntable:\n  k: {name: 4}\nprogam: x\n"
    assert problems(text) == [
        (2, 23, "parts[0].cycles: must be an integer, not the text 'x'"),
        (3, 5, "parts[1].name: is missing"),
        (5, 13, "table.k.name: must be text, not 4"),
        (6, 1, "progam: unknown field"),
    ]


def test_cure_names_the_nearest_field() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_document("progam: x", "a.yaml", Whole)
    assert caught.value.problems[0].cure == "did you mean program?"
    with pytest.raises(InvalidInput) as caught:
        read_document("parts: [{name: a, cycle: 1}]", "a.yaml", Whole)
    assert caught.value.problems[0].cure == "did you mean cycles?"


def test_error_class_and_text() -> None:
    with pytest.raises(InvalidProfile) as caught:
        read_document("parts: 3", "b.yaml", Whole, InvalidProfile)
    assert str(caught.value).startswith("b.yaml:1:8: parts: must be a list, not 3")


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: 1\nb: 2\na: 3", (3, 1), "the key 'a' a second time"),
        ("parts:\n\t- a", (2, 1), "cannot start any token"),
        ("parts: [a", (1, 8), "not YAML"),
        ("parts: !!set {a}", (1, 8), "the tag"),
        ("parts: !x a", (1, 8), "the tag !x"),
        ("? [a]\n: b", (1, 3), "a key that is a mapping or a list"),
        ("a: b: c", (1, 5), "not YAML"),
        ("a: 'x", (1, 4), "not YAML"),
        ("program: |\n  a\n b", (3, 2), "not YAML"),
    ],
)
def test_syntax(text: str, place: tuple[int, int], message: str) -> None:
    ((line, column, said),) = problems(text)
    assert message in said
    assert (line, column) == place


def test_tabs_have_their_own_cure() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_document("parts:\n\t- a", "a.yaml", Whole)
    assert caught.value.problems[0].cure == "indent with spaces, not tabs"


def test_twenty_problems_at_most() -> None:
    assert len(problems("".join(f"x{i}: 1\n" for i in range(100)))) == 20


def test_positions_of_keys_and_values() -> None:
    located = read_document("table:\n  first:  1\n  second: {name: n}\n", "a.yaml", Whole)
    assert located.key_position("table", "first") == (2, 3)
    assert located.position("table", "first") == (2, 11)
    assert located.position("table", "second", "name") == (3, 18)
    assert located.position("table", "absent") == (2, 3)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("program: |\n  one\n  two\n", (3, 5)),
        ("program: |-  # comment\n      one\n      two\n", (3, 9)),
        ("program: |2\n    one\n  two\n", (3, 5)),
        ("program: |\r\n  one\r\n  two\r\n", (3, 5)),
        ("program: 'one\n\n  two'\n", (1, 10)),
    ],
)
def test_positions_inside_text(text: str, place: tuple[int, int]) -> None:
    located = read_document(text, "a.yaml", Whole)
    assert located.position_inside(("program",), 2, 3) == place


def test_positions_inside_one_line() -> None:
    located = read_document("program: one two", "a.yaml", Whole)
    assert located.position_inside(("program",), 1, 5) == (1, 14)


def test_leading_empty_lines_of_a_block() -> None:
    located = read_document("program: |\n\n\n    x\n", "a.yaml", Whole)
    assert located.value.program == "\n\nx\n"
    assert located.position_inside(("program",), 3, 1) == (4, 5)
