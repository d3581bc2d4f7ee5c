"""What the tests of the search share."""

import pytest


@pytest.fixture
def _written_verdicts_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verdicts of fake backends need not be true; nothing shall find a schedule beside them."""
    monkeypatch.setattr("twill.solver.probing.draw_together", lambda *_: None)
    monkeypatch.setattr("twill.solver.interval_search.place_greedily", lambda *_: None)
    monkeypatch.setattr("twill.solver.strategies.place_greedily", lambda *_: None)
