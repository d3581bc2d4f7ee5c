"""One stored schedule that can be read: verified, proved, compared, and written anew if asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..analysis.problem_difference import differences, same_meaning
from ..models.answer import Answer, Origin, Sources
from ..models.check_report import CheckedSchedule, State
from ..models.errors import InvalidInput
from ..models.rows import schedule_rows
from ..models.schedule_text import schedule_text
from ..models.verification import Verification
from ..pipeline import Task
from ..solver.certificate import backend_versions
from .judgement import broken_by, compared, holds_at_its_bound, numbers_of
from .means import Means
from .origin import origin_task
from .store import stored_text
from .verification import verify_answer, with_reproofs


@dataclass(frozen=True, slots=True)
class Judge:
    """A stored schedule, its file, and where its sources lie."""

    means: Means
    file: Path
    stored: Answer
    origin: Origin | None

    def judged(self) -> CheckedSchedule:
        """Its state."""
        try:
            now = origin_task(self.origin, str(self.file)) if self.origin is not None else None
        except InvalidInput as fault:
            sentence = "no longer valid: what it was made from is not there as it was"
            return self._told("invalid", sentence, messages(fault))
        verified = verify_answer(self.stored, str(self.file))
        if verified.failed and not self._is_of_another_version(verified):
            return self._tampered(verified, now)
        checked = self._told("unchanged", f"unchanged: {at(self.stored)}")
        if now is None:
            checked = _noted(checked, "it names no origin to compare with")
            return self._proved(checked, verified)
        if self.stored.stages_left_out:
            checked = _noted(checked, "it was solved with fewer stages than could help")
        elif not verified.failed and same_meaning(self.stored.problem, now.problem):
            return self._refreshed(self._proved(checked, verified), now)
        return self._changed(checked, verified, now)

    def _told(self, state: State, sentence: str, reasons: tuple[str, ...] = ()) -> CheckedSchedule:
        return CheckedSchedule(
            file=str(self.file),
            kernel=self.stored.kernel,
            gpu=self.stored.gpu,
            state=state,
            sentence=sentence,
            before=numbers_of(self.stored),
            reasons=reasons,
        )

    def _is_of_another_version(self, verified: Verification) -> bool:
        """Whether other arithmetic of another version explains what failed."""
        certificate = self.stored.certificate
        made_by = certificate.versions if certificate is not None else ()
        intact = all(check.name != "seal" for check in verified.failed)
        return intact and tuple(made_by) != tuple(backend_versions())

    def _tampered(self, verified: Verification, now: Task | None) -> CheckedSchedule:
        reasons = tuple(f"{check.name}: {check.sentence}" for check in verified.failed)
        named = ", ".join(check.name for check in verified.failed)
        checked = self._told("invalid", f"not what it says it is: {named}", reasons)
        checked = checked.model_copy(update={"failed": verified.failed})
        if now is None or not self.means.updates:
            return checked
        return self._updated(checked, self.means.solve(now))

    def _changed(
        self, checked: CheckedSchedule, verified: Verification, now: Task
    ) -> CheckedSchedule:
        failed = tuple(f"{check.name}: {check.sentence}" for check in verified.failed)
        moved = differences(self.stored.problem, now.problem)
        told = {"reasons": (*self._causes(now), *moved, *failed), "failed": verified.failed}
        checked, broken = checked.model_copy(update=told), broken_by(self.stored, now)
        if not self.means.updates:
            if holds_at_its_bound(self.stored, now):
                sentence = f"still optimal but different: {at(self.stored)}, which MinII is now"
                return checked.model_copy(update={"state": "different", "sentence": sentence})
            if not self.means.solves:
                holds = "no longer holds" if broken else "holds still"
                sentence = f"changed: the stored schedule {holds}, {at(self.stored)} before"
                return checked.model_copy(update={"state": "changed", "sentence": sentence})
        fresh = self.means.solve(now, self.stored)
        return self._updated(compared(checked, self.stored, fresh, broken), fresh)

    def _causes(self, now: Task) -> Iterator[str]:
        """Which of the sources moved."""
        was, is_now = self.stored.sources, now.sources
        if was.kernel_digest != is_now.kernel_digest:
            yield f"the kernel {self.stored.kernel} changed"
        if was.profile_digest != is_now.profile_digest:
            yield f"the profile of {self.stored.gpu} changed"
        if was.kernel_digest is not None and _digests(was) == _digests(is_now):
            yield "kernel and profile are as they were: Twill, or the file, is not"

    def _proved(self, checked: CheckedSchedule, verified: Verification) -> CheckedSchedule:
        if not self.means.proves:
            return checked
        seconds = self.means.proof_seconds
        self.means.say(f"proving {self.stored.kernel} on {self.stored.gpu}")
        proved = with_reproofs(verified, self.stored, seconds, self.means.stop)
        told: dict[str, object] = {"reproofs": proved.reproofs, "failed": proved.failed}
        below = [r.initiation_interval for r in proved.reproofs if r.verdict == "feasible"]
        if below:
            sentence = f"better II found: {at(self.stored)} before, and {min(below):,} exists"
            told |= {"state": "better", "sentence": sentence}
        elif proved.failed:
            wrong = tuple(f"{check.name}: {check.sentence}" for check in proved.failed)
            told |= {"state": "invalid", "sentence": "not what it says it is: core"}
            told |= {"reasons": wrong}
        elif proved.exit_code == 3:
            sentence = f"{at(self.stored)}; not proved again within {seconds:g} s"
            told |= {"state": "open", "sentence": sentence}
        return checked.model_copy(update=told)

    def _refreshed(self, checked: CheckedSchedule, now: Task) -> CheckedSchedule:
        """Nothing that matters changed; words, lines and the form of the file may have."""
        if checked.state in ("better", "invalid") and self.means.updates:
            return self._updated(checked, self.means.solve(now, self.stored))
        for note in self._notes(now):
            checked = _noted(checked, note)
        if not self.means.updates or not checked.notes or checked.state != "unchanged":
            return checked
        return self._updated(checked, _retold(self.stored, now))

    def _notes(self, now: Task) -> Iterator[str]:
        if self.stored.problem != now.problem:
            yield "names or lines in the kernel moved"
        elif _digests(self.stored.sources) != _digests(now.sources):
            yield "kernel or profile changed where it does not matter here"
        if self.file.read_text(encoding="utf-8") != self._text(self.stored):
            yield "the file is not written as Twill writes it now"

    def _updated(self, checked: CheckedSchedule, fresh: Answer) -> CheckedSchedule:
        if not self.means.updates or fresh.status not in ("optimal", "infeasible"):
            return checked
        self.means.write(self.file, self._text(fresh))
        return checked.model_copy(update={"updated": True, "after": numbers_of(fresh)})

    def _text(self, answer: Answer) -> str:
        """With texts inside if there were any, and without them otherwise."""
        held = self.stored.sources.kernel or self.stored.sources.graph
        if self.origin is None or held:
            return schedule_text(answer.model_copy(update={"origin": self.origin}))
        return stored_text(answer, self.origin)


def messages(fault: InvalidInput) -> tuple[str, ...]:
    """What is wrong, where, and what would be right; a line each."""
    return tuple(str(problem).replace("\n    ", "; ") for problem in fault.problems)


def at(answer: Answer) -> str:
    """Status and initiation interval."""
    interval = answer.initiation_interval
    return answer.status if interval is None else f"{answer.status} at II {interval:,}"


def _retold(stored: Answer, now: Task) -> Answer:
    """The same solution, told of the sources as they are written now."""
    certificate = stored.certificate
    if certificate is not None:
        digest = now.problem.digest()
        certificate = certificate.model_copy(update={"problem_digest": digest})
    rows = {} if stored.schedule is None else schedule_rows(now.problem, stored.schedule)
    told = {"problem": now.problem, "certificate": certificate, "sources": now.sources, **rows}
    return stored.model_copy(update=told)


def _digests(sources: Sources) -> tuple[str | None, str | None]:
    return sources.kernel_digest, sources.profile_digest


def _noted(checked: CheckedSchedule, note: str) -> CheckedSchedule:
    return checked.model_copy(update={"notes": (*checked.notes, note)})
