"""From tokens and comments to nodes.

Source: go.yaml.in/yaml v3.0.5 parserc.go (what an event takes of the comments read so far) and decode.go (which node
keeps them).
"""

from __future__ import annotations

from fairlead.engines.kustomize.reader import MalformedYamlError
from fairlead.engines.kyaml.comments import FOOT, HEAD, scan
from fairlead.engines.kyaml.nodes import ALIAS, DOCUMENT, MAPPING, SCALAR, SEQUENCE, Node

from yaml._yaml import CParser  # isort: skip  # after base.yaml.lean
from yaml.error import MarkedYAMLError  # isort: skip
from yaml.events import AliasEvent, StreamEndEvent  # isort: skip
from yaml.reader import ReaderError  # isort: skip
from yaml.scanner import ScannerError  # isort: skip
from yaml.tokens import (  # isort: skip
    AliasToken,
    AnchorToken,
    BlockEndToken,
    BlockEntryToken,
    BlockMappingStartToken,
    BlockSequenceStartToken,
    DirectiveToken,
    DocumentEndToken,
    DocumentStartToken,
    FlowEntryToken,
    FlowMappingEndToken,
    FlowMappingStartToken,
    FlowSequenceEndToken,
    FlowSequenceStartToken,
    KeyToken,
    ScalarToken,
    StreamEndToken,
    StreamStartToken,
    TagToken,
    ValueToken,
)

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any

_LONG_TAG = "tag:yaml.org,2002:"


def read_document(text: str) -> Node | None:
    """Return the first document of *text*, None when there is none. Raises: MalformedYamlError."""
    text = text.removeprefix("\ufeff")
    try:
        _check(text)
        tokens, comments = scan(text)
    except (ReaderError, UnicodeEncodeError) as error:
        raise MalformedYamlError("MalformedYAMLError: yaml: control characters are not allowed") from error
    except MarkedYAMLError as error:
        raise MalformedYamlError(f"MalformedYAMLError: yaml: {_place(error)}{error.problem}") from error
    try:
        return _Parser(tokens, comments).document()
    except RecursionError as error:
        raise MalformedYamlError("MalformedYAMLError: yaml: nested too deep") from error


def _place(error: MarkedYAMLError) -> str:
    mark, context = error.problem_mark, error.context_mark
    line = context.line if context is not None else 0
    if not line and mark is not None:
        line = mark.line
    if line and isinstance(error, ScannerError):
        line += 1
    return f"line {line}: " if line else ""


def _check(text: str) -> None:
    """Look for what is wrong in the first document."""
    parser: Any = CParser(text)
    anchors = set()
    while True:
        event = parser.get_event()
        kind = event.__class__
        if kind is StreamEndEvent or kind.__name__ == "DocumentEndEvent":
            return
        name = getattr(event, "anchor", None)
        if kind is AliasEvent:
            if name not in anchors:
                raise MalformedYamlError(f"MalformedYAMLError: yaml: unknown anchor '{name}' referenced")
        elif name is not None:
            anchors.add(name)


