"""The little language of --set and its relatives.

Source: Helm v4.3 pkg/strvals/parser.go, literal_parser.go. Numbers that --set
reads are int64, unlike those of values files.
"""

from __future__ import annotations

import json

from fairlead.base.patterns import late
from fairlead.engines.gotemplate.gotypes import Int64, type_name
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm.errors import ValuesError
from fairlead.engines.helm.functions.encoding import refuse_name, to_floats, whole_number

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Map = dict[str, Any]
    Reader = Callable[[str], Any]

MAX_INDEX = 65536
MAX_DEPTH = 30
_INT = late(r"[+-]?[0-9]+\Z")


class _End(Exception):  # noqa: N818 - a signal
    """The text is used up (Go: io.EOF)."""


class _NotList(Exception):  # noqa: N818 - a signal
    """The value is not written as a list."""


class _TroubleError(Exception):
    """What Go returns as an error, or panics with."""


def parse_set(text: str, values: Map) -> None:
    """Put a --set line into *values*, in place.

    Raises:
        ValuesError: "failed parsing --set data: ..." as Helm words it.
    """
    _run(_Parser(text, typed_value), values, "--set")


def parse_set_string(text: str, values: Map) -> None:
    """Put a --set-string line into *values*."""
    _run(_Parser(text, lambda value: value), values, "--set-string")


def parse_set_file(text: str, values: Map, read: Reader) -> None:
    """Put a --set-file line into *values*; *read* returns a file's text."""
    _run(_Parser(text, read), values, "--set-file")


def parse_set_literal(text: str, values: Map) -> None:
    """Put a --set-literal line into *values*."""
    _run(_LiteralParser(text), values, "--set-literal")


def parse_set_json(text: str, values: Map) -> Map:
    """Return *values* with a --set-json line put in."""
    from fairlead.engines.helm.chart import merge_maps

    trimmed = text.strip()
    if trimmed.startswith("{"):
        try:
            found = _json().decode(trimmed)
        except ValueError:
            raise ValuesError(f"failed parsing --set-json data JSON: {text}") from None
        return merge_maps(values, to_floats(found))
    try:
        _JsonParser(text).parse(values)
    except (_TroubleError, ValueError):
        raise ValuesError(f"failed parsing --set-json data {text}") from None
    return values


def _run(parser: _Base, values: Map, flag: str) -> None:
    try:
        parser.parse(values)
    except _TroubleError as error:
        raise ValuesError(f"failed parsing {flag} data: {error}") from None


def typed_value(text: str) -> Any:
    """Return what --set makes of a value."""
    lowered = text.lower()
    if lowered == "true":
        return True
    if lowered == "false":
        return False
    if lowered == "null":
        return None
    if text == "0":
        return Int64(0)
    if text and text[0] != "0" and _INT.match(text):
        number = int(text)
        if -(1 << 63) <= number < 1 << 63:
            return Int64(number)
    return text


