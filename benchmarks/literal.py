"""The paper's own search, written out literally: CBC for the seed, a grid in Z3 or Yices2."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from twill.benchmarks.literal_joint import Grid, write
from twill.benchmarks.literal_model import LiteralProblem, literal_problem
from twill.benchmarks.literal_seed import modulo_schedule_length
from twill.models.problem import SchedulingProblem


@dataclass(frozen=True, slots=True)
class LiteralResult:
    """What Algorithm 1 found, or what it was doing when the time was up."""

    status: str  # found, or limit
    initiation_interval: int  # the last one asked about
    length: int | None
    seed_seconds: float  # CBC
    writing_seconds: float
    joint_seconds: float  # the SMT solver
    largest_text_bytes: int
    questions: int

    @property
    def seconds(self) -> float:
        """All three together."""
        return self.seed_seconds + self.writing_seconds + self.joint_seconds

    def rows(self) -> dict[str, object]:
        """What is stored."""
        return {
            "status": self.status,
            "initiation_interval": self.initiation_interval,
            "length": self.length,
            "seconds": round(self.seconds, 2),
            "seed_seconds": round(self.seed_seconds, 2),
            "writing_seconds": round(self.writing_seconds, 2),
            "joint_seconds": round(self.joint_seconds, 2),
            "largest_text_bytes": self.largest_text_bytes,
            "questions": self.questions,
        }


def smt_solvers() -> dict[str, list[str]]:
    """The command of each solver that is installed, by name."""
    folder = Path(sys.executable).parent
    commands = {"z3": ["z3"], "yices2": ["yices-smt2"]}
    found = {}
    for name, (program, *arguments) in commands.items():
        path = shutil.which(program, path=str(folder)) or shutil.which(program)
        if path is not None:
            found[name] = [path, *arguments]
    return found


def algorithm_1(
    problem: SchedulingProblem, start: int, solver: list[str], limit: float
) -> LiteralResult:
    """The paper's search from `start` on, which spares it the hopeless initiation intervals."""
    return _Algorithm(literal_problem(problem), solver, limit).run(start)


class _Algorithm:
    def __init__(self, problem: LiteralProblem, solver: list[str], limit: float) -> None:
        self.problem = problem
        self.solver = solver
        self.limit = limit
        self.seed = self.writing = self.joint = 0.0
        self.largest = self.questions = 0

    def run(self, start: int) -> LiteralResult:
        interval, length = start, None
        try:
            while True:
                length = self._length(interval)
                while length is not None:
                    if self._joint(Grid(self.problem, interval, length)):
                        return self._result("found", interval, length)
                    copies = -(-length // interval)
                    length = length + 1 if -(-(length + 1) // interval) == copies else None
                interval += 1
        except TimeoutError:
            return self._result("limit", interval, length)

    def _left(self) -> float:
        left = self.limit - self.seed - self.writing - self.joint
        if left <= 0:
            raise TimeoutError
        return left

    def _length(self, interval: int) -> int | None:
        began = time.perf_counter()
        try:
            return modulo_schedule_length(self.problem, interval, self._left())
        finally:
            self.seed += time.perf_counter() - began

    def _joint(self, grid: Grid) -> bool:
        began = time.perf_counter()
        text = write(grid)
        with tempfile.NamedTemporaryFile("w", suffix=".smt2", delete=False) as file:
            file.write(text)
        path = Path(file.name)
        self.writing += time.perf_counter() - began
        self.largest = max(self.largest, path.stat().st_size)
        self.questions += 1
        began = time.perf_counter()
        try:
            return _is_satisfiable([*self.solver, str(path)], self._left())
        finally:
            self.joint += time.perf_counter() - began
            path.unlink()

    def _result(self, status: str, interval: int, length: int | None) -> LiteralResult:
        return LiteralResult(
            status, interval, length, self.seed, self.writing, self.joint,
            self.largest, self.questions,
        )  # fmt: skip


def _is_satisfiable(command: list[str], seconds: float) -> bool:
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, check=False
        ).stdout.split()
    except subprocess.TimeoutExpired as late:
        raise TimeoutError from late
    if answer[:1] == ["sat"]:
        return True
    if answer[:1] == ["unsat"]:
        return False
    raise RuntimeError(f"{command[0]} said {' '.join(answer)[:200]!r}")
