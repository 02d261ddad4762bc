"""Run a template straight from its parse tree: for templates that run a few times and never again.

A tree becomes closures over the helpers that generated code calls, each part when it is first reached; that takes a
fraction of what compiling takes, and runs several times slower. The rules are those of codegen.py, whose methods have
the same names here. There is no error handling: what would be an error, what is rare, and what the compiler might
refuse, raises `LeftToCompilerError`, or any other exception. The caller then runs everything again, compiled.
"""

from __future__ import annotations

from fairlead.engines.gotemplate.closures import (
    Frame,
    LeftToCompilerError,
    all_of,
    call,
    constant,
    dot,
    exactly,
    far_field,
    fitting,
    method_call,
    near_field,
    negated,
    nothing,
    one_of,
    read,
    render_call,
    stored,
    top,
)
from fairlead.engines.gotemplate.codemodel import MAX_LOOPS, PYTHON_CLASSES, ideal, typed_constant, wrong_count
from fairlead.engines.gotemplate.gofmt import to_text
from fairlead.engines.gotemplate.gotypes import VALUES_METHODS
from fairlead.engines.gotemplate.nodes import (
    Action,
    Bool,
    Branch,
    Break,
    Chain,
    Command,
    Continue,
    Dot,
    Field,
    Identifier,
    Listing,
    Nil,
    Node,
    Number,
    Pipe,
    String,
    TemplateCall,
    Text,
    Tree,
    Variable,
)
from fairlead.engines.gotemplate.runtime import (
    call_template,
    g1,
    g2,
    g3,
    gn,
    h1,
    h2,
    h3,
    hn,
    items,
    pairs,
)
from fairlead.engines.gotemplate.signatures import NILABLE, Function

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fairlead.engines.gotemplate.template import Body, Render

    Run = Callable[["Frame"], object]
    Step = Callable[["Frame"], object]  # gives BREAK or CONTINUE to leave the round of a range
    Scope = dict[str, tuple[str, bool]]  # by name: where the value is kept, and whether it is a range's element

BREAK, CONTINUE = 1, 2

_GET = (g1, g2, g3)
_GET_OF_ELEMENT = (h1, h2, h3)


def interpret(tree: Tree, functions: Mapping[str, Function], load: Callable[[str], Callable[..., object]]) -> Body:
    """Return the function that *tree* stands for; *load* gives the body of a template function by its name."""
    builder = _Builder(functions, load)
    steps: Step | None = None

    def body(render: Render, write: Callable[[str], None], data: object) -> None:
        nonlocal steps
        if steps is None:
            steps = builder.listing(tree.root, {}, False, 0)
        steps(Frame(render, write, data))

    return body


class _Built:
    """An expression, and what is known about its value, as codemodel.Value has it."""

    __slots__ = ("iface", "result", "run", "skips_final")

    def __init__(self, run: Run, result: str = "a", iface: bool = False, skips_final: bool = False) -> None:
        self.run = run
        self.result = result
        self.iface = iface  # a nil in it may be a nil interface
        self.skips_final = skips_final