class _Base:
    """What both grammars share: keys with dots and indexes."""

    key_stops = "=[,."
    escapes = True

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def parse(self, values: Map) -> None:
        while True:
            try:
                self.key(values, 0)
            except _End:
                return

    def value(self, put: Callable[[Any], None]) -> None:
        raise NotImplementedError

    def until(self, stops: str) -> tuple[str, str]:
        """Read up to one of *stops*; return the text and the stop, "" at the end."""
        out: list[str] = []
        text = self.text
        while self.position < len(text):
            char = text[self.position]
            self.position += 1
            if char in stops:
                return "".join(out), char
            if char == "\\" and self.escapes:
                if self.position == len(text):
                    return "".join(out), ""
                char = text[self.position]
                self.position += 1
            out.append(char)
        return "".join(out), ""

    def key(self, values: Map, depth: int) -> None:
        name, stop = self.until(self.key_stops)
        if not stop:
            if not name:
                raise _End
            raise _TroubleError(f"key {quote(name)} has no value")
        if stop == "[":
            index = self.index()
            items = values.get(name, [])
            if name in values and not isinstance(items, list):
                raise _TroubleError(f"unable to parse key: {_conversion(items, '[]interface {}')}")
            done: BaseException | None = None
            try:
                items = self.item(items, index, depth)
            except (_End, _TroubleError) as error:
                done = error
            _set(values, name, items)
            if done is not None:
                raise done
        elif stop == "=":
            self.value(lambda value: _set(values, name, value))
        elif stop == ",":
            _set(values, name, "")
            raise _TroubleError(f"key {quote(name)} has no value (cannot end with ,)")
        else:
            self.nested(values, name, depth + 1)

    def nested(self, values: Map, name: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise _TroubleError(
                f"value name nested level is greater than maximum supported nested level of {MAX_DEPTH}"
            )
        inner = values.get(name, {})
        if name in values and not isinstance(inner, dict):
            raise _TroubleError(f"unable to parse key: {_conversion(inner, 'map[string]interface {}')}")
        try:
            self.key(inner, depth)
        except (_End, _TroubleError):
            if inner:
                _set(values, name, inner)
            raise
        if not inner:
            raise _TroubleError(f"key map {quote(name)} has no value")
        _set(values, name, inner)

    def index(self) -> int:
        text, stop = self.until("]")
        if not stop:
            raise _End  # Helm takes it for the end of the text
        if not _INT.match(text):
            raise _TroubleError(f"error parsing index: strconv.Atoi: parsing {quote(text)}: invalid syntax")
        number = int(text)
        if not -(1 << 63) <= number < 1 << 63:
            raise _TroubleError(f"error parsing index: strconv.Atoi: parsing {quote(text)}: value out of range")
        return number

    def item(self, items: list[Any], index: int, depth: int) -> list[Any]:
        if index < 0:
            raise _TroubleError(f"negative {index} index not allowed")
        name, stop = self.until("[.=")
        if name:
            raise _TroubleError(
                f"unexpected data at end of array index: [{' '.join(quote(char, chr(39)) for char in name)}]"
            )
        if not stop:
            raise _End
        if stop == "=":
            found: list[list[Any]] = []
            try:
                self.value(lambda value: found.append(_set_index(items, index, value)))
            except _End:
                if not found:
                    raise
            return found[-1] if found else items
        if stop == "[":
            following = self.index()
            inner_list = items[index] if len(items) > index and items[index] is not None else []
            if not isinstance(inner_list, list):
                raise _TroubleError(f"unable to parse key: {_conversion(inner_list, '[]interface {}')}")
            return _set_index(items, index, self.item(inner_list, following, depth))
        inner: Map = {}
        if len(items) > index:
            if not isinstance(items[index], dict):
                items[index] = {}
            inner = items[index]
        self.key(inner, depth)
        return _set_index(items, index, inner)


def _set(values: Map, key: str, value: Any) -> None:
    if key:
        values[key] = value


def _set_index(items: list[Any], index: int, value: Any) -> list[Any]:
    if index > MAX_INDEX:
        raise _TroubleError(f"index of {index} is greater than maximum supported index of {MAX_INDEX}")
    if len(items) <= index:
        items = items + [None] * (index + 1 - len(items))
    items[index] = value
    return items


def _conversion(value: object, wanted: str) -> str:
    got = "nil" if value is None else type_name(value)
    return f"interface conversion: interface {{}} is {got}, not {wanted}"


class _Parser(_Base):
    """--set, --set-string and --set-file."""

    def __init__(self, text: str, read: Reader) -> None:
        super().__init__(text)
        self.read = read

    def value(self, put: Callable[[Any], None]) -> None:
        if self.position >= len(self.text):
            put("")
            raise _End
        try:
            put(self.list())
        except _NotList:
            text, _ = self.until(",")
            put(self.read(text))

    def list(self) -> list[Any]:
        if self.text[self.position] != "{":
            raise _NotList
        self.position += 1
        items: list[Any] = []
        while True:
            text, stop = self.until(",}")
            if not stop:
                raise _TroubleError("list must terminate with '}'")
            items.append(self.read(text))
            if stop == "}":
                if self.text[self.position : self.position + 1] == ",":
                    self.position += 1
                return items


def _json() -> json.JSONDecoder:
    return json.JSONDecoder(parse_constant=refuse_name, parse_int=whole_number)


class _JsonParser(_Base):
    """--set-json."""

    def value(self, put: Callable[[Any], None]) -> None:
        if self.is_empty():
            put(None)
            return
        value, end = _json().raw_decode(self.text, self.position)
        put(to_floats(value))
        self.position = end
        self.is_empty()

    def is_empty(self) -> bool:
        """Skip blanks; report whether a comma or the end follows, skipping that too."""
        while self.position < len(self.text):
            char = self.text[self.position]
            if char == ",":
                self.position += 1
                return True
            if not char.isspace():
                return False
            self.position += 1
        return True


class _LiteralParser(_Base):
    """--set-literal: everything after the first "=" is the value."""

    key_stops = "=[."
    escapes = False

    def value(self, put: Callable[[Any], None]) -> None:
        put(self.text[self.position :])
        self.position = len(self.text)
