"""An answer for people: headline, bounds, schedule, warp groups, rings, timeline, certificate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..drawing.sentences import bound_sentences, certificate_sentences, headline
from ..drawing.text import prologue_chart, reservation_chart, steady_state_chart
from ..models.answer import Answer
from ..models.certificate import Bounds
from ..models.errors import UsageError
from ..models.schedule import Schedule
from .tables import text_console, text_of

STATUS_STYLES = {
    "optimal": "bold green",
    "feasible": "bold yellow",
    "infeasible": "bold red",
    "unknown": "bold yellow",
}

LEGEND = (
    "[name===] issues or holds the unit, .... in flight; "
    "name@1 belongs to the next iteration, name@-1 to the one before"
)


def answer_text(answer: Answer, gpu_note: str = "") -> str:
    """The whole answer as text."""
    console = text_console()
    _print_head(console, answer, gpu_note)
    if answer.bounds is not None:
        _section(console, "Bounds", _bounds_table(answer.bounds, answer.initiation_interval))
    if answer.schedule is not None:
        _print_schedule(console, answer, answer.schedule)
    sentences = list(certificate_sentences(answer))
    if sentences:
        _section(console, "Certificate", _bullets(sentences))
        _print_versions(console, answer)
    return text_of(console)


def _print_head(console: Console, answer: Answer, gpu_note: str) -> None:
    title = Text(f"{answer.kernel} on {answer.gpu}", style="bold")
    title.append(f" {gpu_note}" if gpu_note else "", style="dim")
    console.print(title)
    console.print(Text(headline(answer), style=STATUS_STYLES[answer.status]))
    if answer.reason:
        console.print(Text(answer.reason))
    if answer.bounds is not None:
        for sentence in bound_sentences(answer.bounds, answer.initiation_interval):
            console.print(Text(sentence))
    if answer.schedule is not None:
        length = answer.schedule_length or 0
        stages = answer.stages or 0
        console.print(f"One iteration takes {length:,} cycles, over {_counted(stages, 'stage')}.")
    console.print(Text(f"{answer.seconds:.2f} s", style="dim"))


def _print_schedule(console: Console, answer: Answer, schedule: Schedule) -> None:
    problem = answer.problem
    _section(console, "Schedule", _operations_table(answer))
    _section(console, "Warp groups", _groups_table(answer))
    if answer.rings:
        _section(console, "Rings", _rings_table(answer), *_memory_lines(answer))
    try:
        chart = steady_state_chart(problem, schedule, console.width)
        title = "Steady state, one initiation interval, in cycles"
        _section(console, title, chart)
        if (answer.stages or 0) > 1:
            chart = prologue_chart(problem, schedule, console.width)
            _section(console, "Prologue and first period of the steady state", chart)
        console.print(Text(LEGEND, style="dim"))
    except UsageError as fault:
        _section(console, "Timeline", Text(str(fault)))
    if any(operation.reservations for operation in problem.operations):
        table = reservation_chart(problem, schedule, console.width)
        _section(console, "Modulo reservation table", table)
    for number, other in enumerate(answer.alternatives, start=2):
        groups = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("warp group", "operations in issue order"):
            groups.add_column(column)
        for row in other.warp_groups:
            groups.add_row(row.name, " ".join(row.operations))
        values = ", ".join(
            f"{name.replace('_', ' ')} {value:,}" for name, value in other.objectives
        )
        _section(console, f"Strategy {number}: {values}", groups)


def _bounds_table(bounds: Bounds, interval: int | None) -> Table:
    at = interval or bounds.minimum
    table = _table(("unit", "work", "capacity", "bound", "load"), right=(1, 2, 3, 4))
    for unit in bounds.units:
        if not unit.work:
            continue
        load = f"{100 * unit.work / (unit.capacity * at):.1f} %"
        table.add_row(unit.unit, f"{unit.work:,}", f"{unit.capacity:,}", f"{unit.bound:,}", load)
    recurrence = bounds.recurrence_attained_by
    if recurrence is not None:
        latency, distance = f"{recurrence.latency_cycles:,}", f"{recurrence.distance:,}"
        load = f"{100 * recurrence.latency_cycles / (recurrence.distance * at):.1f} %"
        table.add_row("recurrence", latency, distance, f"{recurrence.bound:,}", load)
    return table


def _operations_table(answer: Answer) -> Table:
    columns = ("operation", "issue cycle", "stage", "slot", "warp group", "")
    table = _table(columns, right=(1, 2, 3))
    for row in answer.operations:
        numbers = (f"{row.issue_cycle:,}", str(row.stage), f"{row.slot:,}")
        table.add_row(row.name, *numbers, row.warp_group, row.summary)
    return table


def _groups_table(answer: Answer) -> Table:
    columns = ("warp group", "warps", "registers per thread", "operations in issue order")
    table = _table(columns, right=(1, 2))
    for row in answer.warp_groups:
        registers = str(row.registers_per_thread) if row.registers_per_thread else "-"
        table.add_row(row.name, str(row.warps), registers, " ".join(row.operations))
    return table


def _rings_table(answer: Answer) -> Table:
    table = _table(("ring", "memory", "depth", "ring slot", "total"), right=(2, 3, 4))
    for row in answer.rings:
        sizes = (str(row.depth), f"{row.slot_size:,}", f"{row.total:,}")
        table.add_row(row.buffer, row.memory, *sizes)
    return table


def _memory_lines(answer: Answer) -> Iterator[Text]:
    for memory in answer.problem.machine.memories:
        in_rings = sum(ring.total for ring in answer.rings if ring.memory == memory.name)
        if in_rings:
            taken = f" ({memory.resident:,} more are taken before the loop)"
            text = f"{memory.name}: {in_rings:,} of {memory.available:,} {memory.unit}"
            yield Text(text + (taken if memory.resident else ""), style="dim")


def _print_versions(console: Console, answer: Answer) -> None:
    if answer.certificate is None:
        return
    versions = ", ".join(f"{name} {version}" for name, version in answer.certificate.versions)
    console.print(Text(f"{versions}; problem {answer.certificate.problem_digest}", style="dim"))


def _table(columns: Iterable[str], right: tuple[int, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index in right else "left")
    return table


def _bullets(sentences: Iterable[str]) -> Table:
    grid = Table.grid(padding=(0, 1))
    for sentence in sentences:
        grid.add_row("-", sentence)
    return grid


def _section(console: Console, title: str, *parts: Table | Text) -> None:
    console.print()
    console.print(Text(title, style="bold underline"))
    for part in parts:
        console.print(part)


def _counted(count: int, word: str) -> str:
    return f"{count} {word if count == 1 else word + 's'}"
