"""A piece of work solved in this process, to its ending; whatever happens, nothing is raised."""

from __future__ import annotations

from ..models.progress import Observer, Progress
from ..models.schedule import Schedule
from ..models.work import Ending, Work
from ..solver.question import Stop
from .crash import crashed, error_ending, is_out_of_memory, out_of_memory


class Best:
    """What a running solve has told: its best verified schedule and its lower bound."""

    def __init__(self) -> None:
        self.schedule: Schedule | None = None
        self.lower_bound: int | None = None
        self.wants_memory = False  # a backend gave up for want of it

    def take(self, progress: Progress) -> None:
        """Remember what is better than before; after a second attempt too."""
        found, known = progress.schedule, self.schedule
        if found and (known is None or found.initiation_interval < known.initiation_interval):
            self.schedule = found
        if progress.lower_bound is not None:
            self.lower_bound = max(self.lower_bound or 1, progress.lower_bound)
        self.wants_memory = self.wants_memory or is_out_of_memory(progress.detail)


def solved(work: Work, observe: Observer, stop: Stop) -> Ending:
    """Read, solve and write down; `observe` is called from the thread that solves."""
    from .. import pipeline  # the parent of children need not pay for it
    from ..models.schedule_text import schedule_text

    best = Best()

    def watch(progress: Progress) -> None:
        best.take(progress)
        observe(progress)

    seconds = min(work.seconds, work.options.seconds or work.seconds)
    options = work.options.model_copy(update={"seconds": seconds})
    try:
        task = pipeline.read_texts(work.document, work.place, work.profile)
        answer = pipeline.solve_task(task, options, watch, stop)
        text = schedule_text(answer)
    except Exception as error:  # whatever it is, it crosses to the parent as an ending
        return error_ending(error, work.memory_megabytes).model_copy(
            update={"stopped": stop.requested}
        )
    ending = Ending(kind="answer", answer=text, stopped=stop.requested)
    if answer.status in ("feasible", "unknown") and best.wants_memory and not stop.requested:
        problem = crashed(out_of_memory(work.memory_megabytes)).problem
        return ending.model_copy(update={"kind": "crashed", "problem": problem})
    return ending


def kept(work: Work, best: Best, *, stopped: bool, seconds: float = 0.0) -> Ending:
    """The ending of a solve cut off after so long: what it had told by then, without a proof."""
    from .. import pipeline
    from ..models.schedule_text import schedule_text

    try:
        task = pipeline.read_texts(work.document, work.place, work.profile)
        answer = pipeline.interrupted_answer(task, best.schedule, best.lower_bound)
    except Exception as error:  # whatever it is, it crosses to the parent as an ending
        return error_ending(error, work.memory_megabytes).model_copy(update={"stopped": stopped})
    text = schedule_text(answer.model_copy(update={"seconds": seconds}))
    return Ending(kind="answer", answer=text, stopped=stopped)
