"""A set of templates that know each other, and one run over them.

Source: Go 1.26 text/template/template.go (Parse, associate, Clone) and
exec.go (Execute, ExecError).
"""

from __future__ import annotations

import sys
from types import CodeType, FunctionType

from fairlead.engines.gotemplate import strconv
from fairlead.engines.gotemplate.errors import ExecError, Fault, FuncError, LimitError, Place, TemplateError
from fairlead.engines.gotemplate.gotypes import IntList, StrList
from fairlead.engines.gotemplate.signatures import Function
from fairlead.engines.record import Record

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    from fairlead.engines.gotemplate import codemodel
    from fairlead.engines.gotemplate.nodes import Node, Tree
    from fairlead.engines.gotemplate.quick import Known

    Body = Callable[["Render", Callable[[str], None], object], None]


MAX_DEPTH = 10_000  # Go: 100000 templates deep, which Python cannot hold
_FRAMES = 60_000  # Python frames that MAX_DEPTH may need
MAX_CHAIN_CHARS = 128 * 1024 * 1024  # of the texts of one error; Go has no bound, and they grow with the depth squared


class Limits(Record, frozen=True):
    """Bounds of one render."""

    steps: int = 50_000_000  # range iterations and template calls
    output_chars: int = 512 * 1024 * 1024


# Whether a template is compiled when a FirstRender meets it, interpreted, or was interpreted and is compiled next time.
READY, EARLY, MET = range(3)


class Template:
    """One named template of a file: its body is compiled when first needed."""

    __slots__ = ("_body", "code", "file", "is_empty", "name", "packed", "source", "stage")

    def __init__(self, source: Source, name: str, is_empty: bool, packed: bytes = b"", stage: int = READY) -> None:
        self.source = source
        self.name = name
        self.is_empty = is_empty
        self.stage = stage
        self.code: CodeType | None = None
        self.packed = packed  # the code, as the source's *unpack* takes it
        self._body: Body | None = None

    def body(self) -> Body:
        """Return the compiled function."""
        if self._body is None:
            self._body = self.source.link(self)
        return self._body


def _parse(name: str, text: str, functions: Mapping[str, Function]) -> dict[str, Tree]:
    """Return the trees of a text. The parser is imported when the first text is not in a cache."""
    from fairlead.engines.gotemplate import parser

    return parser.parse(name, text, functions)


def _parse_quickly(name: str, text: str, known: Known) -> dict[str, Tree] | None:
    """Return the trees of a text that is read easily."""
    from fairlead.engines.gotemplate import quick

    try:
        return quick.parse_quickly(name, text, known)
    except quick.Unsure:
        return None


class Source:
    """A template text and the templates it defines.

    Immutable apart from what is compiled lazily, so it may be shared by
    renders and kept in a cache by (name, text).
    """

    __slots__ = ("_first", "_known", "_trees", "functions", "name", "templates", "text", "unpack")

    def __init__(
        self,
        name: str,
        text: str,
        functions: Mapping[str, Function],
        ready: Mapping[str, tuple[bool, bytes]] | None = None,
        unpack: Callable[[bytes], CodeType | None] | None = None,
        known: Callable[[], Known] | None = None,
    ) -> None:
        """Parse *text*, or take what an earlier process found in it: *ready*, whose code *unpack* unpacks.

        With what is *known* of other texts, it is read quickly if it can be, for all that needs no positions.

        Raises:
            ParseError: with Go's text.
        """
        self.name = name
        self.text = text
        self.functions = functions
        self._trees: dict[str, Tree] | None = None
        self._first: dict[str, Tree] | None = None  # without places
        self._known = known
        stage = EARLY if ready is None else READY
        if ready is None:
            ready = {key: (tree.is_empty, b"") for key, tree in self._some_trees().items()}
        self.unpack = unpack
        self.templates = {
            key: Template(self, key, is_empty, packed, stage) for key, (is_empty, packed) in ready.items()
        }

    def tree(self, name: str) -> Tree:
        """Return the parse tree of one of the templates."""
        if self._trees is None:
            self._trees = _parse(self.name, self.text, self.functions)
            self._first = None
        return self._trees[name]

    def some_tree(self, name: str) -> Tree:
        """Return the same, perhaps without positions."""
        return self._some_trees()[name]

    def _some_trees(self) -> dict[str, Tree]:
        if self._trees is not None:
            return self._trees
        if self._first is None and self._known is not None:
            self._first = _parse_quickly(self.name, self.text, self._known())
        if self._first is None:
            self._trees = _parse(self.name, self.text, self.functions)
            return self._trees
        return self._first

    def unit(self, name: str, trace: bool = False) -> codemodel.Unit:
        """Return the generated source of one of the templates."""
        from fairlead.engines.gotemplate import codegen

        return codegen.generate(self.tree(name), self.functions, trace)

    def compiled(self, template: Template) -> CodeType:
        """Return a template's code, compiling it when there is none yet."""
        if template.code is None and template.packed and self.unpack is not None:
            template.code = self.unpack(template.packed)
            if template.code is None:  # damaged
                template.packed = b""
        if template.code is None:
            from fairlead.engines.gotemplate import codegen

            unit = codegen.generate(self.some_tree(template.name), self.functions)  # the same with positions or without
            template.code = compile_unit(unit, self.name, template.name)
        return template.code

    def link(self, template: Template) -> Body:
        """Return a template's function over the global names of an ordinary run."""
        return link(self.compiled(template), self)

    def place(self, template: str, node: Node) -> Place:
        """Return where *node* of one of the templates is."""
        before = self.text[: node.pos]
        line_start = before.rfind("\n") + 1
        column = len(strconv.to_bytes(before[line_start:]))
        return Place(self.name, 1 + before.count("\n"), column, template, str(node))


