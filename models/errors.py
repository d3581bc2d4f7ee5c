"""Errors: who is at fault, where, and what would be right.

TwillError
  InvalidInput            the caller's value is wrong                   -> exit 2, HTTP 422
    InvalidKernel, InvalidProfile, InvalidGraph, InvalidSchedule
    UsageError            the command line or the request is wrong
  Unsupported             what cannot be emitted yet, by name           -> exit 2
  NoSchedule              the question has no answer                    -> an outcome, HTTP 200
    Infeasible            proved                                        -> exit 1
    LimitReached          unknown; carries what is known                -> exit 3
  Interrupted             the person asked to stop                      -> exit 130
  Violation               a verifier caught us: a fault of Twill        -> exit 70, HTTP 500
    ScheduleViolation, ProgramViolation
  DeviceFault             compiler or GPU                               -> exit 4, HTTP 503
  ServiceFault            a service did not answer, or not as it should -> exit 4
  ProcessDied             a process that solved was killed, or died     -> exit 70, HTTP 500
"""

from __future__ import annotations

from dataclasses import dataclass, replace

Path = tuple[str | int, ...]
"""Keys and indices that lead to a place in a document."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input: where it stands, what it is, what would be right."""

    message: str
    file: str | None = None
    line: int | None = None  # from 1
    column: int | None = None  # from 1
    cure: str | None = None
    path: Path = ()

    def __str__(self) -> str:
        place = ":".join(
            str(part) for part in (self.file, self.line, self.column) if part is not None
        )
        head = f"{place}: {self.message}" if place else self.message
        return f"{head}\n    {self.cure}" if self.cure else head


class TwillError(Exception):
    """The root of everything that Twill raises on purpose."""

    exit_code = 70
    title = "fault of Twill"


class InvalidInput(TwillError):
    """The caller's value is wrong. Carries every problem found, in the order of the text."""

    exit_code = 2
    title = "invalid input"

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        cure: str | None = None,
        problems: tuple[Problem, ...] = (),
    ) -> None:
        first = Problem(message, file, line, column, cure)
        self.problems: tuple[Problem, ...] = problems or (first,)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class InvalidKernel(InvalidInput):
    """A kernel document is wrong."""

    title = "invalid kernel"


class InvalidProfile(InvalidInput):
    """A GPU profile is wrong."""

    title = "invalid GPU profile"


class InvalidGraph(InvalidInput):
    """A graph document is wrong."""

    title = "invalid graph"


class InvalidSchedule(InvalidInput):
    """A stored schedule is wrong, or it is not what it says it is."""

    title = "invalid schedule"


class UsageError(InvalidInput):
    """The command line or the request is wrong."""

    title = "usage"


class Unsupported(InvalidInput):
    """A kernel that can be scheduled and cannot be emitted yet; says which operation is why."""

    title = "not supported"

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message, line=line, cure="see docs/emission.md for what can be emitted")

    def in_file(self, file: str) -> Unsupported:
        """The same with the file whose line it names."""
        found = Unsupported(self.problems[0].message)
        found.problems = tuple(replace(problem, file=file) for problem in self.problems)
        found.args = ("\n".join(str(problem) for problem in found.problems),)
        return found


class NoSchedule(TwillError):
    """The question has no answer, or none was found."""

    exit_code = 3
    title = "no schedule"


class Infeasible(NoSchedule):
    """Proved: no schedule exists at any initiation interval."""

    exit_code = 1
    title = "infeasible"


class LimitReached(NoSchedule):
    """A limit of time, memory or effort was reached; nothing is proved by that."""

    exit_code = 3
    title = "limit reached"


class Interrupted(TwillError):
    """The person asked to stop."""

    exit_code = 130
    title = "interrupted"


class Violation(TwillError):
    """A verifier objected to what Twill made."""

    exit_code = 70
    title = "fault of Twill"


class ScheduleViolation(Violation):
    """A schedule breaks the constraints. `violations` holds one sentence each, family first."""

    def __init__(self, violations: tuple[str, ...]) -> None:
        self.violations = violations
        plural = "violation" if len(violations) == 1 else "violations"
        super().__init__(f"{len(violations)} {plural}\n" + "\n".join(f"  {v}" for v in violations))


class ProgramViolation(Violation):
    """A warp program contradicts itself, deadlocks, races or computes something else."""

    def __init__(self, violations: tuple[str, ...]) -> None:
        self.violations = violations
        super().__init__("the warp program is wrong\n" + "\n".join(f"  {v}" for v in violations))


class DeviceFault(TwillError):
    """A compiler or a GPU failed."""

    exit_code = 4
    title = "device fault"


class ServiceFault(TwillError):
    """A service cannot be reached, or does not answer as it should."""

    exit_code = 4
    title = "service fault"


class ProcessDied(TwillError):
    """A process that solved was killed by somebody else, or died by itself."""

    title = "process died"
