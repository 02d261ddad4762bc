"""Write plain values as YAML, to the byte as sigs.k8s.io/yaml's Marshal.

Source: sigs.k8s.io/yaml v1.6.0 (Marshal, JSONToYAML) over go.yaml.in/yaml v2.4.4, encode.go
and emitterc.go. Ways it would surprise a Python reader:

- Values pass through JSON first, so 1.0 is written `1`, and characters that a YAML
  reader refuses (DEL, C1 controls) are an error.
- A list inside a mapping is not indented. Text with a newline is a literal block, unless it
  has a tab, a space before a newline or at its end; then it is double-quoted.
- A line breaks at the first single space after column 80.
"""

from __future__ import annotations

from fairlead.base import gojson
from fairlead.base.yaml.errors import YamlError
from fairlead.base.yaml.order import ordered_keys
from fairlead.base.yaml.resolve import INT64_MIN, UINT64_MAX, float64_text, is_plain_text

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any

WIDTH = 80
_SIMPLE_KEY_BYTES = 128
_JSON_KEY_LIMIT = 1024
_CACHE_LIMIT = 20_000
_CACHED_LENGTH = 80

# Told by hand: loading regular expressions takes as long as writing many objects.
_REFUSED = frozenset(map(chr, (*range(0x7F, 0x85), *range(0x86, 0xA0), 0xFFFE, 0xFFFF)))
_BREAKS = ("\n", "\u2028", "\u2029")
_BAD_START = frozenset("#,[]{}&*!|>'\"%@` ")
_BAD_ALONE = frozenset("-?:")
_ESCAPES = {
    0x00: "\\0",
    0x07: "\\a",
    0x08: "\\b",
    0x09: "\\t",
    0x0A: "\\n",
    0x0B: "\\v",
    0x0C: "\\f",
    0x0D: "\\r",
    0x1B: "\\e",
    0x22: '\\"',
    0x5C: "\\\\",
    0x85: "\\N",
    0xA0: "\\_",
    0x2028: "\\L",
    0x2029: "\\P",
}
_DEEPEST_PAD = 4000  # a thousand maps in each other: Go looks for a map that holds itself from there on
_words: dict[str, str] = {}  # values without a space: the text never depends on the column
_phrases: dict[str, str] = {}  # values with spaces, as written where the line does not break
_heads: dict[str, str] = {}  # "key:" of the keys that fit on a line


def dump(value: Any) -> str:
    """Return *value* as YAML text that ends in a newline.

    Raises: YamlError for what Go cannot write.
    """
    out: list[str] = []
    try:
        if isinstance(value, dict) and value:
            _write_map(out, value, "", "")
        elif isinstance(value, (list, tuple)) and value:
            _write_list(out, value, "", "")
        else:
            out.append(f"{_scalar(value, 0, '  ')}\n")
    except RecursionError as error:
        raise YamlError("a value nested too deep to write") from error
    except gojson.GoJsonError as error:
        raise YamlError(str(error), go_text=f"error marshaling into JSON: {error}") from error
    return "".join(out)


def _write_map(out: list[str], value: dict[str, Any], pad: str, lead: str) -> None:
    put = out.append
    inner = pad + "  "
    if len(pad) > _DEEPEST_PAD:
        raise RecursionError
    for key in ordered_keys(value):
        head = _heads.get(key) or _new_head(key)
        if head is None:
            _write_long_key(out, key, value[key], pad, lead)
            lead = pad
            continue
        item = value[key]
        kind = item.__class__
        if kind is str:
            text = _words.get(item)
            if text is None:
                text = _text(item, len(pad) + len(head) + 1, inner)
            put(f"{lead}{head} {text}\n")
        elif kind is dict and item:
            put(f"{lead}{head}\n")
            _write_map(out, item, inner, inner)
        elif kind is list and item:
            put(f"{lead}{head}\n")
            _write_list(out, item, pad, pad)
        elif isinstance(item, dict) and item:
            put(f"{lead}{head}\n")
            _write_map(out, item, inner, inner)
        elif isinstance(item, (list, tuple)) and item:
            put(f"{lead}{head}\n")
            _write_list(out, item, pad, pad)
        else:
            put(f"{lead}{head} {_scalar(item, len(pad) + len(head) + 1, inner)}\n")
        lead = pad


def _write_list(out: list[str], value: Any, pad: str, lead: str) -> None:
    put = out.append
    inner = pad + "  "
    for item in value:
        kind = item.__class__
        if kind is str:
            text = _words.get(item)
            if text is None:
                text = _text(item, len(pad) + 2, inner)
            put(f"{lead}- {text}\n")
        elif item and isinstance(item, dict):
            _write_map(out, item, inner, f"{lead}- ")
        elif item and isinstance(item, (list, tuple)):
            _write_list(out, item, inner, f"{lead}- ")
        else:
            put(f"{lead}- {_scalar(item, len(pad) + 2, inner)}\n")
        lead = pad


