"""Run compiled templates while noting which parts of their data they read.

What a template writes follows from its text and from what it reads, so whoever
knows what it read knows when its output can be used again. The code is that of
an ordinary run; only its global names are others: field access, ranges and
functions note what they look at before they do what they always do.

Maps and lists are told apart by identity, as templates pass them around by
reference: through variables, ``include``, ``tpl`` and computed maps. Whoever
gets hold of a map or list is taken to see which keys it has, or how long it is,
because an ``if`` of it leaves no trace. A function that has no rule is taken to
read all of what it is given.
"""

from __future__ import annotations

from types import FunctionType

from fairlead.engines.gotemplate import runtime
from fairlead.engines.gotemplate.gofmt import to_text
from fairlead.engines.gotemplate.gotypes import VALUES_METHODS
from fairlead.engines.gotemplate.template import Limits, Render, Source, Template, load_function

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence
    from typing import Any

    from fairlead.engines.gotemplate.signatures import Function
    from fairlead.engines.gotemplate.template import Body

    Rule = Callable[["Watch", Callable[..., Any]], Callable[..., Any]]

SCALARS = frozenset({str, int, bool, float, type(None)})
_HOLDERS = frozenset("avmlS")  # parameters that may take a map or a list


class Watch:
    """Notes of what was read, by the identity of maps and lists.

    Identities of things that were made on the way are among them; *known* are
    those of the data, which live throughout and so keep their identities.
    """

    __slots__ = ("children", "known", "members", "mutated", "shallow", "whole")

    def __init__(self, known: Container[int]) -> None:
        self.known = known
        self.children: set[tuple[int, object]] = set()  # what is under a key or index, or that nothing is
        self.members: set[int] = set()  # which keys there are, or how many elements
        self.shallow: set[int] = set()  # the keys, and the values that are no maps or lists
        self.whole: set[int] = set()  # everything below, too
        self.mutated = False  # something known was changed

    def clear(self) -> None:
        """Forget the notes."""
        for notes in (self.children, self.members, self.shallow, self.whole):
            notes.clear()
        self.mutated = False

    def held(self, value: Any) -> Any:
        """Note that *value* is in a template's hands; return it."""
        if type(value) not in SCALARS:
            self.members.add(id(value))
        return value

    def deep(self, value: Any) -> None:
        """Note that all of *value* is read."""
        left, seen = [value], set()
        while left:
            at = left.pop()
            if not isinstance(at, dict | list | tuple):
                continue
            key = id(at)
            if key in self.known:
                self.whole.add(key)
            elif key not in seen:
                seen.add(key)
                items = at.values() if isinstance(at, dict) else at
                left.extend(item for item in items if type(item) not in SCALARS)

    def steps(self, value: Any, path: Sequence[object]) -> None:
        """Note that *path* is followed into *value*, as far as it leads."""
        for name in path:
            if type(name) not in SCALARS:  # no key: an error is to come
                return
            self.children.add((id(value), name))
            try:
                value = value[name]
            except (KeyError, TypeError, IndexError):
                return


# Rules: what a function notes of its arguments.


