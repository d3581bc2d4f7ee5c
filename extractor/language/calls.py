"""How the arguments of a call are bound to the names that a function gives them."""

from __future__ import annotations

import ast

from .faults import Fault


def arguments_of(
    call: ast.Call, *names: str, optional: tuple[str, ...] = ()
) -> dict[str, ast.expr]:
    """The call's arguments by name; raises Fault with the signature as the cure."""
    known = (*names, *optional)
    signature = ", ".join([*names, *(f"[{name}]" for name in optional)])
    assert isinstance(call.func, ast.Name)
    cure = f"{call.func.id}({signature})"
    if len(call.args) > len(known):
        raise Fault(f"{len(call.args)} arguments to {call.func.id}", call, cure)
    bound = dict(zip(known, call.args, strict=False))
    for keyword in call.keywords:
        if keyword.arg not in known or keyword.arg in bound:
            raise Fault(f"the argument {keyword.arg} of {call.func.id}", keyword, cure)
        bound[keyword.arg] = keyword.value
    for name in names:
        if name not in bound:
            raise Fault(f"{call.func.id} without {name}", call, cure)
    for value in call.args:
        if isinstance(value, ast.Starred):
            raise Fault("a starred argument", value, cure)
    return bound