def compile_unit(unit: codemodel.Unit, file: str, template: str) -> CodeType:
    """Return the code object of the function in *unit*."""
    try:
        module = compile(unit.source, f"{file}\x1f{template}", "exec", dont_inherit=True, optimize=0)
    except (RecursionError, MemoryError, SyntaxError) as error:
        raise LimitError(f"template {strconv.quote(template)} in {file} is nested too deeply: {error}") from None
    for constant in module.co_consts:
        if isinstance(constant, CodeType):
            return constant
    raise AssertionError("generated source defines no function")


_namespace: dict[int, dict[str, object]] = {}


def _globals_for(functions: Mapping[str, Function]) -> dict[str, object]:
    """Return the global names of generated code for one function table."""
    found = _namespace.get(id(functions))
    if found is None:
        from fairlead.engines.gotemplate.runtime import GLOBALS

        found = _namespace[id(functions)] = {**GLOBALS, "__functions__": functions}
    return found


def link(code: CodeType, source: Source) -> Body:
    """Return *code* as a function whose global names are resolved."""
    names = _globals_for(source.functions)
    for name in code.co_names:
        if name.startswith("f_") and name not in names:
            names[name] = _on_first_call(name, names, source.functions)
    body: Body = FunctionType(code, names)
    return body


def _on_first_call(name: str, names: dict[str, object], functions: Mapping[str, Function]) -> Callable[..., object]:
    """Return a stand-in that puts the function's body in its own place when first called."""

    def call(*args: object) -> object:
        body = names[name] = load_function(name[2:], functions)
        return body(*args)

    return call


def load_function(name: str, functions: Mapping[str, Function]) -> Callable[..., object]:
    """Return the Python body of a template function or of a compiler's variant of one."""
    from fairlead.engines.gotemplate.builtins import VARIANTS

    variant = VARIANTS.get(name)
    return variant if variant is not None else functions[name].load()