class _Parser:
    def __init__(self, tokens: list[tuple[Any, int]], comments: list[Any]) -> None:
        self._tokens = tokens
        self._at = 0
        self._comments = comments
        self._unfolded = 0
        self._head = self._line = self._foot = self._stem = ""

    def _peek(self) -> type:
        """Return the kind of the next token, once the comments before it are taken."""
        token, start = self._tokens[self._at]
        kind: type = token.__class__
        while self._unfolded < len(self._comments):
            comment = self._comments[self._unfolded]
            if start < comment.owner:
                break
            if comment.kind == HEAD:
                if kind is BlockEndToken:
                    break
                self._head = _joined(self._head, comment.text)
            elif comment.kind == FOOT:
                self._foot = _joined(self._foot, comment.text)
            else:
                self._line = _joined(self._line, comment.text)
            self._unfolded += 1
        return kind

    def _skip(self) -> Any:
        token = self._tokens[self._at][0]
        self._at += 1
        return token

    def _take(self, node: Node) -> None:
        node.head, node.line, node.foot = self._head, self._line, self._foot
        self._head = self._line = self._foot = self._stem = ""

    def document(self) -> Node | None:
        if self._peek() is StreamStartToken:
            self._skip()
        while self._peek() is DocumentEndToken:
            self._skip()
        if self._peek() is StreamEndToken:
            return None
        node = Node(DOCUMENT)
        if self._peek() in (DirectiveToken, DocumentStartToken):
            while self._peek() is DirectiveToken:
                self._skip()
            self._skip()
        else:
            self._split_head(node)
        if self._peek() in (DirectiveToken, DocumentStartToken, DocumentEndToken, StreamEndToken):
            node.content.append(Node(SCALAR))
        else:
            node.content.append(self._node(block=True))
        self._peek()
        node.foot = self._foot or self._head
        return node

    def _split_head(self, node: Node) -> None:
        """Give the document what stands above the last empty line of the first comment."""
        head = self._head
        if head.endswith("\n") and len(head) > 1:
            node.head, self._head = head[:-1], ""
            return
        at = head.rfind("\n\n")
        if at >= 0:
            node.head, self._head = head[:at], head[at + 2 :]

    def _node(self, *, block: bool, indentless: bool = False) -> Node:
        if self._peek() is AliasToken:
            node = Node(ALIAS)
            self._take(node)
            node.value = self._skip().value
            return node
        anchor = tag = ""
        while self._peek() in (AnchorToken, TagToken):
            token = self._skip()
            if token.__class__ is AnchorToken:
                anchor = token.value
            else:
                tag = _tag(token.value)
        kind = self._peek()
        if indentless and kind is BlockEntryToken:
            node = Node(SEQUENCE)
            self._items(node, indentless=True)
        elif kind is ScalarToken:
            node = Node(SCALAR)
            self._take(node)
            token = self._skip()
            node.value, node.style = token.value, "" if token.plain else token.style
        elif kind is FlowSequenceStartToken or kind is FlowMappingStartToken:
            node = self._flow(kind)
        elif block and kind is BlockSequenceStartToken:
            node = Node(SEQUENCE)
            node.head, self._stem = self._stem, ""
            self._skip()
            self._items(node, indentless=False)
        elif block and kind is BlockMappingStartToken:
            node = Node(MAPPING)
            node.head, self._stem = self._stem, ""
            self._mapping(node)
        else:
            node = Node(SCALAR)
        node.anchor, node.tag = anchor, tag
        return node

    def _items(self, node: Node, *, indentless: bool) -> None:
        stops = (BlockEntryToken, BlockEndToken, *((KeyToken, ValueToken) if indentless else ()))
        while self._peek() is BlockEntryToken:
            length = len(self._head)
            self._skip()
            kind = self._peek()
            if length and kind in (BlockSequenceStartToken, BlockMappingStartToken):
                self._stem, self._head = self._head[:length], self._head[length + 1 :]
            node.content.append(Node(SCALAR) if kind in stops else self._node(block=True))
        if not indentless:
            self._skip()

    def _mapping(self, node: Node) -> None:
        self._skip()
        content = node.content
        while self._peek() in (KeyToken, ValueToken):
            key = self._part(KeyToken)
            content.append(key)
            if key.foot and len(content) > 2:
                content[-3].foot, key.foot = key.foot, ""
            value = self._part(ValueToken)
            content.append(value)
            if not key.foot and value.foot:
                key.foot, value.foot = value.foot, ""
        head = node.head
        self._take(node)
        node.head = head
        if node.foot and content:
            content[-2].foot, node.foot = node.foot, ""
        self._skip()

    def _part(self, wanted: type) -> Node:
        """Return a key or a value of a block mapping."""
        if self._peek() is not wanted:
            return Node(SCALAR)
        self._skip()
        if self._peek() in (KeyToken, ValueToken, BlockEndToken):
            return Node(SCALAR)
        return self._node(block=True, indentless=True)

    def _flow(self, kind: type) -> Node:
        is_map = kind is FlowMappingStartToken
        node = Node(MAPPING if is_map else SEQUENCE)
        node.flow = True
        self._take(node)
        self._skip()
        end = FlowMappingEndToken if is_map else FlowSequenceEndToken
        while self._peek() is not end:
            if self._peek() is FlowEntryToken:
                self._skip()
                continue
            if is_map:
                self._entry(node)
            elif self._peek() is KeyToken:
                single = Node(MAPPING)
                single.flow = True
                self._entry(single)
                node.content.append(single)
            else:
                node.content.append(self._node(block=False))
        head = node.head
        self._take(node)
        node.head = head
        self._skip()
        return node

    def _entry(self, node: Node) -> None:
        """Add a key and its value between braces."""
        ends = (FlowEntryToken, FlowMappingEndToken, FlowSequenceEndToken)
        if self._peek() is KeyToken:
            self._skip()
        key = Node(SCALAR) if self._peek() in (ValueToken, *ends) else self._node(block=False)
        value = Node(SCALAR)
        if self._peek() is ValueToken:
            self._skip()
            if self._peek() not in ends:
                value = self._node(block=False)
        if not key.foot and value.foot:
            key.foot, value.foot = value.foot, ""
        node.content += (key, value)


def _joined(old: str, new: str) -> str:
    return f"{old}\n{new}" if old else new


def _tag(value: tuple[str | None, str]) -> str:
    handle, suffix = value
    whole = f"{handle or ''}{suffix}"
    if whole.startswith(_LONG_TAG):
        return f"!!{whole[len(_LONG_TAG) :]}"
    return "" if whole == "!" else whole
