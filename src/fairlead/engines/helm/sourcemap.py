"""Which template line and which values made each line of a rendered chart.

A Rendered keeps its inputs, and what it took from the World; its source map
is made when it is asked for, by running the templates once more under the
tracer. So it costs nothing until then, and is there for every render.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fairlead.base import yaml
from fairlead.engines.gotemplate.gotypes import Values
from fairlead.engines.gotemplate.trace import Origin, Path, Step, TracedText, TraceRender
from fairlead.engines.helm import engine
from fairlead.engines.helm.chart import Chart, load_values
from fairlead.engines.helm.documents import split_manifests
from fairlead.engines.helm.errors import ChartError
from fairlead.engines.helm.functions.strings import SPACE

if TYPE_CHECKING:
    from fairlead.engines.helm.release import Rendered

ValuesSource = tuple[str, bytes]  # a values file's name and text, in the order given


@dataclass(frozen=True, slots=True)
class ValueOrigin:
    """A value that a line was made from, and the file and line that set it last ("" and 0: by a flag, or nobody)."""

    key: str
    file: str = ""
    line: int = 0
    is_given: bool = False  # a user set it


@dataclass(frozen=True, slots=True)
class LineOrigin:
    """Where a line comes from: the template (outermost first) and the values."""

    steps: tuple[Step, ...]
    values: tuple[ValueOrigin, ...]

    @property
    def template(self) -> str:
        """The innermost template file; the text of a ``tpl`` is in none, its caller counts."""
        step = self._innermost()
        return step.file if step else ""

    @property
    def line(self) -> int:
        """The line in it, 1-based."""
        step = self._innermost()
        return step.line if step else 0

    def _innermost(self) -> Step | None:
        return next((step for step in reversed(self.steps) if step.file != "gotpl"), None)


class SourceMap:
    """The origins of a render's lines."""

    def __init__(self, files: Mapping[str, list[LineOrigin]], texts: Mapping[str, str]) -> None:
        self.files = files
        self._texts = texts

    def lines(self, path: str) -> list[LineOrigin]:
        """Return the origins of the lines that the template file *path* rendered to."""
        return self.files.get(path, [])

    def document(self, path: str, content: str) -> list[LineOrigin]:
        """Return the origins of the lines of one document of *path*; none where a post-renderer rewrote it."""
        text = self._texts.get(path, "")
        at = text.find(content)
        if at < 0:
            return [_NONE] * (content.count("\n") + 1)
        start = text.count("\n", 0, at)
        found = self.lines(path)[start : start + content.count("\n") + 1]
        if content.endswith("\n") and not text.startswith("\n", at + len(content)):
            found[-1:] = [_NONE]  # the empty text behind the last line break; the separator is there in the template
        return found


_NONE = LineOrigin((), ())


def output_origins(
    rendered: Rendered, *, include_crds: bool = False, hooks: bool = True, skip_tests: bool = False
) -> list[LineOrigin]:
    """Return an origin for each line of ``rendered.to_text()`` with the same arguments."""
    found: list[LineOrigin] = []
    source_map = rendered.source_map
    if include_crds:
        for path, text in rendered.crds:
            found += [_NONE, _NONE]
            found += [LineOrigin((Step(path, number, path),), ()) for number in range(1, text.count("\n") + 2)]
    for item in rendered.manifests:
        found += [_NONE, _NONE, *source_map.document(item.name, item.content)]
    printed = rendered.manifest(include_crds=include_crds).strip(SPACE).count("\n") + 1
    found = found[:printed] or [_NONE]  # the empty lines at the end are not printed, hooks follow at once
    for hook in rendered.hooks if hooks else ():
        if skip_tests and "test" in hook.events:
            continue
        found += [_NONE, _NONE, *source_map.document(hook.path, hook.content)]
    return found


def chosen_origins(origins: Sequence[LineOrigin], text: str, documents: Iterable[str]) -> list[LineOrigin]:
    """Return an origin for each line of *documents*, each below its separator.

    They are some of those that *text* was split into, in any order; *origins* are of its lines.
    """
    starts: dict[str, int] = {}
    at = 0
    for document in split_manifests(text):
        bare = document.rstrip(SPACE)
        at = text.index(bare, at)
        starts.setdefault(document, text.count("\n", 0, at))
        at += len(bare)
    found: list[LineOrigin] = []
    for document in documents:
        start, count = starts[document], document.rstrip(SPACE).count("\n") + 1
        found += [_NONE, *origins[start : start + count]]
        found += [_NONE] * (document.count("\n") + 1 - count)
    return found


