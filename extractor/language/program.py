"""A kernel document to its typed tile program."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...models.index_expression import IndexConstant, IndexExpression
from ...models.kernel import KernelDocument, Target
from ...models.tile_program import GridAxis, Loop, NamedSize, TileProgram
from ...reader.located import Located
from .builder import Builder
from .declarations import Declarations, declare
from .expressions import DTYPES, Expressions
from .faults import Fault, SourceText
from .functions import FUNCTIONS
from .indices import as_index
from .memory import emit_store
from .scope import Scope
from .statements import (
    assigned_names,
    called_name,
    not_a_statement,
    read_names,
    written_out,
)
from .syntax import parse_expression, parse_statements

VOCABULARY = frozenset([*FUNCTIONS, *DTYPES, "inf", "range", *keyword.kwlist])


def parse_program(
    document: Located[KernelDocument],
    target: Target,
    sizes_override: Mapping[str, int] | None = None,
) -> TileProgram:
    """The program of a kernel document, with its sizes under `target`, typed and in SSA form.

    `sizes_override` replaces sizes of the document, in elements. Raises InvalidKernel with file,
    line and column.
    """
    declarations = declare(document, target, sizes_override or {}, VOCABULARY)
    source = SourceText(document, ("program",), document.value.program)
    try:
        parser = _Parser(source, declarations)
        parser.statements(parse_statements(source))
    except Fault as fault:
        raise source.invalid(fault) from None
    return TileProgram(
        kernel=document.value.kernel,
        target=target,
        sizes=_named(declarations.sizes),
        split=_named(declarations.split),
        parameters=declarations.parameters,
        grid=tuple(_grid_axis(document, declarations, index) for index in document.value.grid),
        segments=tuple(parser.builder.segments),
    )


def _named(values: Mapping[str, int]) -> tuple[NamedSize, ...]:
    return tuple(NamedSize(name=name, value=value) for name, value in values.items())


def _grid_axis(
    document: Located[KernelDocument], declarations: Declarations, index: str
) -> GridAxis:
    text = str(document.value.grid[index])
    source = SourceText(document, ("grid", index), text)
    # the count of a grid may not depend on grid indices
    names = {k: v for k, v in declarations.names.items() if k not in document.value.grid}
    scope = Scope(names, VOCABULARY)
    expressions = Expressions(Builder(source), scope, FUNCTIONS)
    node = parse_expression(source)
    try:
        count = as_index(expressions.evaluate(node), node)
        if isinstance(count, IndexConstant) and count.value < 1:
            raise Fault(f"a grid of {count.value}", node, "count at least one block")
    except Fault as fault:
        raise source.invalid(fault) from None
    return GridAxis(index=index, count=count)


@dataclass(slots=True)
class _Parser:
    """Reads statements in order; segments grow in the builder."""

    builder: Builder
    scope: Scope
    expressions: Expressions
    loop_locals: frozenset[str]
    stores: int

    def __init__(self, source: SourceText, declarations: Declarations) -> None:
        self.builder = Builder(source)
        self.scope = Scope(declarations.names, VOCABULARY)
        self.expressions = Expressions(self.builder, self.scope, FUNCTIONS)
        self.loop_locals = frozenset()
        self.stores = 0

    def statements(self, body: Sequence[ast.stmt]) -> None:
        """The whole program."""
        self.loop_locals = frozenset(
            name
            for statement in body
            if isinstance(statement, ast.For)
            for name in assigned_names(statement.body)
        )
        for position, statement in enumerate(body):
            if isinstance(statement, ast.For):
                self.loop(statement, read_names(body[position + 1 :]))
            else:
                self.statement(statement)
        self.builder.close_block()
        if not self.stores:
            raise Fault("the program stores nothing", body[-1], "end with store(argument, ...)")

    def statement(self, statement: ast.stmt) -> None:
        """One assignment or store."""
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            self.assign(statement.targets[0], statement.value)
        elif isinstance(statement, ast.AugAssign):
            self.assign(statement.target, written_out(statement))
        elif isinstance(statement, ast.Expr) and called_name(statement.value) in _EFFECTS:
            assert isinstance(statement.value, ast.Call)
            emit_store(self.expressions, statement.value)
            self.stores += 1
        elif isinstance(statement, ast.For):
            cure = "one level of `for`: make the inner loop a grid index or unroll it"
            raise Fault("a loop inside a loop", statement, cure)
        else:
            raise not_a_statement(statement)

    def assign(self, target: ast.expr, expression: ast.expr) -> None:
        """Operations take the local's name; what a loop assigns again is called its start."""
        if not isinstance(target, ast.Name):
            raise Fault("only a local can be assigned", target, "write name = expression")
        self.scope.check_free(target, target.id)
        is_start = self.scope.loop is None and target.id in self.loop_locals
        name = f"{target.id}_init" if is_start and target.id not in self._ended else target.id
        self.builder.begin_statement(name, target.id)
        self.scope.assign(target, self.expressions.evaluate(expression, name))

    @property
    def _ended(self) -> frozenset[str]:
        """Locals that a loop above has assigned."""
        loops = [segment for segment in self.builder.segments if isinstance(segment, Loop)]
        return frozenset(o.local for loop in loops for o in loop.operations if o.local)

    def loop(self, statement: ast.For, read_later: frozenset[str]) -> None:
        """A loop becomes a segment of its own."""
        if not isinstance(statement.target, ast.Name) or statement.orelse:
            raise Fault("this loop is not supported", statement, "write for n in range(count):")
        start, stop = self._range(statement.iter)
        self.builder.close_block()
        index = statement.target
        names = {loop.name for loop in self.builder.segments if isinstance(loop, Loop)}
        name = next(n for n in _numbered(index.id) if n not in names)
        outside = dict(self.builder.done)
        self.scope.open_loop(name, index, assigned_names(statement.body))
        for inner in statement.body:
            self.statement(inner)
        self.builder.done = outside
        self.builder.segments.append(
            Loop(
                name=name,
                index=index.id,
                start=start,
                stop=stop,
                carried=self.scope.close_loop(read_later),
                operations=tuple(self.builder.operations),
                position=self.builder.source.position(statement),
            )
        )
        self.builder.operations = []

    def _range(self, node: ast.expr) -> tuple[IndexExpression, IndexExpression]:
        cure = "write range(count) or range(first, end)"
        if not isinstance(node, ast.Call) or called_name(node) != "range" or node.keywords:
            raise Fault("a loop runs over a range", node, cure)
        if not 1 <= len(node.args) <= 2:
            raise Fault(f"range with {len(node.args)} arguments", node, cure)
        self.builder.begin_statement("range", None)
        bounds = [as_index(self.expressions.evaluate(part), part) for part in node.args]
        return (bounds[0], bounds[1]) if len(bounds) == 2 else (IndexConstant(value=0), bounds[0])


_EFFECTS = ("store", "reduce_add")


def _numbered(name: str) -> Iterator[str]:
    yield name
    count = 1
    while True:
        count += 1
        yield f"{name}_{count}"
