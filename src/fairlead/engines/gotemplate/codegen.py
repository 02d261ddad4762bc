"""Turn a parse tree into the source of one Python function.

The function is ``t(R, w, d)``: the render, the writer and dot. Everything in
it that can fail starts on a line of its own, so a traceback's line number
leads back to the node: ``Unit.sites`` has one entry for each such line. The
source is a function of the tree alone, so the sites need not be kept beside
compiled code: they are made again when an error has to be shown.

Source of the evaluation rules: Go 1.26 text/template/exec.go; where a comment
says "at", it is the node that exec.go's ``state.at`` would have noted last.
"""

from __future__ import annotations

from fairlead.engines.gotemplate import strconv
from fairlead.engines.gotemplate.codemodel import (
    CONSTANT_NODES,
    CONSTANTS,
    MAX_LOOPS,
    PYTHON_CLASSES,
    Context,
    Local,
    Site,
    Unit,
    Value,
    constant_source,
    ideal,
    is_there,
    typed_constant,
    wrong_count,
)
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
from fairlead.engines.gotemplate.signatures import NILABLE, PARAMETER_TYPES, Function

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping


def generate(tree: Tree, functions: Mapping[str, Function], trace: bool = False) -> Unit:
    """Return the Python source for *tree*.

    With *trace*, writes carry the index of the node that made them, and field
    access goes through the tracing helpers (see trace.py).
    """
    return _Generator(functions, trace).run(tree)


