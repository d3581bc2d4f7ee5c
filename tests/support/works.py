"""Works for executors, and a recorder of what comes of one."""

import json
import threading

from twill.models.answer import Answer
from twill.models.progress import Progress
from twill.models.work import Ending, Work
from twill.tests.support.hard_graph import hard_graph

RECURRENCE = """\
graph: recurrence
machine: {units: {U: 1}}
operations: {v: {latency: 3, uses: {U: 2}}}
dependences: [{from: v, to: v, distance: 1}]
"""
"""Its least initiation interval is 3, at once."""


def easy_work(place: str = "easy.yaml") -> Work:
    return Work(document=RECURRENCE, place=place)


def hard_work(**chosen: object) -> Work:
    """The first schedule in two seconds, the proof in twenty, on an idle machine."""
    return Work.model_validate({"document": hard_graph(32, 3), "place": "hard.yaml", **chosen})


class Record:
    """What an executor told of a run, in order."""

    def __init__(self) -> None:
        self.events: list[Progress] = []
        self.endings: list[Ending] = []
        self.began = threading.Event()
        self.found = threading.Event()  # a schedule

    def observe(self, progress: Progress) -> None:
        assert not self.endings
        self.events.append(progress)
        self.began.set()
        if progress.kind == "incumbent":
            self.found.set()

    def ended(self, ending: Ending) -> None:
        self.endings.append(ending)

    @property
    def attempts(self) -> int:
        """How often the solve began."""
        return sum(event.kind == "bounds" for event in self.events)

    @property
    def best(self) -> int:
        """The least initiation interval that was told."""
        return min(e.initiation_interval or 0 for e in self.events if e.kind == "incumbent")


def answer_in(ending: Ending | None) -> Answer:
    assert ending is not None
    assert ending.answer is not None, ending.problem
    return Answer.from_json(ending.answer)


def problem_in(ending: Ending | None) -> dict[str, object]:
    assert ending is not None
    assert ending.problem is not None
    described: dict[str, object] = json.loads(ending.problem)
    return described