class _Builder:
    def __init__(self, functions: Mapping[str, Function], load: Callable[[str], Callable[..., object]]) -> None:
        self.functions = functions
        self.load = load
        self.scope: Scope = {}
        self.dot_iface = False

    # Statements. What a body is made from is kept until it is first reached: its scope and whether dot is an element.

    def listing(self, listing: Listing, scope: Scope, dot_iface: bool, loops: int) -> Step:
        """Return the steps of a body as one."""
        steps: list[Step] = []
        scope = dict(scope)
        for node in listing.nodes:
            self.scope, self.dot_iface = scope, dot_iface
            steps.append(self.statement(node, loops))
            if isinstance(node, Break | Continue):
                break
        if len(steps) == 1:
            return steps[0]

        def run(frame: Frame) -> object:
            for step in steps:
                signal = step(frame)
                if signal is not None:
                    return signal
            return None

        return run

    def statement(self, node: Node, loops: int) -> Step:
        if isinstance(node, Text):
            text = node.text
            return lambda frame: frame.write(text)
        if isinstance(node, Action):
            return self.action(node)
        if isinstance(node, Branch):
            return self.range(node, loops) if node.keyword == "range" else self.branch(node, loops)
        if isinstance(node, TemplateCall):
            return self.template(node)
        if isinstance(node, Break):
            return lambda _: BREAK
        if isinstance(node, Continue):
            return lambda _: CONTINUE
        raise LeftToCompilerError

    def action(self, node: Action) -> Step:
        value = self.pipeline(node.pipe)
        run = value.run
        if node.pipe.declared:

            def declare(frame: Frame) -> None:
                run(frame)

            return declare
        if value.result == "s":
            return lambda frame: frame.write(run(frame))  # type: ignore[arg-type]

        def write(frame: Frame) -> None:
            value = run(frame)
            frame.write(value if type(value) is str else to_text(value))

        return write

    def target(self, name: str, is_assign: bool, element: bool = False) -> str:
        """Return where the variable *name* is kept, a new place for a declaration."""
        known = self.scope.get(name)
        if name == "$" or (is_assign and known is None):
            raise LeftToCompilerError
        if is_assign and known is not None:
            return known[0]
        place = name if known is None else known[0] + "'"
        self.scope[name] = place, element
        return place

    def branch(self, node: Branch, loops: int) -> Step:
        """Return an if or with."""
        scope, dot_iface = self.scope, self.dot_iface
        self.scope = dict(scope)
        condition = self.pipeline(node.pipe).run
        scope = self.scope
        sets_dot = node.keyword == "with"
        body: Step | None = None
        otherwise: Step | None = None
        other = node.otherwise
        has_other = other is not None and bool(other.nodes)
        build = self.listing

        def run(frame: Frame) -> object:
            nonlocal body, otherwise
            value = condition(frame)
            if value:
                if body is None:
                    body = build(node.body, scope, dot_iface and not sets_dot, loops) if node.body.nodes else nothing
                if not sets_dot:
                    return body(frame)
                outer, frame.dot = frame.dot, value
                signal = body(frame)
                frame.dot = outer
                return signal
            if not has_other:
                return None
            if otherwise is None:
                assert other is not None
                otherwise = build(other, scope, dot_iface, loops)
            return otherwise(frame)

        return run

    def range(self, node: Branch, loops: int) -> Step:
        if loops >= MAX_LOOPS:
            raise LeftToCompilerError
        dot_iface, pipe = self.dot_iface, node.pipe
        self.scope = dict(self.scope)
        value = self.commands(pipe).run
        places = [self.target(name.ident[0], pipe.is_assign, True) for name in pipe.declared]
        if len(places) == 2 and not pipe.is_assign:
            self.scope[pipe.declared[0].ident[0]] = places[0], False
        scope = self.scope
        body: Step | None = None
        otherwise: Step | None = None
        build = self.listing
        index = places[0] if len(places) == 2 else ""
        element = places[-1] if places else ""
        visit: Callable[[Render, object], object] = pairs if index else items

        def run(frame: Frame) -> object:
            nonlocal body, otherwise
            found = visit(frame.render, value(frame))
            if not found:
                if node.otherwise is None or not node.otherwise.nodes:
                    return None
                if otherwise is None:
                    otherwise = build(node.otherwise, scope, dot_iface, loops)
                return otherwise(frame)
            if body is None:
                body = build(node.body, scope, True, loops + 1) if node.body.nodes else nothing
            outer = frame.dot
            values = frame.values
            for visited in found:  # type: ignore[attr-defined]
                item = visited
                if index:
                    values[index], item = visited
                if element:
                    values[element] = item
                frame.dot = item
                if body(frame) == BREAK:
                    break
            frame.dot = outer
            return None

        return run

    def template(self, node: TemplateCall) -> Step:
        name = node.name
        value = nothing if node.pipe is None else self.pipeline(node.pipe).run
        return lambda frame: call_template(frame.render, frame.write, name, value(frame))

    # Expressions.

    def pipeline(self, pipe: Pipe) -> _Built:
        """Return a pipeline; what it declares or assigns is stored when it runs."""
        value = self.commands(pipe)
        for variable in pipe.declared:
            value = _Built(stored(value.run, self.target(variable.ident[0], pipe.is_assign)), value.result)
        return value

    def inner(self, pipe: Pipe) -> _Built:
        """Return a pipeline in parentheses. What one declares may never be reached: only generated code can tell."""
        if pipe.declared:
            raise LeftToCompilerError
        return self.commands(pipe)

    def commands(self, pipe: Pipe) -> _Built:
        value: _Built | None = None
        for command in pipe.commands:
            value = self.command(command, value)
            if value.skips_final:
                raise LeftToCompilerError
            value.iface = False
        if pipe.is_assign and any(variable.ident[0] not in self.scope for variable in pipe.declared):
            raise LeftToCompilerError
        assert value is not None
        return value

    def command(self, command: Command, final: _Built | None) -> _Built:
        first = command.args[0]
        args = command.args[1:]
        if isinstance(first, Field):
            return self.field(first, args, final)
        if isinstance(first, Identifier):
            return self.call(first, args, final)
        if isinstance(first, Variable):
            return self.variable(first, args, final)
        if isinstance(first, Chain):
            return self.chain(first, args, final)
        if args or final is not None:
            raise LeftToCompilerError
        if isinstance(first, Pipe):
            return self.inner(first)
        if isinstance(first, Dot):
            return _Built(dot, iface=self.dot_iface)
        return self.literal(first)

    def literal(self, node: Node) -> _Built:
        if isinstance(node, String):
            return _Built(constant(node.text), "s")
        if isinstance(node, Bool):
            return _Built(constant(node.value), "b")
        if isinstance(node, Number):
            value = ideal(node)
            if type(value) is int or type(value) is float:
                return _Built(constant(value), "i" if type(value) is int else "f")
        raise LeftToCompilerError

    def field(self, node: Field, args: list[Node], final: _Built | None) -> _Built:
        return self.fields(dot, self.dot_iface, node.ident, args, final)

    def variable(self, node: Variable, args: list[Node], final: _Built | None) -> _Built:
        name = node.ident[0]
        known = ("", False) if name == "$" else self.scope.get(name)
        if known is None:
            raise LeftToCompilerError
        place, element = known
        run = read(place) if place else top
        if len(node.ident) > 1:
            return self.fields(run, element, node.ident[1:], args, final)
        if args or final is not None:
            raise LeftToCompilerError
        return _Built(run, iface=element)

    def chain(self, node: Chain, args: list[Node], final: _Built | None) -> _Built:
        inner = node.node
        if isinstance(inner, Identifier):
            return self.fields(self.call(inner, [], None).run, True, node.fields, args, final)
        if not isinstance(inner, Pipe):
            raise LeftToCompilerError
        return self.fields(self.inner(inner).run, False, node.fields, args, final)

    def fields(self, receiver: Run, iface: bool, ident: list[str], args: list[Node], final: _Built | None) -> _Built:
        """Return ``receiver.a.b``; the last field may be a method that takes arguments."""
        if args or final is not None:
            if len(ident) > 1:
                receiver = self.fields(receiver, iface, ident[:-1], [], None).run
            runs = [self.argument(arg, "a").run for arg in args]
            return _Built(method_call(receiver, ident[-1], runs, None if final is None else final.run), iface=True)
        if len(ident) > 3 or not VALUES_METHODS.isdisjoint(ident):
            return _Built(far_field(hn if iface else gn, receiver, tuple(ident)), iface=True)
        return _Built(near_field((_GET_OF_ELEMENT if iface else _GET)[len(ident) - 1], receiver, ident), iface=True)

    def call(self, node: Identifier, args: list[Node], final: _Built | None) -> _Built:
        """Return a function call."""
        name = node.ident
        count = len(args) + (final is not None)
        if name in ("and", "or", "not"):
            return self.boolean(name, args, final)
        function = self.functions[name]
        signature = function.signature
        if name == "call" or wrong_count(name, signature, len(args), count):
            raise LeftToCompilerError
        runs: list[Run] = [self.argument(arg, signature.parameter(index)).run for index, arg in enumerate(args)]
        last = None if final is None else self.check(final, signature.parameter(count - 1)).run
        if name in ("eq", "ne", "index") and count == 2:
            name += "2"
        body = self.load(name)
        run = render_call(body, runs, last) if function.takes_render else call(body, runs, last)
        return _Built(run, signature.result, signature.result == "a")

    def boolean(self, name: str, args: list[Node], final: _Built | None) -> _Built:
        """Return and, or, not as Python's own."""
        runs = [self.argument(arg, "v").run for arg in args]
        if final is not None:
            runs.append(final.run)
        if not runs or (name == "not" and len(runs) != 1):
            raise LeftToCompilerError
        if name == "not":
            return _Built(negated(runs[0]), "b")
        run = all_of(runs) if name == "and" else one_of(runs)
        return _Built(run, skips_final=final is not None and len(runs) > 1)

    def argument(self, node: Node, kind: str) -> _Built:
        """Return an argument for a parameter of type *kind*."""
        if isinstance(node, Dot):
            value = _Built(dot, iface=self.dot_iface)
        elif isinstance(node, Nil):
            if kind not in NILABLE:
                raise LeftToCompilerError
            return _Built(nothing)
        elif isinstance(node, Field):
            value = self.field(node, [], None)
        elif isinstance(node, Variable):
            value = self.variable(node, [], None)
        elif isinstance(node, Pipe):
            value = self.inner(node)
        elif isinstance(node, Identifier):
            value = self.call(node, [], None)
        elif isinstance(node, Chain):
            value = self.chain(node, [], None)
        elif kind in "av":
            return self.literal(node)
        else:
            literal = typed_constant(node, kind)
            if literal is None:
                raise LeftToCompilerError
            return _Built(constant(literal), kind)
        return self.check(value, kind)

    def check(self, value: _Built, kind: str) -> _Built:
        """Return *value* checked for a parameter of type *kind*."""
        if kind in "av" or value.result == kind:
            return value
        exact = PYTHON_CLASSES.get(kind)
        if exact is None:
            return _Built(fitting(value.run, kind, value.iface), kind)
        return _Built(exactly(value.run, exact), kind)
