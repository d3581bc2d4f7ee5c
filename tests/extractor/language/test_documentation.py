"""The language's page names every function and element type that there is."""

import re
from pathlib import Path

from twill.extractor.language.expressions import DTYPES
from twill.extractor.language.functions import FUNCTIONS
from twill.kernels.library import kernel_names

PAGE = Path(__file__).parents[3] / "docs" / "kernel-language.md"


def test_every_word_is_documented() -> None:
    words = set(re.findall(r"\w+", PAGE.read_text()))
    assert set(FUNCTIONS) | set(DTYPES) <= words


def test_number_of_examples() -> None:
    assert len(kernel_names()) == 15
    assert "holds fifteen examples" in PAGE.read_text()
