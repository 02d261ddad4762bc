"""Render the Go templates of a ClusterClass: values of patches, conditions of patches, names.

Source: Cluster API v1.14 patches/inline/json_patch_generator.go (renderValueTemplate), names.go. The functions are
sprig's repeatable ones (sprig v3.3 HermeticTxtFuncMap) with Go's built-in ones for values, Go's alone for names.
Unlike upstream, those that make keys or salts (genCA, htpasswd, randInt, …) fail when they are called.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from functools import lru_cache
from typing import Any, Final, NoReturn

from fairlead.base import yaml
from fairlead.engines.gotemplate.builtins import BUILTINS
from fairlead.engines.gotemplate.errors import Fault, FuncError, ParseError, TemplateError
from fairlead.engines.gotemplate.gotypes import LooseMap
from fairlead.engines.gotemplate.signatures import Function, parse_signature
from fairlead.engines.gotemplate.template import Limits, Render, Source
from fairlead.engines.helm.functions.table import FUNCTIONS
from fairlead.engines.helm.world import World
from fairlead.engines.schema.errors import quote

LIMITS: Final = Limits(steps=1_000_000, output_chars=4 * 1024 * 1024)
_NOT_SPRIG: Final = """
include tpl required lookup toYaml mustToYaml toYamlPretty fromYaml fromYamlArray fromJsonArray toToml
mustToToml fromToml mustToDuration durationSeconds durationMilliseconds durationMicroseconds
durationNanoseconds durationMinutes durationHours durationDays durationWeeks durationRoundTo
durationTruncateTo
"""
_NOT_REPEATABLE: Final = """
date date_in_zone date_modify now htmlDate htmlDateInZone dateInZone dateModify randAlphaNum randAlpha
randAscii randNumeric randBytes uuidv4 getHostByName
"""


class RenderError(ValueError):
    """A template that cannot be parsed, run, or read as YAML, in Cluster API's words."""


def _refuse(*_: object) -> NoReturn:
    raise FuncError("a ClusterClass cannot use clock or randomness: what it makes must be the same each time")


class _Host:
    """What functions that look at the world get: nothing of it.

    A key from a fixed seed would be no secret, and one from dice would roll the machines out for ever.
    """

    lint = False
    world = World(_refuse, _refuse, _refuse, UTC, _refuse)


def _fail(message: str) -> str:
    raise FuncError(message)


def _from_json(text: str) -> object:
    """Return what sprig's fromJson gives, which drops errors; Helm has another function of this name."""
    from fairlead.engines.helm.functions.encoding import from_json_any

    try:
        return from_json_any(text)
    except FuncError:
        return None


_LEFT_OUT: Final = frozenset(_NOT_SPRIG.split() + _NOT_REPEATABLE.split())
SPRIG: Final = {
    **{name: function for name, function in FUNCTIONS.items() if name not in _LEFT_OUT},
    "fail": Function(parse_signature("s:s"), lambda: _fail),
    "fromJson": Function(parse_signature("s:a"), lambda: _from_json),
}


class _Strict(dict[str, Any]):
    """A map whose missing keys are errors (Go's option missingkey=error)."""

    def get(self, key: str, default: Any = None) -> Any:
        if key not in self:
            raise Fault(f"map has no entry for key {quote(key)}")
        return self[key]


@lru_cache(maxsize=4096)
def _source(name: str, text: str, with_sprig: bool) -> Source:
    return Source(name, text, SPRIG if with_sprig else BUILTINS)


def check_template(name: str, text: str) -> str:
    """Return why *text* does not parse as a template with sprig's functions, or ``""``."""
    try:
        _source(name, text, True)
    except ParseError as error:
        return str(error)
    return ""


def data_of(variables: Mapping[str, Any]) -> LooseMap:
    """Return *variables* as templates see them: numbers are float64, whatever they are in JSON."""
    return LooseMap((key, _decoded(value)) for key, value in variables.items())


def render_value(template: str, data: LooseMap) -> Any:
    """Return the value that *template* gives over *data* (:func:`data_of`): its text read as YAML.

    Raises:
        RenderError: the template does not parse or run, or its text is no YAML.
    """
    try:
        source = _source("tpl", template, True)
    except ParseError as error:
        raise RenderError(f"failed to parse template: {quote(template)}: {error}") from None
    try:
        text = _run(source, "tpl", data)
    except TemplateError as error:
        raise RenderError(f"failed to render template: {quote(template)}: {error}") from None
    try:
        return _encoded(yaml.load(text))
    except yaml.YamlError as error:
        problem = f"error converting YAML to JSON: {error.go_text}"
        raise RenderError(f"failed to unmarshal rendered template: {quote(text)}: {problem}") from None


def render_name(template: str, data: Mapping[str, Any]) -> str:
    """Return the name that *template* gives over *data*.

    Raises:
        RenderError: the template does not parse or run.
    """
    try:
        source = _source("template name generator", template, False)
    except ParseError as error:
        raise RenderError(f"parsing template {quote(template)}: {error}") from None
    try:
        return _run(source, source.name, _strict(data))
    except TemplateError as error:
        raise RenderError(f"rendering template: {error}") from None


def _run(source: Source, name: str, data: object) -> str:
    render = Render(_Host(), LIMITS)
    render.add(source)
    return render.execute(name, data)


def _decoded(value: Any) -> Any:
    if isinstance(value, dict):
        return data_of(value)
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    return float(value) if type(value) is int else value


def _encoded(value: Any) -> Any:
    """Return *value* as it is once Go has written it as JSON: a whole number is an integer, however it was spelt."""
    if isinstance(value, dict):
        return {key: _encoded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_encoded(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    return value


def _strict(data: Mapping[str, Any]) -> _Strict:
    return _Strict({key: _strict(item) if isinstance(item, dict) else item for key, item in data.items()})
