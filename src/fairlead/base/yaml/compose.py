"""Turn YAML text of any kind into plain values: from libyaml's events, by the rules that `read` states."""

from __future__ import annotations

import math

import fairlead.base.yaml.lean  # noqa: F401  # isort: skip  # before yaml
from yaml._yaml import CParser
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.reader import ReaderError
from yaml.scanner import ScannerError

from fairlead.base.yaml.errors import YamlError
from fairlead.base.yaml.escapes import go_escapes
from fairlead.base.yaml.lines import Lines
from fairlead.base.yaml.resolve import TagError, float32_text, key_text, resolve, resolve_tagged

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, NoReturn

MAX_DEPTH = 500
_CACHE_LIMIT = 20_000
_CACHED_LENGTH = 64
_MERGE_TAG = "tag:yaml.org,2002:merge"

_words: dict[str, Any] = {}


class _Mark:
    """A value that no document can hold."""


_MISSING: Any = _Mark()
_MERGE: Any = _Mark()
_OPEN: Any = _Mark()  # an anchor whose node is still being read: an alias to it would hold itself


def load(text: str | bytes, *, source: str = "", strict: bool = False) -> Any:
    """Return the first document of *text*, None when there is none.

    *source* names the text in errors; *strict* refuses a key given twice.
    Raises: YamlError.
    """
    reader = _Reader(text, source, strict)
    if not reader.next_document():
        return None
    return reader.compose(None)


def load_all(text: str | bytes, *, source: str = "", strict: bool = False) -> list[Any]:
    """Return the documents of *text*, empty ones as None.

    Raises: YamlError.
    """
    reader = _Reader(text, source, strict)
    documents = []
    while reader.next_document():
        documents.append(reader.compose(None))
    return documents


def iterate_with_lines(text: str | bytes, *, source: str = "", strict: bool = False) -> Iterator[tuple[Any, Lines]]:
    """Yield the documents of *text* with their lines, one at a time.

    Raises: YamlError, when the faulty document is reached.
    """
    reader = _Reader(text, source, strict)
    while reader.next_document():
        lines = Lines(0)
        yield reader.compose(lines), lines


