"""Run a chart's templates over its values.

Source: Helm v4.3 pkg/engine/engine.go (render, allTemplates, sortTemplates,
cleanupParseError, reformatExecErrorMsg).
"""

from __future__ import annotations

from fairlead.base.patterns import late
from fairlead.engines.gotemplate.errors import ExecError, LimitError, ParseError, TemplateError
from fairlead.engines.gotemplate.gotypes import Section, Values
from fairlead.engines.gotemplate.template import Limits, Render, Source
from fairlead.engines.helm.chart import Chart
from fairlead.engines.helm.errors import RenderError
from fairlead.engines.helm.files import Files
from fairlead.engines.helm.functions.render import WARN_END, WARN_START
from fairlead.engines.helm.functions.table import FUNCTIONS
from fairlead.engines.helm.world import World
from fairlead.engines.record import Record, made

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from fairlead.engines.gotemplate.quick import Known
    from fairlead.engines.helm.reuse import Outputs, Turn

_WARNING = late(f"(?s){WARN_START}(.*){WARN_END}")


class Host(Record):
    """What functions that take the render may look at."""

    world: World
    lint: bool = False
    texts: SourceCache = made(factory=lambda: _shared())  # for tpl
    answers: Callable[[], int] = lambda: 0  # how many answers the world has given so far
    notes: list[tuple[str, str]] = made(factory=list)


class Renderable(Record):
    """One template file with the data it is run over."""

    text: str
    data: dict[str, Any]
    base_path: str


TPL = "gotpl"  # the name of the template that is the text of a tpl
_MAX_TPL_CHARS = 20_000  # larger texts are not kept


class SourceCache:
    """Parsed templates by (name, text), shared by renders of one process."""

    def __init__(self, limit: int = 20_000) -> None:
        self._found: dict[tuple[str, str], Source] = {}
        self._limit = limit
        self._known: Known | None = None

    def get(self, name: str, text: str) -> Source:
        """Return the parsed template.

        Raises:
            ParseError: with Go's text.
        """
        if name == TPL and len(text) > _MAX_TPL_CHARS:
            return Source(name, text, FUNCTIONS)
        key = (name, text)
        source = self._found.get(key)
        if source is None:
            source = self.parse(name, text)
            if len(self._found) >= self._limit:
                self._found.clear()
            self._found[key] = source
        return source

    def sources(self) -> Iterator[tuple[str, Source]]:
        """Yield what the cache holds by name."""
        for (name, _), source in self._found.items():
            yield name, source

    def parse(self, name: str, text: str) -> Source:
        """Return a template that is not in the cache yet."""
        return Source(name, text, FUNCTIONS, known=self.known)

    def known(self) -> Known:
        """Return what was read of all texts so far."""
        if self._known is None:
            from fairlead.engines.gotemplate.quick import Known

            self._known = Known(FUNCTIONS)
        return self._known


SHARED: SourceCache = SourceCache()


def _shared() -> SourceCache:
    return SHARED


class Collected(Record):
    """The templates of a chart and its dependencies by their full path, and each chart's data by its section's path."""

    templates: dict[str, Renderable] = made(factory=dict)
    scopes: list[tuple[tuple[str, ...], dict[str, Any]]] = made(factory=list)


def collect(chart: Chart, top: dict[str, Any]) -> Collected:
    """Return the templates of *chart* and its dependencies."""
    found = Collected()
    _collect(chart, found, top, ())
    return found


def _collect(chart: Chart, found: Collected, above: dict[str, Any], section_path: tuple[str, ...]) -> dict[str, Any]:
    metadata = chart.metadata.for_templates()
    metadata["IsRoot"] = chart.is_root
    subcharts: dict[str, Any] = {}
    data: dict[str, Any] = Values(
        Chart=metadata,
        Files=Files.of(chart.files),
        Release=above["Release"],
        Capabilities=above["Capabilities"],
        Values=Values(),
        Subcharts=subcharts,
    )
    if chart.is_root:
        data["Values"] = above["Values"]
    else:
        section = above["Values"].get(chart.name)
        if isinstance(section, dict):
            data["Values"] = Section.of(section)
    for sub in chart.dependencies:
        subcharts[sub.name] = _collect(sub, found, data, (*section_path, sub.name))
    found.scopes.append((section_path, data))
    path = chart.full_path
    for file in chart.templates:
        if chart.is_library and not file.name.rpartition("/")[2].startswith("_"):
            continue
        found.templates[f"{path}/{file.name}"] = Renderable(file.text, data, f"{path}/templates")
    return data


def sort_templates(names: Mapping[str, object]) -> list[str]:
    """Return the names deepest first, so that parents override what children define."""
    return sorted(names, key=lambda name: (name.count("/"), name), reverse=True)


