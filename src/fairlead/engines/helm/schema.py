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
from fairlead.engines.helm.validity import accepted
from fairlead.engines.jsonschema.validator import MAX_STEPS, TooManyStepsError

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any

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
        wrong = jsonschema.validate(_compiled(schema), values)
    except jsonschema.SchemaFault as fault:
        return str(fault)
    except TooManyStepsError:
        return f"cannot judge the values: more than {MAX_STEPS} steps; simplify values.schema.json\n"
    except RecursionError:
        return "cannot judge the values: they or values.schema.json are nested too deep\n"
    return "" if wrong is None else f"{wrong.to_text()}\n"


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
