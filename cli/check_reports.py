"""The outcome of a check in the formats that people and CI systems read."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Mapping

from ..drawing.sentences import BACKENDS
from ..models.check_report import CheckedSchedule, CheckReport, Numbers
from ..models.verification import Reproof

MOST_REASONS = 20
UPDATE = "twill check --update"
CURES = {
    "better": f"{UPDATE} stores the better schedule",
    "worse": f"{UPDATE} accepts the new interval; otherwise take the change back",
    "invalid": f"{UPDATE} solves it again; otherwise take the change back",
    "changed": f"{UPDATE} solves it",
    "different": f"{UPDATE} stores it for the problem of now",
    "missing": f"{UPDATE} solves and stores it",
    "open": "raise --time-limit",
    "unreadable": "restore the file",
}


def report_text(report: CheckReport, form: str) -> str:
    """The outcome in one of the formats; KeyError for any other."""
    return FORMATS[form](report)


def _text(report: CheckReport) -> str:
    lines = []
    for schedule in report.schedules:
        lines.append(f"{_mark(schedule):5} {schedule.file}: {schedule.sentence}")
        lines += [f"      {line}" for line in _details(schedule)]
    return "\n".join((*lines, _summary(report), ""))


def _json(report: CheckReport) -> str:
    return report.model_dump_json(indent=1) + "\n"


def _junit(report: CheckReport) -> str:
    bad = [schedule for schedule in report.schedules if not schedule.is_good]
    unread = sum(schedule.state == "unreadable" for schedule in bad)
    counts = {
        "tests": str(len(report.schedules)),
        "failures": str(len(bad) - unread),
        "errors": str(unread),
        "time": f"{report.seconds:.3f}",
    }
    suites = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "twill check", **counts})
    for schedule in report.schedules:
        named = {
            "classname": f"twill.{schedule.kernel or 'unknown'}",
            "name": schedule.file,
            "file": schedule.file,
            "time": f"{schedule.seconds:.3f}",
        }
        case = ElementTree.SubElement(suite, "testcase", named)
        if not schedule.is_good:
            kind = "error" if schedule.state == "unreadable" else "failure"
            said = {"type": schedule.state, "message": schedule.sentence}
            ElementTree.SubElement(case, kind, said).text = "\n".join(_details(schedule))
        elif details := "\n".join((schedule.sentence, *_details(schedule))):
            ElementTree.SubElement(case, "system-out").text = details
    ElementTree.indent(suites, " ")
    return ElementTree.tostring(suites, "unicode", xml_declaration=True) + "\n"


def _github(report: CheckReport) -> str:
    """Workflow commands: an error for what fails, a notice for what is worth a look."""
    lines = []
    for schedule in report.schedules:
        if schedule.is_good and schedule.state == "unchanged" and not schedule.notes:
            continue
        level = "notice" if schedule.is_good else "error"
        where = f"file={_property(schedule.file)},title={_property(f'twill: {schedule.state}')}"
        body = "\n".join((schedule.sentence, *_details(schedule)))
        lines.append(f"::{level} {where}::{_message(body)}")
    return "\n".join((*lines, _summary(report), ""))


def _markdown(report: CheckReport) -> str:
    lines = [f"### Stored schedules: {_summary(report)}", ""]
    shown = [s for s in report.schedules if s.state != "unchanged" or s.notes or s.reproofs]
    if not shown:
        return "\n".join((*lines, ""))
    lines += ["| schedule | state | II | length | warp groups |", "|---|---|---|---|---|"]
    for schedule in shown:
        state = f"{'' if schedule.is_good else '**'}{schedule.state}{_updated(schedule)}"
        state += "" if schedule.is_good else "**"
        moved = _moved(schedule)
        lines.append(f"| `{schedule.file}` | {state} | {' | '.join(moved)} |")
    for schedule in shown:
        details = list(_details(schedule))
        if details:
            lines += ["", f"**`{schedule.file}`**: {_escaped(schedule.sentence)}", ""]
            lines += [f"- {_escaped(line)}" for line in details]
    return "\n".join((*lines, ""))


FORMATS: Mapping[str, Callable[[CheckReport], str]] = {
    "text": _text,
    "json": _json,
    "junit": _junit,
    "github": _github,
    "markdown": _markdown,
}


def _mark(schedule: CheckedSchedule) -> str:
    if schedule.updated:
        return "WROTE"
    return "ok" if schedule.is_good else "open" if schedule.state == "open" else "FAIL"


def _updated(schedule: CheckedSchedule) -> str:
    return ", updated" if schedule.updated else ""


def _details(schedule: CheckedSchedule) -> Iterator[str]:
    """Numbers, reasons, proofs, notes and the cure, a line each."""
    yield from (" ".join(line.split()) for line in _lines(schedule))


def _lines(schedule: CheckedSchedule) -> Iterator[str]:
    if schedule.before is not None and schedule.after is not None:
        yield _numbers(schedule.before, schedule.after)
    elif schedule.after is not None:
        yield f"{schedule.after.status} at II {_number(schedule.after.initiation_interval)}"
    yield from schedule.reasons[:MOST_REASONS]
    if len(schedule.reasons) > MOST_REASONS:
        yield f"and {len(schedule.reasons) - MOST_REASONS} more: see --format json"
    yield from (_reproof(reproof) for reproof in schedule.reproofs)
    yield from schedule.notes
    if not schedule.updated and schedule.state in CURES:
        yield CURES[schedule.state]


def _numbers(before: Numbers, after: Numbers) -> str:
    pairs = (
        ("II", before.initiation_interval, after.initiation_interval),
        ("MinII", before.minimum, after.minimum),
        ("length", before.schedule_length, after.schedule_length),
        ("warp groups", before.warp_groups, after.warp_groups),
        ("stages", before.stages, after.stages),
    )
    return ", ".join(f"{name} {_pair(a, b)}" for name, a, b in pairs)


def _moved(schedule: CheckedSchedule) -> tuple[str, str, str]:
    before, after = schedule.before, schedule.after or schedule.before
    if before is None or after is None:
        known = schedule.after
        if known is None:
            return "-", "-", "-"
        before = after = known
    return (
        _pair(before.initiation_interval, after.initiation_interval),
        _pair(before.schedule_length, after.schedule_length),
        _pair(before.warp_groups, after.warp_groups),
    )


def _reproof(reproof: Reproof) -> str:
    at = f"II {reproof.initiation_interval:,}"
    if reproof.backend is None:
        return f"{at}: neither found nor excluded within {reproof.seconds:.1f} s"
    did = {"infeasible": "excluded", "feasible": "found", "unknown": "open"}[reproof.verdict]
    standing = {"independent": "independently", "again": "again", "unknown": "anew"}
    how = standing[reproof.standing]
    return f"{at}: {did} {how} by {BACKENDS[reproof.backend]} in {reproof.seconds:.1f} s"


def _pair(before: int | None, after: int | None) -> str:
    return _number(before) if before == after else f"{_number(before)} -> {_number(after)}"


def _number(value: int | None) -> str:
    return "none" if value is None else f"{value:,}"


def _summary(report: CheckReport) -> str:
    total = len(report.schedules)
    counts = ", ".join(f"{count} {state}" for state, count in sorted(report.counts.items()))
    updated = sum(schedule.updated for schedule in report.schedules)
    written = f"; {updated} written anew" if updated else ""
    plural = "schedule" if total == 1 else "schedules"
    return f"{total} {plural}: {counts or 'none'}{written} ({report.seconds:.1f} s)"


def _message(text: str) -> str:
    """The data of a workflow command (GitHub Actions, workflow commands)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
