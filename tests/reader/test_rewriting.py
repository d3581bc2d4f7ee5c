"""One value in place of another, and everything else as it was written."""

import pytest

from twill.reader.located import Path
from twill.reader.rewriting import with_values
from twill.reader.yaml_text import load_yaml

PATH: Path = ("sizes", "N")


@pytest.mark.parametrize(
    ("written", "rewritten"),
    [
        ("sizes: {N: [1, 2], M: 3}", "sizes: {N: 7, M: 3}"),
        ("sizes:\n  N: [1, 2]  # of two\n  M: 3", "sizes:\n  N: 7  # of two\n  M: 3"),
        ("sizes:\n  N:\n  - 1\n  - 2\n  M: 3", "sizes:\n  N: 7\n  M: 3"),
        ("sizes:\n  N:\n    - 1 # one\n    - 2\n  M: 3", "sizes:\n  N: 7\n  M: 3"),
        ("sizes:\n  N: 12 # one\n", "sizes:\n  N: 7 # one\n"),
        ('sizes: {"N": [1,\n  2]}', 'sizes: {"N": 7}'),
        ("sizes:\r\n  N: [1, 2]\r\n  M: 3\r\n", "sizes:\r\n  N: 7\r\n  M: 3\r\n"),
        ("summary: α → 𝛽\nsizes: {N: [1, 2]}", "summary: α → 𝛽\nsizes: {N: 7}"),
        ("sizes:\n  ? N\n  : [1, 2]\n  M: 3", "sizes:\n  ? N\n  : 7\n  M: 3"),
    ],
)
def test_a_value_is_replaced_where_it_stands(written: str, rewritten: str) -> None:
    assert with_values(written, {PATH: 7}) == rewritten
    value, _ = load_yaml(rewritten, "k.yaml")
    assert isinstance(value, dict)
    assert isinstance(value["sizes"], dict)
    assert value["sizes"]["N"] == 7


def test_several_values_at_once() -> None:
    text = "sizes: {N: {a: [1, 2], b: [3]}, M: [4]}"
    values: dict[Path, int] = {("sizes", "N", "a"): 10, ("sizes", "M"): 20}
    assert with_values(text, values) == "sizes: {N: {a: 10, b: [3]}, M: 20}"
