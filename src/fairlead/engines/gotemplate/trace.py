"""Run templates while noting which template line and which data made each output line.

The ordinary run keeps nothing; a traced one is made on request, over the same
inputs. It compiles the same trees with other helpers: writes carry the node's
position, field access notes the path of what it reads, and text that comes
from ``include``, ``tpl`` or a function keeps its lines' origins as far as the
lines can be told apart in the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar

from fairlead.engines.gotemplate import runtime
from fairlead.engines.gotemplate.errors import Fault, FuncError
from fairlead.engines.gotemplate.gofmt import to_text
from fairlead.engines.gotemplate.template import Render, Source, Template, compile_unit, load_function

if TYPE_CHECKING:
    from fairlead.engines.gotemplate.template import Body

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A template line that had a hand in an output line."""

    file: str
    line: int
    template: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What made a line: steps from the outermost template in, and the paths that were read."""

    steps: tuple[Step, ...] = ()
    keys: tuple[Path, ...] = ()

    def plus(self, other: Origin) -> Origin:
        return Origin(_union(self.steps, other.steps), _union(self.keys, other.keys))


def _union(first: tuple[Any, ...], second: tuple[Any, ...]) -> tuple[Any, ...]:
    return first + tuple(item for item in second if item not in first)


NOWHERE = Origin()


class TracedText(str):
    """A string whose lines know their origins."""

    origins: list[Origin]
    go_type: ClassVar[str] = "string"
    go_kind: ClassVar[str] = "string"


def traced(text: str, origins: list[Origin]) -> TracedText:
    """Return *text* with one origin for each of its lines."""
    made = TracedText(text)
    made.origins = origins
    return made


class Writer:
    """Collects output and the origin of each line of it."""

    def __init__(self, tracer: TraceRender) -> None:
        self.tracer = tracer
        self.parts: list[str] = []
        self.origins: list[Origin] = [NOWHERE]

    def bound(self, source: Source, template: str) -> Callable[..., None]:
        """Return the write function of one template's body."""
        text = source.text
        name = source.name

        def write(value: str, pos: int, is_text: bool) -> None:
            line = 1 + text.count("\n", 0, pos)
            keys = self.tracer.take()
            if is_text:
                self.literal(str(value), name, line, template)
                return
            here = Origin((Step(name, line, template),), keys)
            inner = value.origins if isinstance(value, TracedText) else None
            for index, piece in enumerate(value.split("\n")):
                origin = here if inner is None else Origin(here.steps, ()).plus(inner[min(index, len(inner) - 1)])
                if inner is not None and len(inner) == 1:
                    origin = origin.plus(Origin((), keys))
                self.piece(index, piece, origin)
            self.parts.append(str(value))

        return write

    def literal(self, value: str, name: str, line: int, template: str) -> None:
        for index, piece in enumerate(value.split("\n")):
            self.piece(index, piece, Origin((Step(name, line + index, template),)))
        self.parts.append(value)

    def piece(self, index: int, piece: str, origin: Origin) -> None:
        if index:
            self.origins.append(origin if piece else NOWHERE)
        elif piece:
            self.origins[-1] = self.origins[-1].plus(origin)

    def result(self) -> TracedText:
        return traced("".join(self.parts), self.origins)


