"""The stage list from a document to an answer; the only module that knows every stage."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .extractor.build import build_problem
from .extractor.graph import build_graph_problem
from .extractor.machine import machine_of
from .extractor.shape_changes import Listed
from .extractor.shapes import first_shape, with_shape
from .gpu_profiles.library import load_profile, load_profile_text
from .kernels.documents import find_document, is_graph
from .models.answer import Alternative, Answer, Effort, Sources, Status
from .models.errors import (
    InvalidGraph,
    InvalidInput,
    InvalidKernel,
    InvalidSchedule,
    Problem,
    UsageError,
)
from .models.graph import GraphDocument
from .models.kernel import KernelDocument
from .models.problem import SchedulingProblem
from .models.profile import GpuProfile
from .models.progress import Observer, ignore
from .models.rows import schedule_rows, warp_group_rows
from .models.schedule import Schedule
from .models.shape import Shape
from .models.solve_options import SolveOptions
from .reader.documents import read_document, read_text
from .reader.located import Located
from .reader.schedules import read_schedule
from .solver.bounds import check_durations, compute_bounds
from .solver.question import Stop
from .solver.recheck import recheck
from .solver.search import find_schedule
from .solver.solution import Solution, Strategy

DEFAULT_GPU = "h100-sxm"
CURE = "solve again, or take the file as it was written"


@dataclass(frozen=True, slots=True)
class Priced:
    """A GPU profile and the text that it was read from."""

    value: GpuProfile
    text: str


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be solved: a problem, where it came from, and for which GPU."""

    kernel: str
    gpu: str
    problem: SchedulingProblem
    sources: Sources


def solve_file(
    path: str,
    gpu: str | None = None,
    options: SolveOptions | None = None,
    observe: Observer = ignore,
    stop: Stop | None = None,
) -> Answer:
    """The answer for a kernel or graph document, or for one of the library by name.

    `gpu` is the name or the path of a profile; None is h100-sxm for a kernel, and what the document
    says for a graph. Raises InvalidInput.
    """
    return solve_task(read_task(path, gpu), options, observe, stop)


def read_kernel(path: str) -> Located[KernelDocument]:
    """A kernel document, or one of the library by name; raises InvalidInput for all else."""
    file = find_document(path)
    text = read_text(file)
    if is_graph(text, file):
        raise _sizeless(file)
    return read_document(text, file, KernelDocument, InvalidKernel)


def read_listed(path: str, gpu: str | None = None, shape: Shape | None = None) -> Listed | None:
    """A kernel document in which something is listed for the GPU; None for any other document.

    Where `shape` says nothing of a list, the first value of it is taken.
    """
    file = find_document(path)
    text = read_text(file)
    if is_graph(text, file):
        return None
    document = read_document(text, file, KernelDocument, InvalidKernel)
    profile = load_profile(DEFAULT_GPU if gpu is None else gpu).value
    if not document.value.open_choices(profile.target):
        return None
    first = first_shape(document.value, profile.target, shape or Shape())
    return Listed(document, profile, first)


def read_task(path: str, gpu: str | None = None, shape: Shape | None = None) -> Task:
    """Read a document, build its graph and price it; raises InvalidInput with its place.

    `shape` replaces sizes and splits of a kernel document, as if it had been written so.
    """
    file = find_document(path)
    return _checked(_text_task(read_text(file), file, gpu, shape), file)


def read_texts(document: str, place: str, profile: str | None = None) -> Task:
    """The same from texts, for whoever has no files; `place` is what errors call the document.

    Without a profile it is chosen as by `read_task`. Raises InvalidInput.
    """
    if profile is None:
        return _checked(_text_task(document, place, None), place)
    priced = Priced(load_profile_text(profile), profile)
    if not is_graph(document, place):
        return _checked(_kernel_task(document, place, priced), place)
    graph = read_document(document, place, GraphDocument, InvalidGraph)
    if graph.value.machine is not None:
        raise _two_machines(graph, "the profile")
    return _checked(_profiled_graph(graph, priced), place)


def _text_task(text: str, file: str, gpu: str | None, shape: Shape | None = None) -> Task:
    if is_graph(text, file):
        if shape is not None:
            raise _sizeless(file)
        return _graph_task(text, file, gpu)
    profile = load_profile(DEFAULT_GPU if gpu is None else gpu)
    return _kernel_task(text, file, Priced(profile.value, profile.text), shape)


def _checked(task: Task, file: str) -> Task:
    try:
        check_durations(task.problem)
    except InvalidInput as fault:
        problems = tuple(replace(p, file=file, line=1, column=1) for p in fault.problems)
        raise InvalidInput(fault.problems[0].message, problems=problems) from None
    return task


def solve_task(
    task: Task,
    options: SolveOptions | None = None,
    observe: Observer = ignore,
    stop: Stop | None = None,
) -> Answer:
    """Search, and put together what was found with what it was found for."""
    solution = find_schedule(task.problem, options or SolveOptions(), observe, stop or Stop())
    return answer_of(task, solution)