class _Reader:
    """One pass over the events of a text."""

    def __init__(self, text: str | bytes, source: str, strict: bool) -> None:
        self._source = source
        self._strict = strict
        self._duplicates: list[tuple[int, int, str]] = []
        self._misread: YamlError | None = None  # what go-yaml finds only after the whole text was parsed
        self._unfit: YamlError | None = None  # what the step from YAML to JSON finds after that
        self._infinite: YamlError | None = None  # what writing the JSON finds at last, if the value is still there
        self._unfit_in: dict[str, Any] | None = None  # the map with the key that it is about
        if isinstance(text, str):
            try:
                text = text.removeprefix("\ufeff").encode()
            except UnicodeEncodeError as error:
                raise YamlError("invalid Unicode character", source) from error
        self._text = go_escapes(text) or b"\n"
        self._parser: Any = CParser(self._text)

    def next_document(self) -> bool:
        """Move to the next document's root; False at the end of the text."""
        try:
            while True:
                event = self._parser.get_event()
                if event.__class__ is DocumentStartEvent:
                    if event.version not in (None, (1, 1)):
                        self._fail("found incompatible YAML document", event)  # libyaml takes 1.2, too
                    return True
                if event is None or event.__class__ is StreamEndEvent:
                    return False
        except (MarkedYAMLError, ReaderError) as error:
            raise self._syntax_error(error) from error

    def compose(self, lines: Lines | None) -> Any:
        """Return the value of the document that `next_document` moved to."""
        try:
            value = self._compose(lines)
        except (MarkedYAMLError, ReaderError) as error:
            raise self._syntax_error(error) from error
        except RecursionError as error:
            raise YamlError(f"nested deeper than {MAX_DEPTH} levels", self._source) from error
        if self._misread is not None:
            raise self._misread
        if self._duplicates:
            self._fail_duplicates()
        if self._unfit is not None:
            if self._unfit_in is not None:
                found = self._unfit_in[""]
                self._unfit.go_text += f", value: {'<nil>' if found is None else go_syntax(found)}"
            raise self._unfit
        if self._infinite is not None and _is_infinite(value):
            raise self._infinite
        return value

    def _compose(self, lines: Lines | None) -> Any:  # noqa: C901 - the hot loop: calls would cost a third of its time
        """Read one node tree.

        The open container is in locals and the outer ones are on a stack, so that depth
        costs no Python frames and a known scalar costs one dictionary look-up.
        """
        get_event = self._parser.get_event
        words = _words
        strict = self._strict
        track = lines is not None
        here: Any = lines
        stack: list[tuple[Any, ...]] = []
        anchors: dict[str, tuple[Any, int, Any]] = {}
        container: Any = None
        is_map = False
        key: Any = _MISSING
        key_line = 0
        anchor: str | None = None
        ops, aliased, started = 1, 0, 0
        while True:
            event = get_event()
            kind = event.__class__
            ops += 1
            place: Any = None
            if kind is ScalarEvent:
                value = event.value
                if event.tag is None:
                    if event.implicit[0]:
                        known = words.get(value, _MISSING)
                        if known is _MISSING:
                            if is_map and key is _MISSING and value == "<<":
                                key = _MERGE
                                continue
                            value = self._resolve_new(value, is_map and key is _MISSING)
                        else:
                            value = known
                elif event.tag == _MERGE_TAG and value == "<<" and is_map and key is _MISSING:
                    key = _MERGE
                    continue
                else:
                    value = self._tagged(event)
                if event.anchor is not None:
                    anchors[event.anchor] = (value, 1, None)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if len(stack) >= MAX_DEPTH:
                    self._fail(f"nested deeper than {MAX_DEPTH} levels", event)
                stack.append((container, key, key_line, here, anchor, started))
                if track:
                    outer = here
                    here = Lines(key_line if is_map and key.__class__ is str else event.start_mark.line + 1)
                    if container is None:
                        outer.line = here.line
                        here = outer
                anchor = event.anchor
                started = ops - 1
                if anchor is not None:
                    anchors[anchor] = (_OPEN, 0, None)
                is_map = kind is MappingStartEvent
                container = {} if is_map else []
                key = _MISSING
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                ops -= 1
                value = container
                place = here
                if anchor is not None:
                    anchors[anchor] = (value, ops - started, place)
                container, key, key_line, here, anchor, started = stack.pop()
                is_map = container.__class__ is dict
            elif kind is AliasEvent:
                value, size, place = self._alias(anchors, event)
                ops += size
                aliased += size
                if aliased > 100 and ops > 1000 and aliased / ops > _allowed_alias_ratio(ops):
                    self._fail("document contains excessive aliasing", event)
                if value.__class__ is dict or value.__class__ is list:
                    value = _copy(value)
            else:  # the end of a document without a node cannot happen: libyaml gives an empty scalar
                raise AssertionError(event)

            if is_map:
                if key is _MISSING:
                    key = value if value.__class__ is str else self._key(value, event, container)
                    if track:
                        key_line = event.start_mark.line + 1
                    continue
                if key is _MERGE:
                    self._merge(container, value, event)
                    if track:
                        _merge_lines(here, place, value)
                else:
                    if strict and key in container:
                        self._duplicates.append((event.start_mark.line, event.start_mark.column, key))
                    else:
                        container[key] = value
                    if track:
                        here.put(key, _placed(place, key_line))
                key = _MISSING
            elif container is not None:
                if track:
                    if place is None or kind is AliasEvent:
                        place = _placed(place, event.start_mark.line + 1)
                    here.put(len(container), place)
                container.append(value)
            else:
                if track and not here.line:
                    here.line = event.start_mark.line + 1
                get_event()  # the document's end
                return value

    def _resolve_new(self, text: str, is_key: bool) -> Any:
        value: Any = resolve(text)
        if value.__class__ is float and not math.isfinite(value):
            if not is_key:
                name = {"inf": "+Inf", "-inf": "-Inf"}.get(str(value), "NaN")
                go_text = f"json: unsupported value: {name}"
                self._infinite = self._infinite or YamlError(
                    f"{text} cannot be written as JSON", self._source, go_text=go_text
                )
                return _Infinite(float32_text(value))
            return float32_text(value)
        if len(text) <= _CACHED_LENGTH and text != "<<":  # a merge key is never looked up
            if len(_words) >= _CACHE_LIMIT:
                _words.clear()
            _words[text] = value
        return value

    def _tagged(self, event: Any) -> Any:
        try:
            value = resolve_tagged(event.tag, event.value)
        except TagError as error:
            self._note(str(error), event)
            return event.value
        if isinstance(value, float) and not math.isfinite(value):
            return self._resolve_new(event.value, False)
        return value

    def _alias(self, anchors: dict[str, tuple[Any, int, Any]], event: Any) -> tuple[Any, int, Any]:
        found = anchors.get(event.anchor)
        if found is None:
            self._fail(f"unknown anchor '{event.anchor}' referenced", event)
        if found[0] is _OPEN:
            self._note(f"anchor '{event.anchor}' value contains itself", event)
            return {}, 1, None
        return found

    def _key(self, value: Any, event: Event, container: dict[str, Any]) -> str:
        if isinstance(value, (dict, list)):
            self._note(f"invalid map key: {go_syntax(value)}", event)
            return ""
        text = key_text(value)
        if text is None:
            shown = "%!s(<nil>), key: <nil>" if value is None else f"uint64, key: 0x{value:x}"
            message = f"unsupported map key of type: {shown}"
            if self._unfit is None:
                self._unfit = self._error(message, event, go_text=message)
                self._unfit_in = container
        return text or ""

    def _merge(self, container: dict[str, Any], value: Any, event: Event) -> None:
        """Lay *value*, or each mapping of a list from its last to its first, over *container*."""
        parts = [value]
        if value.__class__ is list and event.__class__ is SequenceEndEvent:
            parts = value[::-1]
        for part in parts:
            if part.__class__ is not dict:
                self._note("map merge requires map or sequence of maps as the value", event)
                return
            if self._strict:
                mark: Any = event.start_mark
                self._duplicates += [(mark.line, mark.column, key) for key in part if key in container]
            container.update(part)

    def _note(self, message: str, event: Any) -> None:
        """Keep the first thing wrong with what the nodes mean: wrong syntax further on goes before it."""
        self._misread = self._misread or self._error(message, event)

    def _fail(self, message: str, event: Any) -> NoReturn:
        raise self._error(message, event)

    def _error(self, message: str, event: Any, *, go_text: str = "") -> YamlError:
        mark: Any = event.start_mark
        return YamlError(message, self._source, mark.line + 1, mark.column + 1, go_text=go_text)

    def _fail_duplicates(self) -> NoReturn:
        line, column, key = self._duplicates[0]
        listed = "".join(
            f"\n  line {at + 1}: key {go_syntax(name)} already set in map" for at, _, name in self._duplicates
        )
        raise YamlError(
            f"key {go_syntax(key)} already set in map",
            self._source,
            line + 1,
            column + 1,
            go_text=f"yaml: unmarshal errors:{listed}",
        )

    def _syntax_error(self, error: MarkedYAMLError | ReaderError) -> YamlError:
        if isinstance(error, ReaderError):
            before = self._text[: error.position]
            line = before.count(b"\n") + 1
            return YamlError(str(error.reason), self._source, line, len(before) - before.rfind(b"\n"))
        mark: Any = error.problem_mark
        context: Any = error.context_mark
        if error.problem == "did not find expected <document start>":
            for row in self._text.split(b"\n")[: mark.line]:
                if row.startswith(b"%YAML") and row.split()[1:2] != [b"1.1"]:  # go-yaml judges it where it reads it
                    return YamlError("found incompatible YAML document", self._source, mark.line, 1)
        go_line = 0
        if mark is not None and mark.line:
            go_line = mark.line + (1 if isinstance(error, ScannerError) else 0)
        elif context is not None:
            go_line = context.line
        where = f"line {go_line}: " if go_line else ""
        message = error.problem or "unknown problem parsing YAML content"
        go_text = f"yaml: {where}{message}"
        if error.context and context is not None:
            message = f"{message} ({error.context}, which begins on line {context.line + 1})"
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        return YamlError(message, self._source, line, column, go_text=go_text)