class TraceRender(Render):
    """A render whose output knows where it came from.

    *paths* maps the identity of each map and list of interest to its path.
    """

    __slots__ = ("_bodies", "_names", "paths", "reads")

    def __init__(self, host: object, limits: Any, paths: dict[int, Path]) -> None:
        super().__init__(host, limits)
        self.paths = paths
        self.reads: list[Path] = []
        self._bodies: dict[int, Body] = {}
        self._names: dict[str, object] | None = None

    def take(self) -> tuple[Path, ...]:
        """Return the paths read since the last time, the longest of each branch."""
        found: list[Path] = []
        for path in self.reads:
            if (
                path
                and path not in found
                and not any(other[: len(path)] == path for other in self.reads if other != path)
            ):
                found.append(path)
        self.reads.clear()
        return tuple(found)

    def child(self, source: Source) -> Render:
        other = TraceRender(self.host, self.limits, self.paths)
        other.templates = {**self.templates}
        other.templates.pop(source.name, None)
        other.sources, other.counts, other.depth, other.parent = self.sources, self.counts, self.depth, self
        other.reads = self.reads
        for name, template in source.templates.items():
            if not (template.is_empty and name in other.templates):
                other.templates[name] = template
        return other

    def find(self, name: str) -> Body | None:
        template = self.templates.get(name)
        if template is None:
            return None
        body = self._bodies.get(id(template))
        if body is None:
            body = self._bodies[id(template)] = self._compile(template)
        return body

    def _compile(self, template: Template) -> Body:
        source = template.source
        code = compile_unit(source.unit(template.name, trace=True), source.name, template.name)
        names = self._globals()
        for name in code.co_names:
            if name.startswith("f_") and name not in names:
                names[name] = self._wrap(name[2:], load_function(name[2:], source.functions))
        inner: Any = FunctionType(code, names)

        def body(render: Render, write: Any, data: object) -> None:
            writer: Writer = write.writer if hasattr(write, "writer") else write
            bound: Any = writer.bound(source, template.name)
            bound.writer = writer
            inner(render, bound, data)

        return body

    def run(self, name: str, data: object) -> str:
        body = self.find(name)
        if body is None:
            from fairlead.engines.gotemplate.strconv import quote

            raise FuncError(f'template: no template {quote(name)} associated with template "gotpl"')
        self.depth += 1
        outer, self.reads[:] = list(self.reads), []
        writer: Any = Writer(self)
        body(self, writer, data)
        self.reads[:] = outer
        self.depth -= 1
        return writer.result()  # type: ignore[no-any-return]

    def _globals(self) -> dict[str, object]:
        if self._names is None:
            self._names = {
                **runtime.GLOBALS,
                "gn": lambda value, path: self._field(value, path, runtime.gn),
                "hn": lambda value, path: self._field(value, path, runtime.hn),
                "items": self._items,
                "pairs": self._pairs,
                "S": lambda value: value if isinstance(value, TracedText) else to_text(value),
                "bad_argument": self._bad_argument,
                "method": _method,
            }
        return self._names

    def _bad_argument(self, value: object, kind: str, iface: bool) -> object:
        if isinstance(value, TracedText) and kind == "s":
            return value
        return runtime.bad_argument(value, kind, iface)

    def _field(self, value: object, path: tuple[str, ...], get: Callable[..., object]) -> object:
        at: Any = value
        known = self.paths.get(id(at))
        for name in path:
            if not isinstance(at, dict) or name not in at:
                break
            at = at[name]
            known = self.paths.get(id(at), None if known is None else (*known, name))
        if known:
            self.reads.append(known)
        return get(value, path)

    def _items(self, render: Render, value: object) -> Sequence[object]:
        self._note(value)
        return runtime.items(render, value)

    def _pairs(self, render: Render, value: object) -> Sequence[object]:
        self._note(value)
        return runtime.pairs(render, value)

    def _note(self, value: object) -> None:
        known = self.paths.get(id(value))
        if known:
            self.reads.append(known)

    def _wrap(self, name: str, function: Callable[..., object]) -> Callable[..., object]:
        """Return *function* so that origins pass through it."""

        def call(*args: Any) -> object:
            texts = [arg for arg in args if isinstance(arg, TracedText)]
            plain = [str(arg) if isinstance(arg, TracedText) else arg for arg in args]
            try:
                result = function(*plain)
            except Fault:
                raise
            if isinstance(result, TracedText) or not isinstance(result, str):
                return result
            if texts:
                return traced(result, _align(result, texts))
            if name in _YAML and plain and isinstance(plain[0], dict | list) and "\n" in result:
                return traced(result, self._yaml_origins(result, plain[0]))
            return result

        return call

    def _yaml_origins(self, text: str, value: object) -> list[Origin]:
        """Return the origins of the lines that a value was written as."""
        from fairlead.base import yaml

        lines = text.split("\n")
        found: list[Path | None] = [None] * len(lines)
        try:
            (_, places), *_ = yaml.load_all_with_lines(text)
        except (yaml.YamlError, ValueError):
            return [NOWHERE] * len(lines)
        for path, line in places.items():
            if 0 < line <= len(lines):
                found[line - 1] = self._resolve(value, path)
        origins: list[Origin] = []
        last = NOWHERE
        for known in found:
            if known:
                last = Origin((), (known,))
            origins.append(last)
        return origins

    def _resolve(self, value: Any, path: Path) -> Path | None:
        """Return the path in the data of the part of *value* at *path*."""
        known = self.paths.get(id(value))
        at = value
        for step in path:
            try:
                at = at[step]
            except (KeyError, IndexError, TypeError):
                return known
            known = self.paths.get(id(at), None if known is None else (*known, step))
        return known


def _method(receiver: object, name: str, iface: bool, count: int) -> Callable[..., object]:
    """Return the method that takes traced texts as plain ones."""
    found = runtime.method(receiver, name, iface, count)
    return lambda *args: found(*(str(arg) if isinstance(arg, TracedText) else arg for arg in args))


_YAML = frozenset({"toYaml", "mustToYaml", "toYamlPretty", "toPrettyJson", "toJson"})


def _align(text: str, sources: Iterable[TracedText]) -> list[Origin]:
    """Return origins for the lines of *text*, made from *sources* by a function."""
    pool: list[tuple[str, Origin]] = []
    for source in sources:
        pool.extend(
            (line.strip(), source.origins[min(index, len(source.origins) - 1)])
            for index, line in enumerate(source.split("\n"))
        )
    lines = text.split("\n")
    if len(lines) == 1 or len(pool) == 1:
        everything = NOWHERE
        for _, origin in pool:
            everything = everything.plus(origin)
        return [everything] * len(lines)
    origins: list[Origin] = []
    position = 0
    last = NOWHERE
    for line in lines:
        bare = line.strip()
        for index in range(position, len(pool)):
            if pool[index][0] == bare:
                last, position = pool[index][1], index + 1
                break
        origins.append(last if bare else NOWHERE)
    return origins