def _write_long_key(out: list[str], key: str, item: Any, pad: str, lead: str) -> None:
    """Write an entry whose key is long or has lines, as "? key" and ": value"."""
    inner = pad + "  "
    out.append(f"{lead}? {_text(key, len(pad) + 2, inner)}\n")
    if item and isinstance(item, dict):
        _write_map(out, item, inner, f"{pad}: ")
    elif item and isinstance(item, (list, tuple)):
        _write_list(out, item, inner, f"{pad}: ")
    else:
        out.append(f"{pad}: {_scalar(item, len(pad) + 2, inner)}\n")


def _new_head(key: str) -> str | None:
    """Return "key:", None when the key does not fit on a line."""
    if not isinstance(key, str):
        raise YamlError(f"a key of type {type(key).__name__} cannot be written: {key!r}")
    if "\x85" in key or (
        len(key) > 100 and len(gojson.quote(key)) > _JSON_KEY_LIMIT
    ):  # not a simple key of a flow mapping
        raise YamlError("could not find expected ':'", go_text="yaml: could not find expected ':'")
    key = _checked(key)
    if len(key.encode()) > _SIMPLE_KEY_BYTES or "\r" in key or _has_break(key):
        return None
    head = f"{_one_line(key)}:"
    if len(_heads) >= _CACHE_LIMIT:
        _heads.clear()
    _heads[key] = head
    return head


def _scalar(value: Any, column: int, inner: str) -> str:
    if isinstance(value, str):
        return _text(value, column, inner)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        whole = int(value)
        return str(whole) if INT64_MIN <= whole <= UINT64_MAX else float64_text(float(whole))
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, dict):
        return "null" if getattr(value, "go_nil", False) else "{}"
    if isinstance(value, (list, tuple)):
        return "null" if getattr(value, "go_nil", False) else "[]"
    raise YamlError(f"a value of type {type(value).__name__} cannot be written")


def _float(value: float) -> str:
    text = gojson.float_text(float(value))
    if text.lstrip("-").isdigit():
        whole = int(text)
        if INT64_MIN <= whole <= UINT64_MAX:
            return str(whole)
    return float64_text(float(value))


