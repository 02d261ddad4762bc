"""A render that interprets the templates it meets for the first time.

Most templates of a chart run once in a process; compiling them costs more than the run. So the first render that needs
a template interprets it (interpreter.py), and compiles it only when it is called often; the next render compiles it.
An interpreted run has no error texts: on any error it raises `AgainError`, and the caller runs everything again, over
fresh data, in an ordinary Render.
"""

from __future__ import annotations

from fairlead.engines.gotemplate.template import EARLY, MET, Limits, Render, Source, Template, load_function

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fairlead.engines.gotemplate.nodes import Tree
    from fairlead.engines.gotemplate.signatures import Function
    from fairlead.engines.gotemplate.template import Body

MAX_CALLS = 60  # of an interpreted template; compiling takes about as long as so many calls save
MAX_DEPTH = 200  # of templates inside each other; interpreting takes more of the stack than compiled code


class AgainError(Exception):
    """An interpreted run went wrong: only an ordinary Render can say how."""


class FirstRender(Render):
    """One run; templates that no earlier render met are interpreted."""

    __slots__ = ("bodies", "loaded")

    def __init__(self, host: object, limits: Limits | None = None) -> None:
        super().__init__(host, limits)
        self.bodies: dict[Template, Body] = {}  # of the interpreted templates
        self.loaded: dict[str, Callable[..., object]] = {}  # template functions by name

    def child(self, source: Source) -> Render:
        other = FirstRender(self.host, self.limits)
        other.bodies, other.loaded = self.bodies, self.loaded
        self.lend(other, source)
        return other

    def find(self, name: str) -> Body | None:
        template = self.templates.get(name)
        if template is None:
            return None
        body = self.bodies.get(template)
        if body is None:
            if template.stage != EARLY:
                return template.body()
            template.stage = MET
            tree = template.source.some_tree(template.name)
            if tree.is_deep:
                return template.body()
            body = self.bodies[template] = self._interpreted(template, tree)
        return body

    def _interpreted(self, template: Template, tree: Tree) -> Body:
        """Return a body that interprets at first, and is compiled when it is called often."""
        from fairlead.engines.gotemplate.interpreter import interpret

        functions = template.source.functions
        inner = interpret(tree, functions, lambda name: self._load(name, functions))
        calls = 0

        def body(render: Render, write: Callable[[str], None], data: object) -> None:
            nonlocal calls
            calls += 1
            if calls > MAX_CALLS or render.depth > MAX_DEPTH:
                self.bodies[template] = template.body()
                template.body()(render, write, data)
            else:
                inner(render, write, data)

        return body

    def _load(self, name: str, functions: Mapping[str, Function]) -> Callable[..., object]:
        found = self.loaded.get(name)
        if found is None:
            found = self.loaded[name] = load_function(name, functions)
        return found

    def execute(self, name: str, data: object) -> str:
        """Run a template from outside.

        Raises:
            AgainError: something went wrong, and some of what ran was interpreted.
            ExecError, LimitError: as in Render, when nothing was.
        """
        try:
            return super().execute(name, data)
        except Exception:
            if self.bodies:
                raise AgainError from None
            raise
