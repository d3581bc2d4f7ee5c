"""Settings and fixtures that all tests share."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples on every run, and no deadline: a shared machine is slow now and then.
settings.register_profile("twill", derandomize=True, deadline=None)
settings.load_profile("twill")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files instead of comparing"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, Path], None]:
    """Compare a text with a file of the repository; `--update-golden` writes the file."""

    def check(text: str, path: Path) -> None:
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path.name} is missing; run with --update-golden\n{text}"
        assert text == path.read_text(encoding="utf-8")

    return check