def _placed(place: Lines | None, line: int) -> Lines:
    """Return the lines of a value that stands at *line*, with the inside of *place*."""
    if place is None:
        return Lines(line)
    if place.line == line:
        return place
    moved = Lines(line)
    moved.children = place.children
    return moved


def _merge_lines(here: Lines, place: Lines | None, value: Any) -> None:
    if place is None or place.children is None:
        return
    parts = [place] if isinstance(value, dict) else [*place.children.values()][::-1]
    for part in parts:
        for step, child in (part.children or {}).items():
            here.put(step, child)


def _allowed_alias_ratio(ops: int) -> float:
    """Return the share of a document that may come from aliases (go-yaml's anti-bomb rule)."""
    if ops <= 400_000:
        return 0.99
    if ops >= 4_000_000:
        return 0.10
    return 0.99 - 0.89 * ((ops - 400_000) / 3_600_000)


def _copy(value: Any) -> Any:
    if value.__class__ is dict:
        return {key: _copy(item) for key, item in value.items()}
    if value.__class__ is list:
        return [_copy(item) for item in value]
    return value


class _Infinite(str):
    """The text of a number that JSON has not."""

    __slots__ = ()


def _is_infinite(value: Any) -> bool:
    """Report whether a number that JSON has not is in *value*; one that a later key replaced is not."""
    if isinstance(value, dict):
        return any(map(_is_infinite, value.values()))
    if isinstance(value, list):
        return any(map(_is_infinite, value))
    return isinstance(value, _Infinite)


def go_syntax(value: Any) -> str:
    """Return *value* as Go's %#v shows a decoded document (for go-yaml's error texts)."""
    if value is None:
        return "interface {}(nil)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        inside = ", ".join(f"{go_syntax(key)}:{go_syntax(value[key])}" for key in sorted(value))
        return f"map[interface {{}}]interface {{}}{{{inside}}}"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(map(go_syntax, value))}}}"
    if isinstance(value, _Infinite):
        return {".inf": "+Inf", "-.inf": "-Inf"}.get(value.lower(), "NaN")
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        return f'"{escaped}"'
    return str(value)
