"""Program text to a syntax tree of bounded size; nothing in it is ever evaluated."""

from __future__ import annotations

import ast
import warnings
from typing import Literal

from .faults import SourceText

MAXIMUM_BYTES = 64 * 1024
MAXIMUM_STATEMENT_CHARACTERS = 4096
MAXIMUM_BRACKETS = 32  # open at once
MAXIMUM_NESTING = 64  # levels of the syntax tree
MAXIMUM_NODES = 40_000

_CURE_SIZE = "write a smaller program"


def parse_statements(source: SourceText) -> list[ast.stmt]:
    """The statements of a program; raises InvalidKernel."""
    tree = _parse(source, "exec")
    assert isinstance(tree, ast.Module)
    if not tree.body:
        source.refuse("the program is empty", 1, 1, "load, compute and store at least one tile")
    return tree.body


def parse_expression(source: SourceText) -> ast.expr:
    """The one expression of a grid entry; raises InvalidKernel."""
    tree = _parse(source, "eval")
    assert isinstance(tree, ast.Expression)
    return tree.body


def _parse(source: SourceText, mode: Literal["exec", "eval"]) -> ast.AST:
    _check_text(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's advice about Python does not apply
            tree = ast.parse(source.text, mode=mode)
    except SyntaxError as error:
        line = min(error.lineno or 1, source.text.count("\n") + 1)
        cure = "write Python syntax: assignments, one `for` over tiles, stores"
        source.refuse(f"not a legal statement: {error.msg}", line, max(error.offset or 1, 1), cure)
    except (MemoryError, RecursionError, ValueError):
        source.refuse("the program is nested too deeply to be read", 1, 1, _CURE_SIZE)
    _check_tree(source, tree)
    return tree


def _check_text(source: SourceText) -> None:
    """Limits that hold before Python's parser sees the text: bytes, brackets, statement length."""
    if len(source.text.encode(errors="replace")) > MAXIMUM_BYTES:
        source.refuse(f"the program is larger than {MAXIMUM_BYTES // 1024} KiB", 1, 1, _CURE_SIZE)
    depth = length = 0
    for number, line in enumerate(source.text.split("\n"), start=1):
        code = line.split("#", 1)[0]
        for column, character in enumerate(code, start=1):
            if character in "'\"\\":
                cure = "text and line continuations are not part of the language"
                source.refuse(f"the character {character}", number, column, cure)
            depth += (character in "([{") - (character in ")]}")
            if depth > MAXIMUM_BRACKETS:
                message = f"more than {MAXIMUM_BRACKETS} brackets open at once"
                source.refuse(message, number, column, "name the inner results")
        length = length + len(code) if depth > 0 else len(code)
        if length > MAXIMUM_STATEMENT_CHARACTERS:
            message = f"a statement of more than {MAXIMUM_STATEMENT_CHARACTERS} characters"
            source.refuse(message, number, 1, "name the inner results")


def _check_tree(source: SourceText, tree: ast.AST) -> None:
    """Nesting and node count, without recursion."""
    nodes = 0
    pending = [(tree, 0)]
    while pending:
        node, depth = pending.pop()
        nodes += 1
        if nodes > MAXIMUM_NODES:
            source.refuse(f"more than {MAXIMUM_NODES} syntax nodes", 1, 1, _CURE_SIZE)
        if depth > MAXIMUM_NESTING:
            place = source.position(node)
            message = f"an expression nested more than {MAXIMUM_NESTING} levels deep"
            relative = getattr(node, "lineno", place.line), getattr(node, "col_offset", 0) + 1
            source.refuse(message, *relative, "name the inner results")
        pending.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
