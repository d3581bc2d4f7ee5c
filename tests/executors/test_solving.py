"""Work solved in this process, as a child does it, with its failures made up."""

import pytest

from twill import pipeline
from twill.executors.solving import Best, kept, solved
from twill.models.answer import Effort
from twill.models.errors import UsageError
from twill.models.progress import Progress, ignore
from twill.models.solve_options import SolveOptions
from twill.models.work import Work
from twill.solver.question import Stop
from twill.solver.solution import Solution
from twill.tests.support.works import RECURRENCE, answer_in, easy_work, problem_in


def test_work_becomes_an_answer() -> None:
    told: list[Progress] = []
    ending = solved(easy_work(), told.append, Stop())
    assert answer_in(ending).initiation_interval == 3
    assert told[-1].kind == "done"


def test_the_limit_of_the_work_counts_where_the_options_have_more() -> None:
    asked: list[float | None] = []

    def solve(_task: object, options: SolveOptions, *_: object) -> None:
        asked.append(options.seconds)
        raise MemoryError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "solve_task", solve)
        for own, of_work in ((None, 5.0), (9.0, 5.0), (2.0, 5.0)):
            options = SolveOptions(seconds=own)
            work = Work(document=RECURRENCE, options=options, seconds=of_work)
            assert solved(work, ignore, Stop()).kind == "crashed"
    assert asked == [5.0, 5.0, 2.0]


def test_an_unknown_for_want_of_memory_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(_problem: object, _options: object, observe: object, _stop: object) -> Solution:
        assert callable(observe)
        observe(Progress(kind="verdict", verdict="unknown", detail="cp-sat failed: MemoryError: "))
        return Solution(status="unknown", reason="every backend gave up", effort=Effort(seconds=1))

    monkeypatch.setattr(pipeline, "find_schedule", give_up)
    ending = solved(easy_work(), ignore, Stop())
    assert ending.kind == "crashed"
    assert answer_in(ending).status == "unknown"
    assert "out of memory" in str(problem_in(ending)["detail"])


def test_what_is_kept_of_nothing_is_unknown_and_never_infeasible() -> None:
    ending = kept(easy_work(), Best(), stopped=True)
    assert (answer_in(ending).status, ending.stopped) == ("unknown", True)
    assert kept(Work(document="graph: 7"), Best(), stopped=True).kind == "refused"


def test_the_best_of_two_attempts_is_remembered() -> None:
    told: list[Progress] = []
    solved(easy_work(), told.append, Stop())
    best = Best()
    for event in (*told, *told[:2]):
        best.take(event)
    assert best.schedule is not None
    assert (best.schedule.initiation_interval, best.lower_bound) == (3, 3)


PROFILED = "graph: g\nprofile: b200\noperations: {v: {latency: 3, uses: {tensor_core: 2}}}\n"


def test_texts_are_read_as_files_are() -> None:
    from twill.gpu_profiles.library import load_profile

    profile = load_profile("b200").text
    gemm = pipeline.read_task("gemm", "b200")
    assert gemm.sources.kernel is not None
    assert pipeline.read_texts(gemm.sources.kernel, "gemm.yaml", profile) == gemm
    assert pipeline.read_texts(gemm.sources.kernel, "gemm.yaml").gpu == "h100-sxm"
    assert pipeline.read_texts(PROFILED, "g.yaml", profile).gpu == "b200"
    assert pipeline.read_texts(PROFILED, "g.yaml").gpu == "b200"
    with pytest.raises(UsageError, match="its own machine; the profile would be ignored"):
        pipeline.read_texts(RECURRENCE, "g.yaml", profile)
