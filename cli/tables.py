"""Plain tables for people; nothing is cut off where the output is no terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 120


def text_console() -> Console:
    """A console that renders into text, as wide as the terminal, in colour only on a terminal."""
    from rich.console import Console

    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else PIPE_WIDTH
    return Console(
        file=StringIO(),
        force_terminal=terminal,
        width=max(60, width),
        highlight=False,
        markup=False,  # names hold square brackets
        emoji=False,
        legacy_windows=False,
        safe_box=(sys.stdout.encoding or "").lower().replace("-", "") != "utf8",
    )


def text_of(console: Console) -> str:
    """What was printed to a console of `text_console`, without spaces at the ends of lines."""
    file = console.file
    assert isinstance(file, StringIO)
    return "\n".join(line.rstrip() for line in file.getvalue().split("\n"))


def table_text(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows with the same keys, as a table with the keys as its head."""
    from rich.table import Table

    console = text_console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in rows[0]:
        table.add_column(column)
    for row in rows:
        table.add_row(*row.values())
    console.print(table)
    return text_of(console)
