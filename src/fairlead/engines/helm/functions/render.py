"""The functions that need the render itself: include, tpl, required, fail, lookup.

Source: Helm v4.3 pkg/engine/engine.go.
"""

from __future__ import annotations

from fairlead.engines.gotemplate import strconv
from fairlead.engines.gotemplate.errors import FuncError, ParseError
from fairlead.engines.gotemplate.template import Render

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from fairlead.engines.helm.engine import Host

MAX_NESTED_INCLUDES = 1000
WARN_START = "HELM_ERR_START"
WARN_END = "HELM_ERR_END"


def include(render: Render, name: str, data: object) -> str:
    counts = render.counts
    count = counts.get(name, 0)
    if count > MAX_NESTED_INCLUDES:
        raise FuncError(f"rendering template has a nested reference name: {name}: unable to execute template")
    counts[name] = count + 1
    try:
        return render.run(name, data)
    finally:
        counts[name] -= 1


def tpl(render: Render, text: str, data: object) -> str:
    """Render *text* as a template that sees the chart's templates."""
    if "{{" not in text:
        return text.replace("<no value>", "")
    host: Host = render.host  # type: ignore[assignment]
    try:
        source = host.texts.get("gotpl", text)
    except ParseError as error:
        raise FuncError(f"cannot parse template {strconv.quote(text)}: {error}") from None
    child = render.child(source)
    result = child.run("gotpl", data)
    render.output += child.output
    return result.replace("<no value>", "") if "<no value>" in result else result


def required(render: Render, message: str, value: object) -> object:
    if value is None or (type(value) is str and value == ""):
        host: Host = render.host  # type: ignore[assignment]
        if host.lint:
            host.notes.append((f"missing required value{'' if value is None else 's'}", message))
            return ""
        raise FuncError(f"{WARN_START}{message}{WARN_END}")
    return value


def fail(render: Render, message: str) -> str:
    host: Host = render.host  # type: ignore[assignment]
    if host.lint:
        host.notes.append(("funcMap fail", message))
        return ""
    raise FuncError(f"{WARN_START}{message}{WARN_END}")


def lookup(render: Render, api_version: str, kind: str, namespace: str, name: str) -> dict[str, object]:
    host: Host = render.host  # type: ignore[assignment]
    if host.lint:
        return {}
    return host.world.lookup(api_version, kind, namespace, name)


def get_host_by_name(_: str) -> str:
    """Return what Helm does with DNS off: nothing."""
    return ""