def reads_all(watch: Watch, function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function note that it reads all of what it is given."""

    def call(*args: Any) -> Any:
        for arg in args:
            if type(arg) not in SCALARS:
                watch.deep(arg)
        return function(*args)

    return call


def reads_nothing(watch: Watch, function: Callable[..., Any]) -> Callable[..., Any]:
    """Leave a function alone that looks at types and emptiness only, or hands on what it is given."""
    return function


def reads_members(watch: Watch, function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function note that it reads the keys or the length of its arguments."""

    def call(*args: Any) -> Any:
        for arg in args:
            watch.held(arg)
        return function(*args)

    return call


def reads_level(watch: Watch, function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function note that it reads its arguments, but not the maps and lists in them."""

    def call(*args: Any) -> Any:
        for arg in args:
            if type(arg) not in SCALARS:
                watch.shallow.add(id(arg))
        return watch.held(function(*args))

    return call


def reads_path(watch: Watch, function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function note that it follows the keys after its first argument into it."""

    def call(item: Any, *keys: Any) -> Any:
        watch.steps(item, keys)
        return watch.held(function(item, *keys))

    return call


BUILTIN_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge", "eq2", "ne2", "not", "and", "or", "call"), reads_nothing),
    **dict.fromkeys(("len", "len_iface"), reads_members),
    **dict.fromkeys(("index", "index2"), reads_path),
}


class WatchedRender(Render):
    """A render that notes what the templates read while it has a *watch*; without, it is an ordinary one."""

    __slots__ = ("_bodies", "_names", "_rules", "watch")

    def __init__(self, host: object, limits: Limits | None, rules: Mapping[str, Rule]) -> None:
        super().__init__(host, limits)
        self.watch: Watch | None = None
        self._rules = rules
        self._names: dict[str, object] = {}  # filled for the watch that comes first; there is one in a render
        self._bodies: dict[int, Body] = {}

    def child(self, source: Source) -> Render:
        if self.watch is None:
            return super().child(source)
        other = WatchedRender(self.host, self.limits, self._rules)
        other.watch, other._names, other._bodies = self.watch, self._names, self._bodies
        self.lend(other, source)
        return other

    def find(self, name: str) -> Body | None:
        template = self.templates.get(name)
        if template is None or self.watch is None:
            return None if template is None else template.body()
        body = self._bodies.get(id(template))
        if body is None:
            body = self._bodies[id(template)] = self._linked(template, self.watch)
        return body

    def _linked(self, template: Template, watch: Watch) -> Body:
        functions = template.source.functions
        code = template.source.compiled(template)
        names = self._names
        if not names:
            names.update(_names(watch))
        for name in code.co_names:
            if name.startswith("f_") and name not in names:
                plain = name[2:]
                rule = self._rules.get(plain) or _rule_for(functions.get(plain))
                names[name] = rule(watch, load_function(plain, functions))
        body: Body = FunctionType(code, names)
        return body


def _rule_for(function: Function | None) -> Rule:
    """Return the rule of a function that has none of its own."""
    if function is not None and _HOLDERS.isdisjoint(function.signature.parameters):
        return reads_nothing
    return reads_all


def _names(watch: Watch) -> dict[str, object]:
    """Return the global names of generated code that note into *watch*."""
    children, members, held, steps = watch.children, watch.members, watch.held, watch.steps

    def one(get: Callable[..., object]) -> Callable[..., object]:
        def field(value: object, name: str) -> object:
            children.add((id(value), name))
            found = get(value, name)
            if type(found) not in SCALARS:
                members.add(id(found))
            return found

        return field

    def several(get: Callable[..., object]) -> Callable[..., object]:
        def fields(value: object, *path: str) -> object:
            steps(value, path)
            return held(get(value, *path))

        return fields

    def listed(get: Callable[..., object]) -> Callable[..., object]:
        def fields(value: object, path: tuple[str, ...]) -> object:
            if VALUES_METHODS.isdisjoint(path):
                steps(value, path)
            else:
                watch.deep(value)
            return held(get(value, path))

        return fields

    def elements(render: Render, value: object) -> Sequence[object]:
        watch.shallow.add(id(value))
        found = runtime.items(render, value)
        if type(found) is not range:
            for item in found:
                held(item)
        return found

    def pairs(render: Render, value: object) -> Sequence[tuple[object, object]]:
        watch.shallow.add(id(value))
        found = runtime.pairs(render, value)
        for _, item in found:
            held(item)
        return found

    return {
        **runtime.GLOBALS,
        "g1": one(runtime.g1),
        "g2": several(runtime.g2),
        "g3": several(runtime.g3),
        "gn": listed(runtime.gn),
        "h1": one(runtime.h1),
        "h2": several(runtime.h2),
        "h3": several(runtime.h3),
        "hn": listed(runtime.hn),
        "items": elements,
        "pairs": pairs,
        "method": _method(watch),
        "S": reads_all(watch, to_text),
    }


def _method(watch: Watch) -> Callable[..., Callable[..., object]]:
    def method(receiver: object, name: str, iface: bool, count: int) -> Callable[..., object]:
        watch.deep(receiver)
        return reads_all(watch, runtime.method(receiver, name, iface, count))

    return method
