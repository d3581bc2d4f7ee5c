"""The end of a solve that gave no answer, as a problem object."""

from __future__ import annotations

import json
import re
import signal

from ..models.errors import InvalidInput, LimitReached, ProcessDied, TwillError
from ..models.problem_object import fault_object, problem_object
from ..models.work import Ending

OUT_OF_MEMORY = 101
"""The exit code with which Z3 ends the process where it can go on no longer, and so do we."""

_OUT_OF_MEMORY = re.compile(r"MemoryError|bad_alloc|out of memory|cannot allocate memory", re.I)


def is_out_of_memory(said: str) -> bool:
    """Whether a message of a backend, of Python or of the system says so."""
    return _OUT_OF_MEMORY.search(said) is not None


def error_ending(error: BaseException, memory_megabytes: int) -> Ending:
    """Refused for bad input; crashed for everything else."""
    if isinstance(error, InvalidInput):
        return Ending(kind="refused", problem=json.dumps(problem_object(error)))
    if isinstance(error, TwillError):
        return crashed(error)
    if isinstance(error, MemoryError) or is_out_of_memory(str(error)):
        return crashed(out_of_memory(memory_megabytes))
    return Ending(kind="crashed", problem=json.dumps(fault_object(error)))


def crashed(error: TwillError) -> Ending:
    """The end with that error."""
    return Ending(kind="crashed", problem=json.dumps(problem_object(error)))


def out_of_memory(megabytes: int) -> LimitReached:
    """Nothing is proved by that."""
    return LimitReached(f"out of memory: the limit of the solve was {megabytes:,} MB")


def death(return_code: int, said: str, memory_megabytes: int) -> TwillError:
    """What a return code (negative: a signal) and the last words of a process mean."""
    if return_code == OUT_OF_MEMORY or is_out_of_memory(said):  # as C++ says when it aborts
        return out_of_memory(memory_megabytes)
    last = said.strip().rsplit("\n", 1)[-1][:200]
    words = f"; it said: {last}" if last else ""
    if return_code >= 0:
        return ProcessDied(f"the process ended with exit code {return_code}{words}")
    cause = _CAUSES.get(-return_code, "")
    return ProcessDied(f"the process died of {_signal_name(-return_code)}{cause}{words}")


_CAUSES: dict[int, str] = {
    signal.SIGKILL: ", sent by somebody or by a system short of memory",
    signal.SIGXCPU: ": its limit of processor time",
    signal.SIGXFSZ: ": its limit on the size of files",
}


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def is_death(ending: Ending) -> bool:
    """Whether a process died, so that trying once more may help."""
    if ending.kind != "crashed" or ending.problem is None:
        return False
    return bool(json.loads(ending.problem)["title"] == ProcessDied.title)
