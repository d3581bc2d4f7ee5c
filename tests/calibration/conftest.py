"""What is compiled here is compiled once, and into no cache of the person who runs it."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TWILL_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
