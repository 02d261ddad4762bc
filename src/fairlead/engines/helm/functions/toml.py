"""toToml, mustToToml and fromToml.

Source: Helm v4.3 pkg/engine/funcs.go; BurntSushi/toml v1.6 encode.go, decode.go.
"""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta, timezone

from fairlead.base.patterns import late
from fairlead.engines.gotemplate.errors import FuncError, LimitError
from fairlead.engines.gotemplate.gofmt import TOO_DEEP
from fairlead.engines.gotemplate.gotypes import MAX_DEPTH, GoObject, Int64, type_name
from fairlead.engines.gotemplate.strconv import format_float
from fairlead.engines.helm.functions.timeformat import Time

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any

_LOCAL = {"date-local": "2006-01-02", "datetime-local": "2006-01-02T15:04:05.999999999"}
_BARE = late(r"[A-Za-z0-9_-]+\Z")
_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


class _TomlError(Exception):
    pass


def to_toml(value: object) -> str:
    try:
        return _encode(value)
    except _TomlError as error:
        return str(error)


def must_to_toml(value: object) -> str:
    try:
        return _encode(value)
    except _TomlError as error:
        raise FuncError(str(error)) from None


def _encode(value: object) -> str:
    if value is None:
        raise FuncError("reflect: call of reflect.Value.Type on zero Value")
    if isinstance(value, GoObject):
        fields = value.go_json()
        value = fields if isinstance(fields, dict) else value
    if not isinstance(value, dict):
        return _value(value)
    out: list[str] = []
    _table(out, value, ())
    return "".join(out)


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def _is_table_array(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _table(out: list[str], table: dict[str, Any], path: tuple[str, ...]) -> None:
    """Write the plain entries, then the tables, each in key order."""
    if len(path) > MAX_DEPTH:
        raise LimitError(TOO_DEEP)
    later: list[str] = []
    for key in sorted(table):
        value = table[key]
        if value is None:
            continue
        if _is_table(value) or _is_table_array(value):
            later.append(key)
            continue
        indent = "  " * max(0, len(path))
        out.append(f"{_indent(path)}{_key(key)} = {_value(value)}\n")
        del indent
    for key in later:
        value = table[key]
        inner = (*path, key)
        if isinstance(value, dict):
            _header(out, inner, "[", "]")
            _table(out, value, inner)
        else:
            for item in value:
                out.append("\n") if out else None
                out.append(f"{'  ' * (len(inner) - 1)}[[{'.'.join(map(_key, inner))}]]\n")
                _table(out, item, inner)


def _indent(path: tuple[str, ...]) -> str:
    return "  " * len(path)


def _header(out: list[str], path: tuple[str, ...], left: str, right: str) -> None:
    if len(path) == 1 and out:
        out.append("\n")
    out.append(f"{'  ' * (len(path) - 1)}{left}{'.'.join(map(_key, path))}{right}\n")


def _key(key: str) -> str:
    return key if _BARE.match(key) else _quote(key)


def _quote(text: str) -> str:
    out = ['"']
    for char in text:
        if char in _ESCAPES:
            out.append(_ESCAPES[char])
        elif char < " " or char == "\x7f":
            out.append(f"\\u{ord(char):04x}")
        else:
            out.append(char)
    return "".join(out) + '"'


def _value(value: Any, depth: int = 0) -> str:
    if depth > MAX_DEPTH:
        raise LimitError(TOO_DEEP)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, bytes):
        return "[" + ", ".join(map(str, value)) + "]"
    if isinstance(value, list):
        if any(item is None for item in value):
            raise _TomlError("toml: cannot encode array with nil element")
        return "[" + ", ".join(_value(item, depth + 1) for item in value) + "]"
    if isinstance(value, dict):
        inner = ", ".join(
            f"{_key(key)} = {_value(item, depth + 1)}" for key, item in sorted(value.items()) if item is not None
        )
        return "{" + inner + "}"
    if isinstance(value, GoObject):
        written = value.go_json()
        if isinstance(value, Time):
            layout = _LOCAL.get(value.when.tzname() or "")
            return value.format(layout) if layout else str(written)
        return _value(written) if isinstance(written, str | dict) else str(written)
    raise _TomlError(f"unsupported type: {type_name(value)}")


def _float(value: float) -> str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    text = format_float(value, "g", -1)
    return text if "." in text or "e" in text else text + ".0"


def from_toml(text: str) -> dict[str, Any]:
    import tomllib

    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return {"Error": f"toml: {error}"}
    return {key: _go(value) for key, value in found.items()}


def _go(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return Int64(value)
    if isinstance(value, dict):
        return {key: _go(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_go(item) for item in value]
    if isinstance(value, datetime):
        return Time(
            value if value.tzinfo is not None else value.replace(tzinfo=timezone(timedelta(0), "datetime-local"))
        )
    if isinstance(value, date):
        return Time(datetime(value.year, value.month, value.day, tzinfo=timezone(timedelta(0), "date-local")))
    if isinstance(value, time):
        return value.isoformat()
    return value