def build(
    chart: Chart,
    values: dict[str, Any],
    top: dict[str, Any],
    host: engine.Host,
    sources: Sequence[ValuesSource],
    given: Mapping[str, Any],
) -> SourceMap:
    """Return the source map of *chart*; *values* are its coalesced values, used in *top*, *given* a user's own."""
    templates = engine.collect(chart, top).templates
    paths: dict[int, Path] = {}
    _register(paths, top["Values"], ())
    for renderable in templates.values():
        _register_section(paths, renderable.data)
    render = TraceRender(host, None, paths)
    for name in engine.sort_templates(templates):
        render.add(engine.SHARED.get(name, templates[name].text))
    where = Where(chart, sources, given)
    files: dict[str, list[LineOrigin]] = {}
    texts: dict[str, str] = {}
    for name in engine.sort_templates(templates):
        if name.rpartition("/")[2].startswith("_"):
            continue
        template = templates[name]
        template.data["Template"] = Values(Name=name, BasePath=template.base_path)
        text = render.run(name, template.data)
        assert isinstance(text, TracedText)
        files[name] = [where.line(origin) for origin in text.origins]
        texts[name] = str(text).replace("<no value>", "")
    return SourceMap(files, texts)


def _register(paths: dict[int, Path], value: Any, path: Path) -> None:
    paths.setdefault(id(value), path)
    items: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        if isinstance(item, dict | list):
            _register(paths, item, (*path, key))


def _register_section(paths: dict[int, Path], data: dict[str, Any]) -> None:
    """Give a subchart's view of its values (a copy of the outermost level) its path."""
    for name, sub in data["Subcharts"].items():
        own = paths.get(id(data["Values"]))
        if own is not None:
            paths.setdefault(id(sub["Values"]), (*own, name))
        _register_section(paths, sub)


def shown_key(path: Path) -> str:
    """Return *path* as it is written for people: ``ports[0].name``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


class Where:
    """Finds the file and line that set a value; *given* are the values that *sources*, and flags after them, set."""

    def __init__(self, chart: Chart, sources: Sequence[ValuesSource], given: Mapping[str, Any]) -> None:
        self._given = given
        self._texts = dict(sources)
        self._read: dict[str, Any] = {}
        self._chart = chart
        self._sources = [(name, _lines(text)) for name, text in reversed(sources)]
        self._defaults: dict[int, Any] = {}
        self._found: dict[Path, ValueOrigin] = {}

    def line(self, origin: Origin) -> LineOrigin:
        return LineOrigin(origin.steps, tuple(map(self.value, origin.keys)))

    def value(self, path: Path) -> ValueOrigin:
        found = self._found.get(path)
        if found is None:
            found = self._found[path] = self._search(path)
        return found

    def _search(self, path: Path) -> ValueOrigin:
        key = shown_key(path)
        for candidate in self._spellings(path):
            for name, documents in self._sources:
                line = _line_of(documents, candidate)
                if line and self._is_last(name, candidate):
                    return ValueOrigin(key, name, line, is_given=True)
            if _is_leaf(value_at(self._given, candidate)):
                return ValueOrigin(key, is_given=True)
        chart, rest = self._chart, path
        while True:
            for candidate in self._spellings(rest):
                line = _line_of(self._default_lines(chart), candidate)
                if line:
                    return ValueOrigin(key, f"{chart.full_path}/values.yaml", line)
            below = next((sub for sub in chart.dependencies if rest and sub.name == rest[0]), None)
            if below is None:
                return ValueOrigin(key)
            chart, rest = below, rest[1:]

    def _is_last(self, name: str, path: Path) -> bool:
        """Whether no flag changed what the file *name* set at *path*; a map that it began is its own."""
        if name not in self._read:
            try:
                self._read[name] = load_values(self._texts[name], name)
            except ChartError:
                self._read[name] = {}
        own, last = value_at(self._read[name], path), value_at(self._given, path)
        return not _is_leaf(last) or own == last

    def _spellings(self, path: Path) -> list[Path]:
        """Return the paths that a user may have set it under: globals also at the top."""
        found = [path]
        if "global" in path[1:]:
            found.append(path[path.index("global") :])
        return found

    def _default_lines(self, chart: Chart) -> Any:
        found = self._defaults.get(id(chart))
        if found is None:
            data = next((file.data for file in chart.raw if file.name == "values.yaml"), b"")
            found = self._defaults[id(chart)] = _lines(data)
        return found


_NOTHING = object()


def value_at(values: Any, path: Sequence[Any]) -> Any:
    """Return what is in *values* at *path*; a mark that equals nothing where there is nothing."""
    for key in path:
        if isinstance(values, dict):
            values = values.get(key, _NOTHING)
        elif isinstance(values, list) and isinstance(key, int) and key < len(values):
            values = values[key]
        else:
            return _NOTHING
    return values


def _is_leaf(value: Any) -> bool:
    return value is not _NOTHING and not isinstance(value, dict | list)


def _lines(data: bytes) -> list[Any]:
    try:
        return [lines for _, lines in yaml.load_all_with_lines(data)]
    except yaml.YamlError:
        return []


def _line_of(documents: list[Any], path: Path) -> int:
    for lines in reversed(documents):
        if path in lines:
            return int(lines[path])
    return 0
