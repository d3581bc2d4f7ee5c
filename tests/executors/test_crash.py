"""What a death means, in words and exit codes."""

import json
import signal

import pytest

from twill.executors.crash import crashed, death, error_ending, is_death
from twill.models.errors import InvalidKernel, LimitReached, ProcessDied, UsageError


@pytest.mark.parametrize(
    ("code", "said", "words"),
    [
        (-signal.SIGKILL, "", "died of SIGKILL, sent by somebody or by a system short of memory"),
        (-signal.SIGXCPU, "", "died of SIGXCPU: its limit of processor time"),
        (-signal.SIGSEGV, "first\nlast\n", "died of SIGSEGV; it said: last"),
        (-63, "", "died of signal 63"),
        (1, "", "ended with exit code 1"),
    ],
)
def test_a_death_names_its_signal(code: int, said: str, words: str) -> None:
    error = death(code, said, 2048)
    assert isinstance(error, ProcessDied)
    assert words in str(error)
    assert is_death(crashed(error))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (101, ""),  # Z3
        (-signal.SIGABRT, "terminate called after throwing an instance of 'std::bad_alloc'\n"),
        (1, "Traceback ...\nMemoryError\n"),
    ],
)
def test_want_of_memory_is_a_limit(code: int, said: str) -> None:
    error = death(code, said, 2048)
    assert isinstance(error, LimitReached)
    assert str(error) == "out of memory: the limit of the solve was 2,048 MB"
    assert not is_death(crashed(error))


@pytest.mark.parametrize(
    ("error", "kind", "exit_code"),
    [
        (InvalidKernel("wrong", file="a.yaml", line=3, column=1), "refused", 2),
        (UsageError("wrong"), "refused", 2),
        (MemoryError(), "crashed", 3),
        (RuntimeError("Z3: out of memory"), "crashed", 3),
        (RuntimeError("nobody foresaw it"), "crashed", 70),
        (ProcessDied("killed"), "crashed", 70),
    ],
)
def test_errors_are_told_as_the_command_line_tells_them(
    error: Exception, kind: str, exit_code: int
) -> None:
    ending = error_ending(error, 1024)
    assert ending.kind == kind
    assert ending.problem is not None
    assert json.loads(ending.problem)["exit_code"] == exit_code