class _Generator:
    def __init__(self, functions: Mapping[str, Function], trace: bool) -> None:
        self.functions = functions
        self.trace = trace
        self.lines: list[str] = []
        self.sites: list[Site] = []
        self.used: dict[str, None] = {}
        self.serial = 0
        self.faults = 0
        self.loops = 0
        self.context = Context()
        self.last: Node = Nil(0)  # exec.go's state.node

    def run(self, tree: Tree) -> Unit:
        self.last = tree.root
        self.body(tree.root, 1)
        raw = "def t(R, w, d):\n" + "".join(self.lines)
        sites: dict[int, Site] = {}
        lines = raw.split("\n")
        for number, line in enumerate(lines):
            if "\x01" in line:
                head, _, tail = line.partition("\x01")
                mark, _, rest = tail.partition("\x02")
                lines[number] = head + rest
                sites[number + 1] = self.sites[int(mark)]
        return Unit("\n".join(lines), sites, list(self.used))

    # Output helpers.

    def emit(self, depth: int, code: str) -> None:
        self.lines.append(" " * depth + code + "\n")

    def fresh(self, prefix: str) -> str:
        self.serial += 1
        return f"{prefix}{self.serial}"

    def site(
        self, code: str, fault: Node, call: Node | None = None, function: str = "", arguments: tuple[Node, ...] = ()
    ) -> str:
        """Return *code* on a line of its own that is known to the error reporter."""
        self.sites.append(Site(fault, call, function, arguments))
        return f"\n\x01{len(self.sites) - 1}\x02{code}"

    def fault(self, text: str, at: Node) -> Value:
        self.faults += 1
        return Value(self.site(f"fault({text!r})", at), skips_final=True)

    # Statements.

    def body(self, listing: Listing, depth: int) -> None:
        before = len(self.lines)
        for node in listing.nodes:
            self.statement(node, depth)
            if isinstance(node, Break | Continue):
                break
        if len(self.lines) == before:
            self.emit(depth, "pass")

    def scoped_body(self, listing: Listing, depth: int) -> None:
        self.context.scopes.append({})
        self.body(listing, depth)
        self.context.scopes.pop()

    def statement(self, node: Node, depth: int) -> None:
        if isinstance(node, Text):
            self.emit(depth, self.write(repr(node.text), node))
        elif isinstance(node, Action):
            self.action(node, depth)
        elif isinstance(node, Branch):
            self.last = node
            self.context.scopes.append({})
            if node.keyword == "range":
                self.range(node, depth)
            else:
                self.branch(node, depth, "if")
            self.context.scopes.pop()
        elif isinstance(node, TemplateCall):
            self.template(node, depth)
        elif isinstance(node, Break):
            self.emit(depth, "break")
        elif isinstance(node, Continue):
            self.emit(depth, "continue")

    def write(self, code: str, node: Node) -> str:
        return f"w({code}, {node.pos}, {isinstance(node, Text)!s})" if self.trace else f"w({code})"

    def action(self, node: Action, depth: int) -> None:
        self.last = node
        if node.pipe.declared:
            self.declare(node.pipe, depth)
            return
        value = self.pipeline(node.pipe)
        if value.result == "s":
            code = value.code
        else:
            code = f"t if type(t := {value.code}) is str else S(t)"
        self.emit(depth, self.write(code, node))

    def declare(self, pipe: Pipe, depth: int) -> str:
        """Emit a pipeline that declares or assigns; return the local that holds its value."""
        value = self.commands(pipe)
        name = ""
        for variable in pipe.declared:
            name = self.target(variable.ident[0], pipe.is_assign)
        self.emit(depth, f"{name} = ({value.code})")
        return name

    def target(self, name: str, is_assign: bool, iface: bool = False) -> str:
        """Return the local that *name* is stored in, made anew for a declaration."""
        if is_assign:
            local = self.lookup(name)
            if local is not None:
                if not iface:
                    local.iface = False
                return local.name
        local = Local(self.fresh("v"), iface)
        self.context.scopes[-1][name] = local
        return local.name

    def lookup(self, name: str) -> Local | None:
        for scope in reversed(self.context.scopes):
            if name in scope:
                return scope[name]
        return None

    def branch(self, node: Branch, depth: int, keyword: str) -> None:
        """Emit an if or with; *keyword* is ``elif`` inside an else-if chain."""
        context = self.context
        outer = context.dot, context.dot_iface, context.container
        value = self.commands(node.pipe)
        code = value.code
        if node.pipe.declared:
            for variable in node.pipe.declared:
                code = f"({self.target(variable.ident[0], node.pipe.is_assign)} := ({code}))"
        if node.keyword == "with":
            dot = self.fresh("d")
            code = f"({dot} := ({code}))"
            context.dot, context.dot_iface, context.container = dot, False, ""
        self.emit(depth, f"{keyword} ({code}):")
        self.scoped_body(node.body, depth + 1)
        context.dot, context.dot_iface, context.container = outer
        otherwise = node.otherwise
        if otherwise is None or not otherwise.nodes:
            return
        only = otherwise.nodes[0] if len(otherwise.nodes) == 1 else None
        if isinstance(only, Branch) and only.keyword != "range":
            self.last = only
            context.scopes.append({})
            self.branch(only, depth, "elif")
            context.scopes.pop()
        else:
            self.emit(depth, "else:")
            self.scoped_body(otherwise, depth + 1)

    def range(self, node: Branch, depth: int) -> None:
        context = self.context
        outer = context.dot, context.dot_iface, context.container
        pipe = node.pipe
        value = self.commands(pipe)
        names = [self.target(variable.ident[0], pipe.is_assign, True) for variable in pipe.declared]
        items = self.fresh("r")
        if pipe.declared and not pipe.is_assign:
            context.scopes[-1][pipe.declared[-1].ident[0]].container = items
        if len(names) == 2 and not pipe.is_assign:
            self.context.scopes[-1][pipe.declared[0].ident[0]].iface = False
        helper = "pairs" if len(names) == 2 else "items"
        self.emit(depth, f"{items} = ({self.site(f'{helper}(R, {value.code})', self.last)})")
        dot = self.fresh("d")
        target = f"{names[0]}, {dot}" if len(names) == 2 else dot
        indent = depth
        if node.otherwise is not None and node.otherwise.nodes:
            self.emit(depth, f"if {items}:")
            indent = depth + 1
        self.loops += 1
        if self.loops > MAX_LOOPS:
            self.emit(indent, f"limit('more than {MAX_LOOPS} nested ranges in one template')")
        else:
            self.emit(indent, f"for {target} in {items}:")
            for name in names[-1:]:
                self.emit(indent + 1, f"{name} = {dot}")
            context.dot, context.dot_iface, context.container = dot, True, items
            self.scoped_body(node.body, indent + 1)
        self.loops -= 1
        context.dot, context.dot_iface, context.container = outer
        if indent != depth and node.otherwise is not None:
            self.emit(depth, "else:")
            self.scoped_body(node.otherwise, depth + 1)

    def template(self, node: TemplateCall, depth: int) -> None:
        self.last = node
        code = "None"
        if node.pipe is not None:
            value = self.pipeline(node.pipe)
            code = value.code
        call = self.site(f"call_template(R, w, {node.name!r}, {code})", node, node, "template")
        self.emit(depth, f"({call})")

    # Expressions.

    def pipeline(self, pipe: Pipe) -> Value:
        """Return a pipeline's value; declarations inside it become assignment expressions."""
        value = self.commands(pipe)
        if pipe.declared:
            code = value.code
            for variable in pipe.declared:
                code = f"({self.target(variable.ident[0], pipe.is_assign)} := ({code}))"
            return Value(code, value.result)
        return value

    def commands(self, pipe: Pipe) -> Value:
        self.last = pipe
        value: Value | None = None
        for command in pipe.commands:
            value = self.stage(command, value)
            value.iface = False  # evalPipeline digs into the interface
        assert value is not None
        for variable in pipe.declared if pipe.is_assign else ():
            if self.lookup(variable.ident[0]) is None:
                fault = self.fault(f"undefined variable: {variable.ident[0]}", self.last)
                return Value(f"(({value.code}), {fault.code})[1]")
        return value

    def stage(self, command: Command, before: Value | None) -> Value:
        """Return a command over the value of the one before it, which is evaluated first: its errors come first."""
        if before is None:
            return self.command(command, None)
        plain = isinstance(command.args[0], Identifier) and all(
            isinstance(arg, CONSTANT_NODES) and not isinstance(arg, Dot) for arg in command.args[1:]
        )
        if plain or before.code.isidentifier():
            faults = self.faults
            value = self.command(command, before)
            if (value.skips_final or self.faults > faults) and not before.code.isidentifier():
                return Value(f"(({before.code}), {value.code})[1]")
            return value
        name = self.fresh("p")
        value = self.command(command, Value(name, before.result))
        return Value(f"(({name} := ({before.code})), ({value.code}))[1]", value.result, value.iface)

    def command(self, command: Command, final: Value | None) -> Value:
        first = command.args[0]
        args = command.args[1:]
        if isinstance(first, Field):
            self.last = first
            context = self.context
            return self.fields(
                context.dot, context.dot_iface, first, first.ident, args, final, container=context.container
            )
        if isinstance(first, Identifier):
            return self.call(first, command, args, final)
        if isinstance(first, Variable):
            return self.variable(first, args, final)
        if isinstance(first, Chain):
            return self.chain(first, args, final)
        if not isinstance(first, Pipe):
            self.last = first
        if args or final is not None:
            return self.fault(f"can't give argument to non-function {first!s}", self.last)
        if isinstance(first, Pipe):
            return self.pipeline(first)
        if isinstance(first, Nil):
            return self.fault("nil is not a command", first)
        if isinstance(first, Dot):
            return Value(self.context.dot, iface=self.context.dot_iface)
        return self.literal(first)

    def literal(self, node: Node) -> Value:
        if isinstance(node, String):
            return Value(repr(node.text), "s")
        if isinstance(node, Bool):
            return Value(repr(node.value), "b")
        if isinstance(node, Number):
            return self.ideal(node)
        return self.fault(f"can't evaluate command {strconv.quote(str(node))}", node)

    def ideal(self, node: Number) -> Value:
        """Return a number constant where no type is asked for."""
        value = ideal(node)
        if value is None:
            return self.fault(f"{node.text} overflows int", node)
        return Value(constant_source(value), {int: "i", float: "f"}.get(type(value), "a"))

    def variable(self, node: Variable, args: list[Node], final: Value | None) -> Value:
        self.last = node
        local = self.lookup(node.ident[0])
        if local is None:
            return self.fault(f"undefined variable: {node.ident[0]}", node)
        if len(node.ident) > 1:
            return self.fields(local.name, local.iface, node, node.ident[1:], args, final, container=local.container)
        if args or final is not None:
            return self.fault(f"can't give argument to non-function {node}", node)
        return Value(local.name, iface=local.iface)

    def chain(self, node: Chain, args: list[Node], final: Value | None) -> Value:
        self.last = node
        inner = node.node
        if isinstance(inner, Nil):
            return self.fault(f"indirection through explicit nil in {node}", node)
        if isinstance(inner, Identifier):
            value = self.call(inner, inner, [], None)
            return self.fields(value.code, True, node, node.fields, args, final)
        assert isinstance(inner, Pipe)
        value = self.pipeline(inner)
        name = self.fresh("c")
        found = self.fields(f"({name} := ({value.code}))", False, node, node.fields, args, final)
        found.receiver = name
        return found

    def fields(
        self,
        receiver: str,
        iface: bool,
        node: Node,
        ident: list[str],
        args: list[Node],
        final: Value | None,
        container: str = "",
    ) -> Value:
        """Return ``receiver.a.b``; the last field may be a method that takes arguments."""
        if args or final is not None:
            nested: object = False
            if len(ident) > 1:
                nested = is_there(receiver)
                receiver = self.fields(receiver, iface, node, ident[:-1], [], None, container=container).code
            at = self.last  # what is no method does not look at its arguments
            values: list[str] = []
            noted: list[tuple[Node, bool]] = []
            for arg in args:
                value = self.argument(arg, "a")
                values.append(value.code)
                noted.append((self.last, value.iface))
            if final is not None:
                values.append(final.code)
            found = f"method({receiver}, {ident[-1]!r}, {iface or nested}, {len(values)})"
            code = self.site(f"{found}({', '.join(values)})", at, node, ident[-1], tuple(args))
            self.sites[-1].container = "" if len(ident) > 1 else container
            self.sites[-1].noted = noted
            return Value(code, iface=True)
        if self.trace or len(ident) > 3 or not VALUES_METHODS.isdisjoint(ident):
            helper = "hn" if iface else "gn"
            arguments = repr(tuple(ident))
        else:
            helper = f"{'h' if iface else 'g'}{len(ident)}"
            arguments = ", ".join(map(repr, ident))
        code = self.site(f"{helper}({receiver}, {arguments})", self.last, node, ident[-1])
        self.sites[-1].container = container
        return Value(code, iface=True, receiver="" if iface else receiver)

    def call(self, node: Identifier, command: Node, args: list[Node], final: Value | None) -> Value:
        """Return a function call (Go: evalCall)."""
        self.last = node
        name = node.ident
        if name in ("and", "or", "not"):
            value = self.boolean(name, node, args, final)
            if value is not None:
                return value
        function = self.functions[name]
        signature = function.signature
        count = len(args) + (final is not None)
        wrong = wrong_count(name, signature, len(args), count)
        if wrong:
            return self.fault(wrong, node)
        if name == "call":
            return self.call_builtin(command, args, final)
        codes: list[str] = []
        ifaces: list[bool] = []
        receiver = ""
        for index, arg in enumerate(args):
            value = self.argument(arg, signature.parameter(index))
            codes.append(value.code)
            ifaces.append(value.iface)
            receiver = value.receiver
        if final is not None:
            final = self.check(final, signature.parameter(count - 1), self.last)
            codes.append(final.code)
            ifaces.append(False)
        if name == "len" and ifaces == [True]:
            name = "len_iface"
            codes.append(str(is_there(receiver)))
        if name in ("eq", "ne", "index") and count == 2:
            name += "2"
        self.used[name] = None
        if function.takes_render:
            codes.insert(0, "R")
        code = self.site(f"f_{name}({', '.join(codes)})", command, command, node.ident)
        return Value(code, signature.result, signature.result == "a")

    def boolean(self, name: str, node: Node, args: list[Node], final: Value | None) -> Value | None:
        """Return and, or, not as Python's own: truth is the same, and so is the value that comes back."""
        codes = [self.argument(arg, "v").code for arg in args]
        if final is not None:
            codes.append(final.code)
        if not codes or (name == "not" and len(codes) != 1):
            return None
        if name == "not":
            return Value(f"(not {codes[0]})", "b")
        return Value("(" + f" {name} ".join(codes) + ")", skips_final=final is not None and len(codes) > 1)

    def call_builtin(self, command: Node, args: list[Node], final: Value | None) -> Value:
        callee = str(args[0]) if args else "<reflect.Value Value>"
        codes = [self.argument(arg, "v").code for arg in args]
        if final is not None:
            codes.append(final.code)
        self.used["call"] = None
        return Value(self.site(f"f_call({callee!r}, {', '.join(codes)})", command, command, "call"), iface=True)

    def argument(self, node: Node, kind: str) -> Value:
        """Return an argument for a parameter of type *kind* (Go: evalArg)."""
        self.last = node
        if isinstance(node, Dot):
            return self.check(Value(self.context.dot, iface=self.context.dot_iface), kind, node)
        if isinstance(node, Nil):
            if kind in NILABLE:
                return Value("None")
            return self.fault(f"cannot assign nil to {PARAMETER_TYPES[kind]}", node)
        if isinstance(node, Field):
            context = self.context
            value = self.fields(context.dot, context.dot_iface, node, node.ident, [], None, container=context.container)
        elif isinstance(node, Variable):
            value = self.variable(node, [], None)
        elif isinstance(node, Pipe):
            value = self.pipeline(node)
            value.iface = False
        elif isinstance(node, Identifier):
            value = self.call(node, node, [], None)
        elif isinstance(node, Chain):
            value = self.chain(node, [], None)
        else:
            return self.constant(node, kind)
        return self.check(value, kind, self.last)

    def constant(self, node: Node, kind: str) -> Value:
        """Return a literal as an argument of type *kind*."""
        if kind in "av":
            return self.literal(node)
        wanted = CONSTANTS.get(kind)
        if wanted is None:
            return self.fault(f"can't handle {node!s} for arg of type {PARAMETER_TYPES[kind]}", node)
        value = typed_constant(node, kind)
        if value is not None:
            return Value(constant_source(value), kind)
        return self.fault(f"expected {wanted}; found {node!s}", node)

    def check(self, value: Value, kind: str, at: Node) -> Value:
        """Return *value* checked for a parameter of type *kind* (Go: validateType)."""
        if kind in "av" or value.result == kind:
            return value
        python = PYTHON_CLASSES.get(kind)
        iface = is_there(value.receiver) if value.iface else False
        bad = self.site(f"bad_argument(t, {kind!r}, {iface})", at)
        if python is None:
            helper = "fits_iface" if value.iface else "fits"
            if value.iface and value.receiver.isidentifier() and kind in NILABLE:
                bad = f"t if t is {value.receiver} is None else ({bad})"
            return Value(f"(t if {helper}((t := {value.code}), {kind!r}) else ({bad}))", kind)
        return Value(f"(t if type(t := {value.code}) is {python.__name__} else ({bad}))", kind)
