"""YAML 1.1's traps: refused, or read as the text they look like."""

import pytest

from twill.models.document import Document
from twill.models.errors import InvalidInput
from twill.reader.documents import read_document
from twill.reader.scalars import Scalar, ScalarRefused, plain_scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("false", False), ("null", None), ("~", None), ("", None),
        ("no", "no"), ("Yes", "Yes"), ("on", "on"), ("True", "True"), ("y", "y"),
        ("0", 0), ("-12", -12), ("+7", 7), ("9223372036854775807", 2**63 - 1),
        ("1e3", 1000.0), ("1.5", 1.5), (".5", 0.5), ("1.", 1.0), ("-2.0E-3", -0.002),
        ("1_000", "1_000"), ("12:30:00", "12:30:00"), ("2026-01-01", "2026-01-01"),
        ("inf", "inf"), ("-inf", "-inf"), ("nan", "nan"), ("<<", "<<"), ("=", "="),
    ],
)  # fmt: skip
def test_plain_scalar(text: str, value: Scalar) -> None:
    read = plain_scalar(text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    "text",
    ["012", "-07", "0o17", "0x1F", "0b11", ".inf", "-.inf", ".nan", "1e999", "9223372036854775808",
     "1" * 5000],
)  # fmt: skip
def test_refused_scalar(text: str) -> None:
    with pytest.raises(ScalarRefused):
        plain_scalar(text)


class Typed(Document):
    flag: bool = False
    count: int = 0
    rate: float = 0.0
    text: str = ""


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("flag: yes", "flag: must be true or false, not the text 'yes'"),
        ("flag: 1", "flag: must be true or false, not 1"),
        ("count: 1_000", "count: must be an integer, not the text '1_000'"),
        ("count: 1e3", "count: must be an integer, not 1000.0"),
        ("count: 12:30:00", "count: must be an integer, not the text '12:30:00'"),
        ("count: true", "count: must be an integer, not true"),
        ("count:", "count: must be an integer, not nothing"),
        ("rate: nan", "rate: must be a number, not the text 'nan'"),
        ("rate: .nan", ".nan is not a finite number"),
        ("rate: [1]", "rate: must be a number, not a list"),
        ("text: 12", "text: must be text, not 12"),
        ("text: {a: 1}", "text: must be text, not a mapping"),
        ("count: 010", "010 is not a decimal number"),
    ],
)
def test_typed_field(line: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_document(line, "a.yaml", Typed)
    assert caught.value.problems[0].message == message


def test_quotes_make_text() -> None:
    assert read_document("text: '012'", "a.yaml", Typed).value.text == "012"


def test_integers_serve_as_numbers() -> None:
    assert read_document("rate: 3", "a.yaml", Typed).value.rate == 3.0
