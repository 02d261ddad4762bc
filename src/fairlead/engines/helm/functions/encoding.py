"""YAML, JSON and TOML in templates.

Source: Helm v4.3 pkg/engine/funcs.go; sprig v3.3 defaults.go.
"""

from __future__ import annotations

import binascii

from fairlead.base import gojson, yaml
from fairlead.engines.gotemplate.errors import FuncError
from fairlead.engines.gotemplate.gotypes import MAX_DEPTH, GoError, GoObject, NilList, NilMap, NilStrList

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any


_INF = float("inf")
_LONGEST_FINITE = 300  # digits that a float64 surely holds
_CYCLE = "json: unsupported value: encountered a cycle via map[string]interface {}"


def plain(value: object, depth: int = 0) -> Any:
    """Return *value* as encoding/json would see it: objects as maps, bytes as base64.

    Raises:
        RecursionError: more than MAX_DEPTH levels, or a map that holds itself.
    """
    if depth > MAX_DEPTH:
        raise RecursionError
    if isinstance(value, dict):
        return {key: plain(item, depth + 1) for key, item in value.items()} if value else value
    if isinstance(value, list | tuple):
        return value if not value and isinstance(value, list) else [plain(item, depth + 1) for item in value]
    if isinstance(value, bytes):
        return binascii.b2a_base64(value, newline=False).decode()
    if isinstance(value, GoObject):
        inner = value.go_json()
        return gojson.Struct((key, plain(item)) for key, item in inner.items()) if type(inner) is dict else plain(inner)
    if isinstance(value, GoError):
        return {}
    return value


def to_floats(value: Any) -> Any:
    """Return *value* with its integers as float64, in place where it can: what encoding/json decodes to."""
    if type(value) is int:
        return float(value)
    if isinstance(value, dict):
        for key, item in value.items():
            kind = type(item)
            if kind is int or kind is dict or kind is list:
                value[key] = to_floats(item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            kind = type(item)
            if kind is int or kind is dict or kind is list:
                value[index] = to_floats(item)
    return value


def _marshal_yaml(value: object) -> str:
    if isinstance(value, NilList | NilStrList):
        return "null\n"
    try:
        return yaml.dump(value)
    except yaml.YamlError as error:
        try:
            return yaml.dump(plain(value))
        except RecursionError:
            raise FuncError(f"error marshaling into JSON: {_CYCLE}") from None
        except yaml.YamlError:
            if isinstance(value, complex):
                raise FuncError("error marshaling into JSON: json: unsupported type: complex128") from None
            raise FuncError(error.go_text or str(error)) from None


def to_yaml(value: object) -> str:
    try:
        return _marshal_yaml(value).removesuffix("\n")
    except FuncError:
        return ""


def must_to_yaml(value: object) -> str:
    return _marshal_yaml(value).removesuffix("\n")


def from_yaml(text: str) -> dict[str, Any]:
    try:
        found = yaml.load(text)
    except yaml.YamlError as error:
        return {"Error": "error converting YAML to JSON: " + error.go_text}
    if found is None:
        return {}
    if isinstance(found, dict):
        return to_floats(found)  # type: ignore[no-any-return]
    return {"Error": _cannot_unmarshal(found, "map[string]interface {}")}


def from_yaml_array(text: str) -> list[Any]:
    try:
        found = yaml.load(text)
    except yaml.YamlError as error:
        return ["error converting YAML to JSON: " + error.go_text]
    if found is None:
        return []
    if isinstance(found, list):
        return to_floats(found)  # type: ignore[no-any-return]
    return [_cannot_unmarshal(found, "[]interface {}")]


def json_kind(value: object) -> str:
    """Return what encoding/json calls a decoded value in its errors."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _cannot_unmarshal(value: object, wanted: str) -> str:
    detail = f"json: cannot unmarshal {json_kind(value)} into Go value of type {wanted}"
    return f"error unmarshaling JSON: while decoding JSON: {detail}"


def _marshal_json(value: object, escape_html: bool = True) -> str:
    if isinstance(value, NilList | NilStrList):
        return "null"
    try:
        return gojson.dumps_text(value, escape_html=escape_html)
    except (gojson.GoJsonError, TypeError) as error:
        try:
            return gojson.dumps_text(plain(value), escape_html=escape_html)
        except gojson.GoJsonError:
            raise FuncError(str(error)) from None
    except RecursionError:
        raise FuncError(_CYCLE) from None


def to_json(value: object) -> str:
    try:
        return _marshal_json(value)
    except FuncError:
        return ""


def must_to_json(value: object) -> str:
    return _marshal_json(value)


def to_pretty_json(value: object) -> str:
    try:
        return must_to_pretty_json(value)
    except FuncError:
        return ""


def must_to_pretty_json(value: object) -> str:
    try:
        return gojson.dumps_indent(plain(value), "  ").decode("utf-8", "surrogateescape")
    except RecursionError:
        raise FuncError(_CYCLE) from None
    except gojson.GoJsonError as error:
        raise FuncError(str(error)) from None


def to_raw_json(value: object) -> str:
    return _marshal_json(value, escape_html=False)


def from_json_any(text: str) -> object:
    """Return sprig's mustFromJson: any JSON value.

    Raises:
        FuncError: in Go's words.
    """
    import json

    try:
        is_special = "-0" in text or len(text) > _LONGEST_FINITE
        whole = whole_number if is_special else None
        found = to_floats(json.loads(text, parse_constant=refuse_name, parse_int=whole, parse_float=real_number))
        return _mended(found) if "\\ud" in text or "\\uD" in text else found
    except ValueError as error:
        from fairlead.engines.helm.functions.jsonwords import complaint

        raise FuncError(complaint(text, str(error))) from None


def refuse_name(name: str) -> object:
    """Refuse NaN and Infinity, which are no JSON."""
    raise ValueError(name)


def whole_number(text: str) -> int | float:
    """Return a whole number of a JSON text: minus zero is one for Go."""
    if len(text) > _LONGEST_FINITE:
        return real_number(text)
    return -0.0 if text == "-0" else int(text)


def real_number(text: str) -> float:
    """Return a number of a JSON text. Raises: ValueError when a float64 cannot hold it."""
    number = float(text)
    if number in (_INF, -_INF):
        raise ValueError(f"json: cannot unmarshal number {text} into Go value of type float64")
    return number


def _mended(value: Any) -> Any:
    """Return *value* with U+FFFD for the halves of characters in its texts."""
    if isinstance(value, str):
        return "".join(["\ufffd" if "\ud800" <= char <= "\udfff" else char for char in value])
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    return [_mended(item) for item in value] if isinstance(value, list) else value


def from_json(text: str) -> dict[str, Any]:
    try:
        found = from_json_any(text)
    except FuncError as error:
        return {"Error": str(error)}
    if isinstance(found, dict):
        return found
    if found is None:
        return NilMap()
    return {"Error": f"json: cannot unmarshal {json_kind(found)} into Go value of type map[string]interface {{}}"}


def from_json_array(text: str) -> list[Any]:
    try:
        found = from_json_any(text)
    except FuncError as error:
        return [str(error)]
    if isinstance(found, list):
        return found
    if found is None:
        return NilList()
    return [f"json: cannot unmarshal {json_kind(found)} into Go value of type []interface {{}}"]
