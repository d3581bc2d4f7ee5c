"""An executor without processes: solves end at once, or when a test says so."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import cache

from twill.models.answer import Answer
from twill.models.progress import Progress
from twill.models.schedule_text import schedule_text
from twill.models.solve_options import SolveOptions
from twill.models.work import Ending, Work
from twill.pipeline import interrupted_answer, read_texts, solve_task
from twill.tests.support.works import RECURRENCE

DEATH = json.dumps({"title": "process died", "detail": "the process died of SIGKILL"})
FAULT = json.dumps({"title": "fault of Twill", "detail": "a fault of Twill"})
BOUND = Progress(kind="bounds", lower_bound=3)


@cache
def solved(document: str, profile: str | None, options: SolveOptions) -> Answer:
    """The real answer, for documents that are solved at once."""
    return solve_task(read_texts(document, "document", profile), options)


def answer_ending(work: Work) -> Ending:
    answer = solved(work.document, work.profile, work.options)
    return Ending(kind="answer", answer=schedule_text(answer))


def stopped_ending(work: Work) -> Ending:
    """Stopped before anything was found, but for RECURRENCE."""
    task = read_texts(work.document, "document", work.profile)
    known = solved(RECURRENCE, None, SolveOptions()) if work.document == RECURRENCE else None
    schedule = known.schedule if known is not None else None
    answer = interrupted_answer(task, schedule, 2)
    return Ending(kind="answer", answer=schedule_text(answer), stopped=True)


class FakeRun:
    """A run that a test ends, unless its executor ends all at once."""

    def __init__(
        self, work: Work, observe: Callable[[Progress], None], ended: Callable[[Ending], None]
    ) -> None:
        self.work = work
        self.observe = observe
        self._ended = ended
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.ending: Ending | None = None

    def end(self, ending: Ending | None = None) -> None:
        with self._lock:
            if self._over.is_set():
                return
            self.ending = ending or answer_ending(self.work)
            self._over.set()
        self._ended(self.ending)

    def stop(self) -> None:
        self.end(stopped_ending(self.work))

    def wait(self, seconds: float | None = None) -> Ending | None:
        self._over.wait(seconds)
        return self.ending


class FakeExecutor:
    """Implements `Executor`. `holds`: runs go on until a test ends them."""

    def __init__(self, *, slots: int = 2, holds: bool = False) -> None:
        self.slots = slots
        self.holds = holds
        self.runs: list[FakeRun] = []
        self.started = threading.Condition()
        self._closed = False

    def start(
        self, work: Work, observe: Callable[[Progress], None], ended: Callable[[Ending], None]
    ) -> FakeRun:
        if self._closed:
            raise RuntimeError("closed")
        run = FakeRun(work, observe, ended)
        with self.started:
            self.runs.append(run)
            self.started.notify_all()
        if not self.holds:
            observe(BOUND)
            run.end()
        return run

    def close(self, *, grace_seconds: float = 5.0) -> None:
        self._closed = True
        for run in self.runs:
            run.stop()

    def wait_for_runs(self, count: int, seconds: float = 20.0) -> list[FakeRun]:
        with self.started:
            came = self.started.wait_for(lambda: len(self.runs) >= count, seconds)
        assert came, f"{len(self.runs)} of {count} runs were started"
        return self.runs