def read_answer(path: str) -> Answer:
    """A stored schedule, verified again; raises InvalidSchedule if it is not what it says it is."""
    answer = read_schedule(path)
    problems = tuple(
        Problem(f"{check.name}: {check.sentence}", file=path, cure=CURE)
        for check in recheck(answer)
        if not check.passed
    )
    if problems:
        raise InvalidSchedule(problems[0].message, problems=problems)
    return answer


def answer_of(task: Task, solution: Solution) -> Answer:
    """The solution in the form that is printed and stored."""
    problem, schedule, certificate = task.problem, solution.schedule, solution.certificate
    answer = Answer(
        kernel=task.kernel,
        gpu=task.gpu,
        status=solution.status,
        reason=solution.reason,
        bounds=certificate.bounds if certificate is not None else None,
        certificate=certificate,
        alternatives=tuple(_alternative(problem, other) for other in solution.alternatives),
        problem=problem,
        sources=task.sources,
        seconds=solution.effort.seconds,
        effort=solution.effort,
    )
    if schedule is None:
        return answer
    return answer.model_copy(update={"schedule": schedule, **schedule_rows(problem, schedule)})


def interrupted_answer(task: Task, schedule: Schedule | None, lower_bound: int | None) -> Answer:
    """What is known of a search that did not come to an end: its best schedule, and a bound."""
    bound = f"no schedule has an initiation interval below {lower_bound}"
    reason = f"interrupted; {bound}" if lower_bound is not None else "interrupted"
    status: Status = "unknown" if schedule is None else "feasible"
    solution = Solution(status=status, reason=reason, schedule=schedule, effort=Effort(seconds=0.0))
    answer = answer_of(task, solution)
    if lower_bound is None:
        return answer
    return answer.model_copy(update={"bounds": compute_bounds(task.problem)})


def _alternative(problem: SchedulingProblem, strategy: Strategy) -> Alternative:
    return Alternative(
        schedule=strategy.schedule,
        warp_groups=warp_group_rows(problem, strategy.schedule),
        objectives=tuple((o.objective, o.value) for o in strategy.objectives),
    )


def texts_task(answer: Answer) -> Task:
    """The task that the texts inside an answer describe; raises InvalidInput."""
    sources = answer.sources
    profile = (
        Priced(load_profile_text(sources.profile), sources.profile) if sources.profile else None
    )
    if sources.kernel is not None and profile is not None:
        return _kernel_task(sources.kernel, "kernel", profile)
    if sources.graph is None:
        raise InvalidSchedule("it holds no document, or no profile", cure=CURE)
    if profile is None:
        return _graph_task(sources.graph, "graph", None)
    document = read_document(sources.graph, "graph", GraphDocument, InvalidGraph)
    return _profiled_graph(document, profile)


def _kernel_task(text: str, file: str, profile: Priced, shape: Shape | None = None) -> Task:
    document = read_document(text, file, KernelDocument, InvalidKernel)
    if shape is not None:
        document = with_shape(document, profile.value.target, shape)
    return Task(
        kernel=document.value.kernel,
        gpu=profile.value.profile,
        problem=build_problem(document, profile.value),
        sources=Sources(
            kernel=document.text,
            kernel_digest=document.value.digest(),
            profile=profile.text,
            profile_digest=profile.value.digest(),
        ),
    )


def _sizeless(file: str) -> UsageError:
    cure = "give a kernel document: a graph has no sizes"
    return UsageError("a graph, and not a kernel", file=file, line=1, column=1, cure=cure)


def _graph_task(text: str, file: str, gpu: str | None) -> Task:
    document = read_document(text, file, GraphDocument, InvalidGraph)
    graph = document.value
    if graph.machine is not None:
        if gpu is not None:
            raise _two_machines(document, f"--gpu {gpu}")
        problem = build_graph_problem(document)
        return Task(graph.graph, problem.machine.name, problem, Sources(graph=text))
    profile = load_profile(gpu if gpu is not None else graph.profile or DEFAULT_GPU)
    return _profiled_graph(document, Priced(profile.value, profile.text))


def _profiled_graph(document: Located[GraphDocument], profile: Priced) -> Task:
    return Task(
        kernel=document.value.graph,
        gpu=profile.value.profile,
        problem=build_graph_problem(document, machine_of(profile.value)),
        sources=Sources(
            graph=document.text,
            profile=profile.text,
            profile_digest=profile.value.digest(),
        ),
    )


def _two_machines(document: Located[GraphDocument], other: str) -> UsageError:
    line, column = document.key_position("machine")
    return UsageError(
        f"the graph has its own machine; {other} would be ignored",
        file=document.file, line=line, column=column, cure="leave one of the two out",
    )  # fmt: skip
