"""From libyaml's events to nodes: for documents that `base.yaml.quick` does not read, and for what is wrong with them.

Source: kyaml v0.21.2 yaml/rnode.go (DeAnchor) over go.yaml.in/yaml v3.0.5. Aliases become copies; `<<` never overrides
what stands beside it. The first of two equal keys counts; that there were two is kept for whoever prints the document.
"""

from __future__ import annotations

import fairlead.base.yaml.lean  # noqa: F401  # isort: skip  # before yaml
from yaml._yaml import CParser
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.reader import ReaderError
from yaml.scanner import ScannerError

from fairlead.base.yaml.escapes import go_escapes
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.nodes import (
    BINARY,
    EMPTY_IN_FLOW,
    STR,
    Folded,
    Key,
    Quoted,
    Scalar,
    copied,
    plain,
)
from fairlead.engines.kustomize.reader import Document, MalformedYamlError

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any

MAX_DEPTH = 400
ALIASED_LIMIT = 1_000_000
_LONG_TAG = "tag:yaml.org,2002:"


class _Mark:
    """A value that no document can hold."""


_MISSING: Any = _Mark()
_MERGE: Any = _Mark()
_OPEN: Any = _Mark()


def compose_one(text: str, line: int) -> Document | None:
    """Return the first document of *text*, which begins on *line*, None when there is none.

    Raises: MalformedYamlError.
    """
    try:
        data = text.removeprefix("\ufeff").encode()
    except UnicodeEncodeError:
        raise MalformedYamlError("MalformedYAMLError: yaml: control characters are not allowed") from None
    reader = _Reader(data, line)
    try:
        return reader.document()
    except ReaderError as error:
        raise MalformedYamlError("MalformedYAMLError: yaml: control characters are not allowed") from error
    except MarkedYAMLError as error:
        raise MalformedYamlError(f"MalformedYAMLError: yaml: {_place(error)}{error.problem}") from error


def _place(error: MarkedYAMLError) -> str:
    mark, context = error.problem_mark, error.context_mark
    line = context.line if context is not None else 0
    if not line and mark is not None:
        line = mark.line
    if line and isinstance(error, ScannerError):
        line += 1
    return f"line {line}: " if line else ""


class _Reader:
    def __init__(self, data: bytes, line: int) -> None:
        self._parser: Any = CParser(go_escapes(data))
        self._line = line
        self._aliased = 0
        self._fault = ""

    def document(self) -> Document | None:
        get_event = self._parser.get_event
        while True:
            event = get_event()
            if event.__class__ is DocumentStartEvent:
                break
            if event is None or event.__class__ is StreamEndEvent:
                return None
        node, line = self._compose(get_event)
        return Document(node, self._line + line, self._fault)

    def _compose(self, get_event: Any) -> tuple[Any, int]:  # noqa: C901 - the hot loop: calls would cost a third of it
        stack: list[tuple[Any, ...]] = []
        anchors: dict[str, Any] = {}
        container: Any = None
        is_map = False
        key: Any = _MISSING
        merges: list[Any] | None = None
        anchor: str | None = None
        flow = False
        first_line = -1
        while True:
            event = get_event()
            kind = event.__class__
            if first_line < 0:
                first_line = event.start_mark.line
            if kind is ScalarEvent:
                value = event.value
                if event.tag is not None:
                    value = _tagged(event)
                elif event.implicit[0]:
                    value = EMPTY_IN_FLOW if flow and not value else plain(value)
                else:
                    value = Folded(value) if event.style == ">" else Quoted(value)
                if event.anchor is not None:
                    anchors[event.anchor] = value
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if len(stack) >= MAX_DEPTH:
                    raise MalformedYamlError(f"MalformedYAMLError: yaml: nested deeper than {MAX_DEPTH} levels")
                stack.append((container, is_map, key, merges, anchor, flow))
                flow = event.flow_style
                anchor = event.anchor
                if anchor is not None:
                    anchors[anchor] = _OPEN
                is_map = kind is MappingStartEvent
                container = {} if is_map else []
                key, merges = _MISSING, None
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                value = container if merges is None else _merged(container, merges)
                if anchor is not None:
                    anchors[anchor] = value
                container, is_map, key, merges, anchor, flow = stack.pop()
            elif kind is AliasEvent:
                value = self._alias(anchors, event.anchor)
            else:
                raise AssertionError(event)

            if is_map:
                if key is _MISSING:
                    if value.__class__ is str or isinstance(value, Quoted):
                        key = value
                    else:
                        key = _key(value)
                elif key is _MERGE:
                    if merges is not None:
                        raise KustomizeError("duplicate merge key")
                    merges = _merge_values(value, kind is AliasEvent)
                    key = _MISSING
                else:
                    if key in container:
                        self._duplicate(event, key)
                    else:
                        container[key] = value
                    key = _MISSING
            elif container is not None:
                container.append(value)
            else:
                return value, max(first_line, 0)

    def _alias(self, anchors: dict[str, Any], name: str) -> Any:
        found = anchors.get(name)
        if found is None:
            raise MalformedYamlError(f"MalformedYAMLError: yaml: unknown anchor '{name}' referenced")
        if found is _OPEN:
            raise MalformedYamlError(f"MalformedYAMLError: yaml: anchor '{name}' value contains itself")
        self._aliased += _size(found, ALIASED_LIMIT - self._aliased)
        if self._aliased >= ALIASED_LIMIT:
            raise MalformedYamlError(f"MalformedYAMLError: yaml: aliases stand for more than {ALIASED_LIMIT} values")
        return copied(found)

    def _duplicate(self, event: Any, key: str) -> None:
        line = self._line + event.start_mark.line
        self._fault = self._fault or f'line {line}: mapping key "{key}" already defined'


def _size(node: Any, limit: int) -> int:
    kind = node.__class__
    if kind is not dict and kind is not list:
        return 1
    total = 1
    for item in node.values() if kind is dict else node:
        total += _size(item, limit - total)
        if total >= limit:
            return total
    return total


def _key(value: Any) -> Any:
    if value.__class__ is not Scalar:
        from fairlead.base.yaml.compose import go_syntax
        from fairlead.engines.kustomize.nodes import to_value

        shown = go_syntax(to_value(copied(value))).replace("map[interface {}]", "map[string]")
        raise KustomizeError(f"yaml: invalid map key: {shown}; text in double braces is for a template engine")
    if value.tag == "!!merge":
        return _MERGE
    return value.text if value.tag == BINARY else Key(value.text)


def _tagged(event: Any) -> Any:
    tag = event.tag
    if tag.startswith(_LONG_TAG):
        tag = f"!!{tag[len(_LONG_TAG) :]}"
    if tag == STR or tag == "!":
        return Quoted(event.value) if event.style else str(event.value)
    return Scalar(event.value, tag)


def _merge_values(value: Any, is_alias: bool) -> list[dict[str, Any]]:
    if value.__class__ is dict:
        return [value]
    if is_alias:
        raise KustomizeError("invalid map merge: received alias for a non-map value")
    if value.__class__ is not list:
        raise KustomizeError("map merge requires map or sequence of maps as the value")
    found: list[dict[str, Any]] = []
    for item in value:
        if item.__class__ is list:
            raise KustomizeError("invalid map merge: received a nested sequence")
        found = _merge_values(item, False) + found
    return found


def _merged(own: dict[str, Any], merges: list[dict[str, Any]]) -> dict[str, Any]:
    result = dict(own)
    for part in merges:
        result.update({key: copied(item) for key, item in part.items()})
    result.update(own)
    return result
