"""The process that does one solve: work in by standard input, messages out by standard output."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from importlib import import_module
from typing import BinaryIO

from ..models.progress import Progress
from ..models.work import Work
from ..solver.question import Stop
from .crash import OUT_OF_MEMORY
from .limits import bind_to_parent, limit_resources
from .message import MAXIMUM_BYTES, Message
from .solving import solved

STOP_LINE = b"stop\n"


def main() -> None:
    """Wait, with everything imported, for one line of work; solve it; end.

    It always ends at once: what runs at the end of a process can wait for ever on other threads.
    """
    code = 1
    try:
        _run()
        code = 0
    except MemoryError:  # so little is left that not even the ending could be written
        code = OUT_OF_MEMORY
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _run() -> None:
    messages = _message_stream()
    bind_to_parent(int(sys.argv[1]))
    _import_all()
    line = sys.stdin.buffer.readline(MAXIMUM_BYTES)
    if line.endswith(b"\n"):
        _work_off(Work.from_json(line.decode()), sys.stdin.buffer, messages)


def _work_off(work: Work, requests: BinaryIO, messages: BinaryIO) -> None:
    limit_resources(work.memory_megabytes, work.seconds)
    stop = Stop()
    threading.Thread(target=_listen, args=(requests, stop), daemon=True).start()

    def send(message: Message) -> None:
        messages.write(message.line())
        messages.flush()

    def tell(progress: Progress) -> None:
        send(Message(progress=progress))

    send(Message(ending=solved(work, tell, stop)))


def _listen(requests: BinaryIO, stop: Stop) -> None:
    """Stop when asked to; die when nobody is left who could ask."""
    while requests.readline(MAXIMUM_BYTES) == STOP_LINE:
        stop.request()
    os._exit(1)


def _message_stream() -> BinaryIO:
    """Standard output, which nothing else in this process can then write to by mistake."""
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return stream


def _import_all() -> None:
    from ..solver.backends import import_backends

    import_module("..pipeline", __package__)
    import_backends()


if __name__ == "__main__":
    main()
