"""What can be said of statements from their syntax alone: names, calls, what is no statement."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from .expressions import unsupported
from .faults import Fault


def called_name(node: ast.expr) -> str | None:
    """The function that an expression calls by name."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id
    return None


def written_out(statement: ast.AugAssign) -> ast.expr:
    """`x += y` as `x + y`; `acc += dot(a, b)` as the dot that accumulates."""
    target = statement.target
    if not isinstance(target, ast.Name):
        raise Fault("only a local can be assigned", target, "write name = expression")
    read = ast.copy_location(ast.Name(id=target.id, ctx=ast.Load()), target)
    value = statement.value
    if isinstance(statement.op, ast.Add) and _is_plain_dot(value):
        assert isinstance(value, ast.Call)
        return ast.copy_location(ast.Call(value.func, [*value.args, read], []), value)
    return ast.copy_location(ast.BinOp(read, statement.op, value), statement)


def _is_plain_dot(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call) or node.keywords:
        return False
    return called_name(node) == "dot" and len(node.args) == 2


def assigned_names(body: Sequence[ast.stmt]) -> frozenset[str]:
    """The locals that the statements assign."""
    nodes = (node for statement in body for node in ast.walk(statement))
    return frozenset(
        n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    )


def read_names(body: Sequence[ast.stmt]) -> frozenset[str]:
    """The names that the statements read, augmented assignments included."""
    names: set[str] = set()
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                names.add(node.id)
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                names.add(node.target.id)
    return frozenset(names)


def not_a_statement(statement: ast.stmt) -> Fault:
    """The fault of a statement that the language does not have."""
    cures: dict[type[ast.stmt], str] = {
        ast.If: "use where(condition, a, b), or a loop range that depends on the index",
        ast.While: "use for n in range(count)",
        ast.AnnAssign: "types follow from the expression; write name = expression",
        ast.Assign: "assign one name at a time",
        ast.Import: "the functions of the language need no import",
        ast.ImportFrom: "the functions of the language need no import",
        ast.FunctionDef: "write the statements out",
        ast.Pass: "leave it out",
    }
    if isinstance(statement, ast.Expr):
        cure = "assign it to a local, or store it"
        return Fault("an expression without effect", statement, cure)
    if type(statement) not in cures:
        return unsupported(statement)
    message = f"{type(statement).__name__} is not a statement of the language"
    return Fault(message, statement, cures[type(statement)])
