"""The methods that Helm's common.Values type brings into templates.

Source: Helm v4.3, pkg/chart/common/values.go.
"""

from __future__ import annotations

from fairlead.engines.gotemplate.errors import FuncError
from fairlead.engines.gotemplate.gotypes import Method, Values

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any


def _yaml(values: dict[str, Any]) -> str:
    from fairlead.base import yaml

    return yaml.dump(values)


def _table(values: dict[str, Any], name: str) -> Values:
    table: dict[str, Any] = values
    for part in name.split("."):
        found = table.get(part)
        if not isinstance(found, dict):
            raise FuncError(f'"{part}" is not a table')
        table = found
    return Values(table)


def _as_map(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values without their type's name: in Go the same map, here another with the same entries."""
    return dict(values)


def _path_value(values: dict[str, Any], path: str) -> object:
    if not path:
        raise FuncError("YAML path cannot be empty")
    *tables, key = path.split(".")
    table: object = values
    for part in tables:
        table = table.get(part) if isinstance(table, dict) else None
    if isinstance(table, dict) and key in table and not isinstance(table[key], dict):
        return table[key]
    raise FuncError(f'"{key}" is not a value')


METHODS = {
    "YAML": Method("", _yaml),
    "Table": Method("s", _table),
    "AsMap": Method("", _as_map),
    "PathValue": Method("s", _path_value),
}
