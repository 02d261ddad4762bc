"""values.schema.json: do the values fit, and what to say when they do not.

Source: Helm v4.3 pkg/chart/common/util/jsonschema.go. An engine reads no
network and no files: a schema that refers to either is refused in the words
that Helm has where they cannot be had.
"""

from __future__ import annotations

import json
from functools import lru_cache

from fairlead.engines import jsonschema
from fairlead.engines.gotemplate.gotypes import type_name
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm.chart import Chart
from fairlead.engines.helm.errors import SchemaError
from fairlead.engines.helm.validity import accepted
from fairlead.engines.jsonschema.validator import MAX_STEPS, TooManyStepsError

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from fairlead.engines.jsonschema import Complaint
    from fairlead.engines.jsonschema.schema import Schema

_URL = "file:///values.schema.json"


def complaints(chart: Chart, values: dict[str, Any]) -> str:
    """Return what is wrong with *values*, as Helm lists it; "" when nothing is."""
    text = ""
    if chart.schema is not None:
        wrong = validate(chart.schema, values)
        if wrong:
            text += f"{chart.name}:\n{wrong}"
    for sub in chart.dependencies:
        section = values.get(sub.name)
        if section is None:
            continue
        if not isinstance(section, dict):
            text += f"{sub.name}:\ninvalid type for values: expected object (map), got {type_name(section)}\n"
            continue
        text += complaints(sub, section)
    return text


def validate(schema: bytes, values: dict[str, Any]) -> str:
    """Return the complaints of one schema."""
    try:
        wrong = judge(schema, values)
    except jsonschema.SchemaFault as fault:
        return str(fault)
    except TooManyStepsError:
        return f"cannot judge the values: more than {MAX_STEPS} steps; simplify values.schema.json\n"
    except RecursionError:
        return "cannot judge the values: they or values.schema.json are nested too deep\n"
    return "" if wrong is None else f"{wrong.to_text()}\n"


def judge(schema: bytes, values: dict[str, Any]) -> Complaint | None:
    """Return what is wrong with *values*; None when they fit.

    Raises:
        SchemaFault: the schema is none.
        TooManyStepsError: they are too much to judge.
    """
    return jsonschema.validate(_compiled(schema), values)


def check(
    chart: Chart, values: dict[str, Any], given: Mapping[str, Any], sources: Sequence[tuple[str, bytes]] = ()
) -> None:
    """Judge *values* by the schemas of *chart* and its subcharts.

    *given* are the values that a user set, *sources* the files that they come from: for the hints.

    Raises:
        SchemaError: they do not fit.
    """
    text = complaints(chart, values)
    if text:
        from fairlead.engines.helm.schemahints import explain

        error = SchemaError(f"values don't meet the specifications of the schema(s) in the following chart(s):\n{text}")
        error.hints = explain(chart, values, given, sources)
        error.hint = next(iter(error.hints), "")
        raise error


@lru_cache(maxsize=64)
def _compiled(schema: bytes) -> Schema:
    compiler = jsonschema.Compiler(_load)
    compiler.add(_URL, jsonschema.parse(schema))
    compiled = compiler.compile(_URL)
    accepted(schema, json.loads(schema.decode("utf-8", "replace")))
    return compiled


def _load(url: str) -> Any:
    """Return the document at *url*, which is none but for URNs: Helm lets anything through for those."""
    scheme, _, rest = url.partition(":")
    if scheme == "urn":
        return True
    if scheme == "file":
        path = rest.removeprefix("//")
        text = f"open {path}: no such file or directory"
    elif scheme in ("http", "https"):
        text = f"HTTP request failed for {url}: Get {quote(url)}: no network while rendering"
    else:
        text = f"no URLLoader registered for {quote(url)}"
    raise jsonschema.SchemaFault(f"failing loading {quote(url)}: {text}")