def _checked(text: str) -> str:
    """Return *text* as it arrives on the far side of JSON.

    Raises: YamlError for characters that YAML does not allow.
    """
    if text.isascii() and "\x7f" not in text:
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        text = "".join(["\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text])
    if not _REFUSED.isdisjoint(text):
        raise YamlError("control characters are not allowed")
    if "\x85" in text:
        from fairlead.base.yaml.compose import load

        text = load(gojson.dumps(text))
    return text


def _text(value: str, column: int, inner: str) -> str:
    """Return the string *value* as written from *column* on, continued at the margin *inner*."""
    text = _phrases.get(value)
    if text is not None:
        if column + len(text) <= WIDTH + 1:
            return text
    elif (text := _words.get(value)) is not None:
        return text
    value = _checked(value)
    if "\n" in value:
        return _block(value, column, inner)
    if _has_break(value):
        return _with_separators(value, column, inner)
    text = _one_line(value)
    if len(value) <= _CACHED_LENGTH:
        cache = _phrases if " " in text else _words
        if len(cache) >= _CACHE_LIMIT:
            cache.clear()
        cache[value] = text
    if column + len(text) <= WIDTH + 1 or " " not in text:
        return text
    if text[0] == '"' and _style(value) == '"':
        return _fold_double(value, column, inner)
    return _fold(value, text, column, inner)


def _has_break(value: str) -> bool:
    return "\n" in value or "\u2028" in value or "\u2029" in value


def _is_unprintable(value: str) -> bool:
    """Whether *value* has a character that only a double-quoted string can have."""
    if value.isascii():
        return not value.replace("\n", "").isprintable()
    return not all(char == "\n" or char in "\u2028\u2029" or _is_printable(char) for char in set(value))


def _is_printable(char: str) -> bool:
    """Whether *char* stands for itself in a double-quoted string, but for quotes and backslashes."""
    return (
        " " <= char <= "~"
        or "\xa0" <= char <= "\u2027"
        or "\u202a" <= char <= "\ud7ff"
        or "\ue000" <= char <= "\ufefe"
        or "\uff00" <= char <= "\ufffd"
    )


def _style(value: str) -> str:
    """Choose how a string without line breaks is written: plain (""), single- or double-quoted."""
    if not value or _is_unprintable(value) or not is_plain_text(value):
        return '"'
    first = value[0]
    if (
        first in _BAD_START
        or (first in _BAD_ALONE and value[1:2] in ("", " "))
        or value.startswith(("---", "..."))
        or value[-1] in ": "
        or ": " in value
        or " #" in value
    ):
        return "'"
    return ""


def _one_line(value: str) -> str:
    style = _style(value)
    if style == '"':
        return f'"{_escape(value)}"'
    if style == "'":
        return "'" + value.replace("'", "''") + "'"
    return value


def _escape(value: str) -> str:
    if value.startswith("\ufeff"):  # the emitter looks for the mark at the start of the text, at every character
        return "".join(map(_escape_char, value))
    if value.isascii() and value.isprintable() and '"' not in value and "\\" not in value:
        return value
    return "".join([char if _stands(char) else _escape_char(char) for char in value])


def _stands(char: str) -> bool:
    """Whether *char* is written as it is in a double-quoted string."""
    return char not in '"\\' and _is_printable(char)


def _escape_char(char: str) -> str:
    code = ord(char)
    if code in _ESCAPES:
        return _ESCAPES[code]
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _fold(value: str, text: str, column: int, inner: str) -> str:
    """Break plain or single-quoted *text* at single spaces after the width."""
    quoted = text[0] == "'" and value != text
    last = len(text) - 2 if quoted else len(text) - 1
    first = 2 if quoted else 0
    lines = []
    start = 0
    at = max(start + WIDTH + 1 - column, 0)
    while True:
        at = text.find(" ", at)
        if at < 0 or at > last - (1 if quoted else 0):
            break
        if at >= first and text[at + 1] != " " and text[at - 1] != " ":
            lines.append(text[start:at])
            start = at + 1
            at = max(start + WIDTH + 1 - len(inner), start)  # an indent may be wider than a line
        else:
            at += 1
    lines.append(text[start:])
    return f"\n{inner}".join(lines)


def _fold_double(value: str, column: int, inner: str) -> str:
    """Write a double-quoted string that may need more than one line."""
    parts = ['"']
    column += 1
    spaces = False
    bom = value.startswith("\ufeff")  # see _escape
    last = len(value) - 1
    for at, char in enumerate(value):
        if char != " " or bom:
            text = _escape_char(char) if bom or not _stands(char) else char
            spaces = False
        elif not spaces and column > WIDTH and 0 < at < last:
            text = f"\n{inner}" + ("\\" if value[at + 1] == " " else "")
            column = -1
            spaces = True
        else:
            text = char
            spaces = True
        parts.append(text)
        column += len(text)
    parts.append('"')
    return "".join(parts)


def _block(value: str, column: int, inner: str) -> str:
    """Write a string with newlines: a literal block where YAML can, else double-quoted."""
    if value[-1] == " " or _is_unprintable(value) or any(f" {mark}" in value for mark in _BREAKS):
        return _fold_double(value, column, inner)
    hint = "2" if value[0] in " \n\u2028\u2029" else ""
    if value[-1] not in _BREAKS:
        chomp = "-"
    elif len(value) == 1 or value[-2] in _BREAKS:
        chomp = "+"
    else:
        chomp = ""
    if "\u2028" in value or "\u2029" in value:
        body = "".join(_separated(value, inner))
        return f"|{hint}{chomp}\n{body}" if value[-1] != "\n" else f"|{hint}{chomp}\n{body[:-1]}"
    lines = value.split("\n")
    if lines[-1] == "":
        lines.pop()
    body = "\n".join([inner + line if line else "" for line in lines])
    return f"|{hint}{chomp}\n{body}"


def _separated(value: str, inner: str) -> list[str]:
    """Return the pieces of a literal block that has Unicode line separators in it."""
    parts = []
    fresh = True
    for char in value:
        if char in _BREAKS:
            parts.append(char)
            fresh = True
        else:
            parts.append(inner + char if fresh else char)
            fresh = False
    return parts


def _with_separators(value: str, column: int, inner: str) -> str:
    """Write a string whose only line breaks are U+2028 or U+2029."""
    beside = any(f" {mark}" in value or f"{mark} " in value for mark in _BREAKS)
    if beside or _is_unprintable(value) or not is_plain_text(value):
        return _fold_double(value, column, inner)
    parts = ["'"]
    column += 1
    breaks = False
    for at, char in enumerate(value):
        if char in "\u2028\u2029":
            parts.append(char)
            column, breaks = 0, True
            continue
        if breaks:
            parts.append(inner)
            column, breaks = len(inner), False
        single = value[at - 1] != " " and value[at + 1 : at + 2] != " "
        if char == " " and column > WIDTH and 0 < at < len(value) - 1 and single:
            parts.append(f"\n{inner}")
            column = len(inner)
        else:
            parts.append("''" if char == "'" else char)
            column += len(parts[-1])
    return "".join(parts) + "'"
