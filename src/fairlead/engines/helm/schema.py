"""values.schema.json: do the values fit, and what to say when they do not."""

from __future__ import annotations

from typing import Any

from fairlead.engines.helm.chart import Chart


def complaints(chart: Chart, values: dict[str, Any]) -> str:
    """Return what is wrong with *values*, "" when nothing is."""
    import jsonschema_rs
    import orjson

    text = ""
    if chart.schema is not None:
        validator = jsonschema_rs.validator_for(orjson.loads(chart.schema))
        for error in validator.iter_errors(values):
            text += f"{error.message}\n"
    for sub in chart.dependencies:
        section = values.get(sub.name)
        if isinstance(section, dict):
            text += complaints(sub, section)
    return text