class Render:
    """One run: the templates in reach and what has been spent so far."""

    __slots__ = ("counts", "depth", "host", "limits", "output", "parent", "sources", "steps", "templates")

    def __init__(self, host: object, limits: Limits | None = None) -> None:
        self.templates: dict[str, Template] = {}
        self.sources: dict[str, Source] = {}
        self.host = host  # what functions that take the render look at
        self.limits = limits or Limits()
        self.depth = 0
        self.steps = 0
        self.output = 0
        self.counts: dict[str, int] = {}
        self.parent: Render | None = None

    def add(self, source: Source) -> None:
        """Add the templates of *source*; empty ones do not replace what is there."""
        self.sources[source.name] = source
        for name, template in source.templates.items():
            if template.is_empty and name in self.templates:
                continue
            self.templates[name] = template

    def child(self, source: Source) -> Render:
        """Return a render that also sees *source* (Go: Clone, then Parse)."""
        other = Render(self.host, self.limits)
        self.lend(other, source)
        return other

    def lend(self, other: Render, source: Source) -> None:
        """Make *other* a render inside this one, which also sees *source*."""
        other.templates = dict(self.templates)
        other.templates.pop(source.name, None)
        other.sources = self.sources
        other.counts = self.counts
        other.depth = self.depth
        other.parent = self
        for name, template in source.templates.items():
            if template.is_empty and name in other.templates:
                continue
            other.templates[name] = template

    def find(self, name: str) -> Body | None:
        """Return the body of a template by name."""
        template = self.templates.get(name)
        return None if template is None else template.body()

    def spend(self, steps: int) -> None:
        """Count *steps*; complain when the render has had enough."""
        top = self
        while top.parent is not None:
            top = top.parent
        top.steps += steps
        if top.steps > self.limits.steps:
            raise LimitError(f"render takes more than {self.limits.steps} steps")

    def enter(self) -> None:
        """Go one template deeper."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Fault(f"exceeded maximum template depth ({MAX_DEPTH})")

    def run(self, name: str, data: object) -> str:
        """Return the text of the template *name* over *data*.

        Raises:
            FuncError: there is no such template, in Go's words.
        """
        body = self.find(name)
        if body is None:
            raise FuncError(f'template: no template {strconv.quote(name)} associated with template "gotpl"')
        out: list[str] = []
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Fault(f"exceeded maximum template depth ({MAX_DEPTH})")
        body(self, out.append, data)
        self.depth -= 1
        text = "".join(out)
        self.output += len(text)
        if self.output > self.limits.output_chars:
            raise LimitError(f"render writes more than {self.limits.output_chars} characters")
        return text

    def execute(self, name: str, data: object) -> str:
        """Run a template from outside.

        Raises:
            ExecError: with Go's text and the places it came from.
            LimitError: a bound was crossed.
        """
        if sys.getrecursionlimit() < _FRAMES:
            sys.setrecursionlimit(_FRAMES)
        self.depth = 0
        try:
            return self.run(name, data)
        except Exception as error:
            raise explain(error, error.__traceback__) from None


# Errors.


class _Frame(Record):
    source: Source
    template: str
    site: codemodel.Site
    tpl: str | None  # the text, for a frame that tpl runs
    container: object = None  # what the value that a field was read of is an element of


def _frames(traceback: TracebackType | None) -> Iterator[_Frame]:
    from fairlead.engines.gotemplate import codemodel

    while traceback is not None:
        code = traceback.tb_frame.f_code
        if "\x1f" in code.co_filename:
            render = traceback.tb_frame.f_locals.get("R")
            name = code.co_filename.partition("\x1f")[2]
            if isinstance(render, Render):
                source = _source_of(render, code, name)
                if source is not None:
                    site = source.unit(name).sites.get(traceback.tb_lineno)
                    if site is None:
                        site = codemodel.Site(source.tree(name).root)
                    container = traceback.tb_frame.f_locals.get(site.container) if site.container else None
                    tpl = source.text if source.name == "gotpl" else None
                    yield _Frame(source, name, site, tpl, container)
        traceback = traceback.tb_next


def _source_of(render: Render, code: CodeType, name: str) -> Source | None:
    template = render.templates.get(name)
    if template is not None and template.code is code:
        return template.source
    file = code.co_filename.partition("\x1f")[0]
    return render.sources.get(file)


def explain(error: Exception, traceback: TracebackType | None) -> Exception:
    """Return the error to show for what was raised inside generated code."""
    if isinstance(error, LimitError):
        return error
    if isinstance(error, RecursionError):
        error = Fault(f"exceeded maximum template depth ({MAX_DEPTH})")
    frames = list(_frames(traceback))
    if not frames:
        return error if isinstance(error, TemplateError) else FuncError(str(error))
    chain: list[str] = []
    places: list[Place] = []
    wrapped = False
    text = ""
    inner: list[str] = []
    chars = 0
    for index in range(len(frames) - 1, -1, -1):
        frame = frames[index]
        innermost = index == len(frames) - 1
        site = frame.site
        if not innermost and (site.function == "template" or chars > MAX_CHAIN_CHARS):
            places.insert(0, frame.source.place(frame.template, site.fault))
            continue
        if innermost and isinstance(error, Fault):
            node, detail = _at_fault(frame, error)
            place = frame.source.place(frame.template, node)
            text = _located(place, detail)
            chain = [text]
        else:
            place = frame.source.place(frame.template, site.call or site.fault)
            if innermost:
                inner = _inner_chain(error)
                wrapped = True
            else:
                inner = [text, *chain[1:]] if chain else [text]
                inner = _tpl_chain(frames[index + 1], inner)
            text = _located(place, f"error calling {site.function}: {inner[0]}")
            chain = [text, *inner]
            chars += len(text)
        places.insert(0, place)
    return ExecError(tuple(chain), tuple(places), wrapped)


def _at_fault(frame: _Frame, error: Fault) -> tuple[Node, str]:
    """Return the node to name and what to say about it."""
    site = frame.site
    if error.receiver and isinstance(frame.container, range | IntList | StrList):
        return site.fault, str(error).replace("in type interface {}", f"in type {error.receiver}")
    if error.argument is None or error.argument >= len(site.arguments):
        return site.fault, str(error)
    from fairlead.engines.gotemplate.nodes import Bool, Nil, Number, String

    node = site.arguments[error.argument]
    missing = str(error).partition("invalid value; expected ")[2]
    if missing and isinstance(node, Nil):
        return node, f"cannot assign nil to {missing}"
    last, is_interface = site.noted[error.argument]
    if missing and is_interface:
        return last, f"wrong type for value; expected {missing}; got interface {{}}"
    if isinstance(node, Bool | Number | String):
        wanted = str(error).partition("expected ")[2].partition(";")[0]
        return node, f"expected {wanted}; found {node}"
    return last, str(error)


def _inner_chain(error: Exception) -> list[str]:
    if isinstance(error, ExecError):
        return list(error.chain)
    if isinstance(error, TemplateError):
        return [str(error)]
    if isinstance(error, UnboundLocalError):
        return ["undefined variable"]
    return [f"{type(error).__name__}: {error}"]


def _tpl_chain(callee: _Frame, inner: list[str]) -> list[str]:
    if callee.tpl is None or callee.template != "gotpl":
        return inner
    return [f"error during tpl function execution for {strconv.quote(callee.tpl)}: {inner[0]}", *inner]


def _located(place: Place, text: str) -> str:
    return f"template: {place}: executing {strconv.quote(place.template)} at <{place.context}>: {text}"
