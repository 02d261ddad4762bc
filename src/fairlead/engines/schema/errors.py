"""Field errors and their texts, as the API server puts them into a Status.

Source: k8s.io/apimachinery v0.36 pkg/util/validation/field/errors.go, pkg/api/errors (NewInvalid).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairlead.engines.schema.model import MISSING

REQUIRED: Final = "FieldValueRequired"
DUPLICATE: Final = "FieldValueDuplicate"
INVALID: Final = "FieldValueInvalid"
NOT_SUPPORTED: Final = "FieldValueNotSupported"
FORBIDDEN: Final = "FieldValueForbidden"
TOO_LONG: Final = "FieldValueTooLong"
TOO_MANY: Final = "FieldValueTooMany"
TOO_FEW: Final = "FieldValueTooFew"
NOT_FOUND: Final = "FieldValueNotFound"
TYPE_INVALID: Final = "FieldValueTypeInvalid"
INTERNAL: Final = "InternalError"

_TITLES: Final = {
    REQUIRED: "Required value",
    DUPLICATE: "Duplicate value",
    INVALID: "Invalid value",
    NOT_SUPPORTED: "Unsupported value",
    FORBIDDEN: "Forbidden",
    TOO_LONG: "Too long",
    TOO_MANY: "Too many",
    TOO_FEW: "Too few",
    NOT_FOUND: "Not found",
    TYPE_INVALID: "Invalid value",
    INTERNAL: "Internal error",
}
_VALUELESS: Final = frozenset({REQUIRED, FORBIDDEN, TOO_LONG, INTERNAL})


class Verbatim(str):
    """A value as it stands in the text of an error."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong at one field; ``bad_value`` MISSING leaves the value out of the text."""

    type: str
    field: str
    bad_value: Any = MISSING
    detail: str = ""

    @property
    def message(self) -> str:
        """The text without the field, as it stands in a Status cause."""
        title = _TITLES.get(self.type, self.type)
        if self.type not in _VALUELESS and self.bad_value is not MISSING:
            title = f"{title}: {_shown(self.bad_value)}"
        return f"{title}: {self.detail}" if self.detail else title

    @property
    def cause(self) -> tuple[str, str, str]:
        """Reason, message and field: what ``details.causes`` of a Status holds."""
        return (self.type, self.message, self.field)

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


def required(field: str, detail: str = "") -> FieldError:
    """A value must be given."""
    return FieldError(REQUIRED, field, MISSING, detail)


def invalid(field: str, value: Any, detail: str) -> FieldError:
    """A value is not acceptable."""
    return FieldError(INVALID, field, value, detail)


def forbidden(field: str, detail: str) -> FieldError:
    """A value is acceptable as such, but not here or not now."""
    return FieldError(FORBIDDEN, field, MISSING, detail)


def duplicate(field: str, value: Any) -> FieldError:
    """A value that must be unique is there twice."""
    return FieldError(DUPLICATE, field, value)


def not_supported(field: str, value: Any, supported: Sequence[Any]) -> FieldError:
    """A value is not one of a known set."""
    shown = ", ".join(quote(item if isinstance(item, str) else go_json(item)) for item in supported)
    return FieldError(NOT_SUPPORTED, field, value, f"supported values: {shown}" if supported else "")


def too_long(field: str, limit_bytes: int) -> FieldError:
    """A string is longer than *limit_bytes*."""
    return FieldError(TOO_LONG, field, MISSING, f"may not be more than {limit_bytes} byte{'s' * (limit_bytes != 1)}")


def too_many(field: str, count: int, limit: int) -> FieldError:
    """A collection has more than *limit* members."""
    return FieldError(TOO_MANY, field, count, f"must have at most {limit} item{'s' * (limit != 1)}")


def invalid_message(kind: str, group: str, name: str, errors: Sequence[FieldError]) -> str:
    """Return the message of the 422 Status for *errors*: ``Kind.group "name" is invalid: …``."""
    return f'{f"{kind}.{group}" if group else kind} "{name}" is invalid: {aggregate(errors)}'


def aggregate(errors: Sequence[FieldError]) -> str:
    """Join *errors* the way the API server does: one bare, several in brackets, repeats dropped."""
    texts = list(dict.fromkeys(str(error) for error in errors))
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def status_details(kind: str, group: str, name: str, errors: Sequence[FieldError]) -> dict[str, Any]:
    """Return ``details`` of the 422 Status for *errors*."""
    details: dict[str, Any] = {"name": name, "group": group, "kind": kind}
    details["causes"] = [
        {"reason": reason, "message": message, "field": field} for reason, message, field in (e.cause for e in errors)
    ]
    return {key: value for key, value in details.items() if value}


def strict_decoding_message(unknown: Sequence[str]) -> str:
    """Return the text for unknown fields: ``strict decoding error: unknown field "spec.x", …``."""
    return "strict decoding error: " + ", ".join(f'unknown field "{path}"' for path in unknown)


def quote(text: str) -> str:
    """Return *text* in double quotes as Go's %q prints it."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(map(_quoted, text)) + '"'


_ESCAPES: Final = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
_ESCAPES.update({'"': '\\"', "\\": "\\\\"})


def _quoted(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def go_json(value: Any) -> str:
    """Return *value* as Go's encoding/json prints it: sorted keys, ``<>&`` escaped, 1.0 as 1."""
    text = json.dumps(_integral(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    for char, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(char, escaped)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _integral(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e21 else value
    if isinstance(value, dict):
        return {key: _integral(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_integral(item) for item in value]
    return value


def go_number(value: float) -> str:
    """Return a number as Go's %v prints it."""
    if isinstance(value, int):
        return str(value)
    size = abs(value)
    if size != 0 and (size < 1e-4 or size >= 1e21):
        mantissa, _, exponent = f"{value!r}".partition("e")
        if not exponent:
            mantissa, _, exponent = f"{value:e}".partition("e")
            mantissa = mantissa.rstrip("0").rstrip(".")
        return f"{mantissa.removesuffix('.0')}e{exponent[0]}{exponent[1:].zfill(2)}"
    if value.is_integer():
        return str(int(value))
    return repr(value)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return go_number(value)
    if isinstance(value, str):
        return value if isinstance(value, Verbatim) else quote(value)
    return go_json(value)