def run(
    collected: Collected,
    host: Host,
    cache: SourceCache = SHARED,
    limits: Limits | None = None,
    outputs: Outputs | None = None,
    kind: type[Render] = Render,
) -> dict[str, str]:
    """Return the rendered text of each template that is no partial; those that *outputs* knows to come out as they did
    before are not run. Where there are no outputs yet, the render is of the *kind* given.

    Raises:
        RenderError: with Helm's text and the places it comes from.
        AgainError: from a FirstRender.
    """
    templates = collected.templates
    turn = None if outputs is None else outputs.begin(collected, host, limits)
    render = kind(host, limits) if turn is None else turn.render
    names = sort_templates(templates)
    if turn is None:
        _add_all(render, names, templates, cache)
    rendered: dict[str, str] = {}
    for name in names:
        if name.rpartition("/")[2].startswith("_"):
            continue
        text = None if turn is None else turn.output(name)
        if text is None:
            if not render.templates:  # they parsed before, or there would be no outputs
                _add_all(render, names, templates, cache)
            text = _execute(render if turn is None else turn, name, templates[name])
        rendered[name] = text.replace("<no value>", "") if "<no value>" in text else text
    if turn is not None:
        turn.end()
    return rendered


def _add_all(render: Render, names: list[str], templates: dict[str, Renderable], cache: SourceCache) -> None:
    for name in names:
        try:
            render.add(cache.get(name, templates[name].text))
        except ParseError as error:
            raise parse_error(name, templates[name].text, error) from None


def _execute(render: Render | Turn, name: str, template: Renderable) -> str:
    """Return what one template writes. Raises: RenderError."""
    template.data["Template"] = Values(Name=name, BasePath=template.base_path)
    try:
        return render.execute(name, template.data)
    except ExecError as error:
        raise exec_error(name, error, template.data) from None
    except LimitError as error:
        raise RenderError(f"execution error in ({name}): {error}") from None
    except TemplateError as error:
        raise RenderError(str(error)) from None


def parse_error(name: str, text: str, error: ParseError) -> RenderError:
    """Return Helm's form of a parse error."""
    from fairlead.engines.gotemplate.errors import Place

    tokens = str(error).split(": ")
    if len(tokens) == 1:
        message = f"parse error in ({name}): {error}"
    else:
        message = f"parse error at ({tokens[1]}): {tokens[-1]}"
    lines = text.split("\n")
    context = lines[error.line - 1].strip() if 0 < error.line <= len(lines) else ""
    return RenderError(message, (Place(error.name, error.line, 0, error.name, context),))


def exec_error(name: str, error: ExecError, data: Mapping[str, Any]) -> RenderError:
    """Return Helm's form of an execution error; the hint says when a values key looks misspelt."""
    from fairlead.engines.helm.nearest import explain_read

    path = hint = ""
    for place in reversed(error.places):
        path, hint = explain_read(place.context, data.get("Values") or {})
        if path:
            break
    return RenderError(reformat(name, error), error.places, hint=hint, values_path=path)


def reformat(name: str, error: ExecError) -> str:
    """Return reformatExecErrorMsg of *error*."""
    tokens = str(error).split(": ", 2)
    if len(tokens) != 3:
        return f"execution error in ({name}): {error}"
    warning = _WARNING.search(tokens[2])
    if warning is not None:
        return f"execution error at ({tokens[1]}): {warning.group(1)}"
    lines: list[str] = []
    previous: tuple[str, str, str] | None = None
    for text in error.chain:
        traced = _trace(text)
        if traced is None:
            return error.chain[0]
        if traced == previous:
            continue
        previous = traced
        location, executed, message = traced
        lines.append(
            (f"{location}\n  " if location else "")
            + (f"{executed}\n    " if executed else "")
            + (f"{message}\n" if message else "")
        )
    return "".join(lines).strip()


def _trace(text: str) -> tuple[str, str, str] | None:
    """Return (location, executed function, message) of one of Go's template errors."""
    if not text.startswith("template: "):
        return None
    rest = text[len("template: ") :]
    if rest.startswith("no template "):
        return "", "", text
    name, mark, after = rest.partition(": executing ")
    if mark and after.startswith('"'):
        end = after.find('"', 1)
        if end > 0 and after.startswith(" at <", end + 1):
            place, found, message = after[end + 6 :].partition(">: ")
            if found:
                return name, f'executing "{after[1:end]}" at <{place}>:', message.partition(" template:")[0]
    name, mark, message = rest.rpartition(": ")
    return (name, "", message.partition(" template:")[0]) if mark else None
