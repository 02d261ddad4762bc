"""Nodes as text, to the byte as kyaml writes them.

Source: go.yaml.in/yaml v3.0.5 emitterc.go and encode.go with kyaml's settings: two spaces, lists inside mappings not
indented, lines of any length. Comments wait in the writer until the place where go-yaml writes them.
"""

from __future__ import annotations

from fairlead.base.yaml.write import _ESCAPES as ESCAPES
from fairlead.engines.kyaml.nodes import ALIAS, DOCUMENT, DOUBLE, FOLDED, LITERAL, MAPPING, PLAIN, SCALAR, SINGLE, Node

_SIMPLE_KEY_BYTES = 128
_BREAKS = "\n\x85\u2028\u2029"


def write_documents(documents: list[Node]) -> str:
    """Return *documents* as one stream."""
    writer = _Writer()
    for at, document in enumerate(documents):
        writer.document(document, first=at == 0)
    return writer.end()


class _Facts:
    """What the characters of a scalar allow."""

    def __init__(self, text: str) -> None:
        self.multiline = False
        self.flow_plain = bool(text)
        self.block_plain = self.single = True
        self.block = bool(text)
        if not text:
            return
        flow = block = text.startswith(("---", "..."))
        special = tab = break_space = space_break = previous_space = previous_break = False
        last = len(text) - 1
        for at, char in enumerate(text):
            spaced = at == last or text[at + 1] in " \t"
            if at == 0:
                if char in "#,[]{}&*!|>'\"%@`":
                    flow = block = True
                elif char in "?:":
                    flow = True
                    block = block or spaced
                elif char == "-" and spaced:
                    flow = block = True
            elif char in ",?[]{}":
                flow = True
            elif char == ":":
                flow = True
                block = block or spaced
            elif char == "#" and text[at - 1] in f" \t{_BREAKS}":
                flow = block = True
            if char == "\t":
                tab = True
            elif not _is_printable(char):
                special = True
            if char == " ":
                break_space = break_space or previous_break
                previous_space, previous_break = True, False
            elif char in _BREAKS:
                self.multiline = True
                space_break = space_break or previous_space
                previous_space, previous_break = False, True
            else:
                previous_space = previous_break = False
        edges = text[0] in f" {_BREAKS}" or text[-1] in f" {_BREAKS}"
        hard = space_break or tab or special
        plain = not (edges or break_space or hard or self.multiline)
        self.flow_plain = plain and not flow
        self.block_plain = plain and not block
        self.single = not (break_space or hard)
        self.block = not (text[-1] == " " or space_break or special)


def _is_printable(char: str) -> bool:
    return (
        char == "\n"
        or " " <= char <= "~"
        or "\xa0" <= char <= "\ud7ff"
        or ("\ue000" <= char <= "\ufffd" and char != "\ufeff")
    )


class _Writer:
    def __init__(self) -> None:
        self._out: list[str] = []
        self._column = 0
        self._indent = -1
        self._foot_indent = -1
        self._white = True  # the last thing written was white space
        self._indention = True  # nothing but indentation is on this line
        self._flow = 0
        self._head = self._line = self._foot = self._tail = self._key_line = ""

    def document(self, node: Node, *, first: bool) -> None:
        self._indent = -1
        root = node
        foot = ""
        if node.kind == DOCUMENT:
            self._head = node.head or self._head
            foot = node.foot
            root = node.content[0]
        if not first:
            self._write_indent()
            self._indicator("---", True)
            self._write_indent()
        if self._head:
            self._write_head()
            self._break()
        self._expect(root)
        self._write_head()
        self._node(root)
        self._foot = foot or self._foot
        self._foot_indent = 0
        self._write_foot()
        self._foot_indent = -1
        self._write_indent()

    def end(self) -> str:
        return "".join(self._out)

    def _expect(self, node: Node, tail: str = "") -> None:
        """Note the comments of what comes next."""
        self._tail = tail or self._tail
        self._head = node.head or self._head
        if node.kind in (SCALAR, ALIAS):
            self._line = node.line or self._line
            self._foot = node.foot or self._foot

    def _expect_end(self, node: Node, tail: str = "") -> None:
        self._tail = tail or self._tail
        self._line = node.line or self._line
        self._foot = node.foot or self._foot

    # What is on the page.

    def _put(self, text: str) -> None:
        self._out.append(text)
        self._column += len(text)

    def _break(self) -> None:
        self._out.append("\n")
        self._column = 0
        self._indention = True

    def _write_indent(self) -> None:
        indent = max(self._indent, 0)
        if not self._indention or self._column > indent or (self._column == indent and not self._white):
            self._break()
        if self._foot_indent == indent:
            self._break()
        if self._column < indent:
            self._put(" " * (indent - self._column))
        self._white = True
        self._foot_indent = -1

    def _indicator(self, text: str, spaced: bool, *, white: bool = False, indention: bool = False) -> None:
        if spaced and not self._white:
            self._put(" ")
        self._put(text)
        self._white = white
        self._indention = self._indention and indention

    def _comment(self, text: str) -> None:
        breaks = False
        for char in text:
            if char == "\n":
                self._break()
                breaks = True
                continue
            if breaks:
                self._write_indent()
            self._put(char)
            self._indention = breaks = False
        if not breaks:
            self._break()
        self._white = True

    def _write_head(self) -> None:
        if self._tail:
            self._write_indent()
            self._comment(self._tail)
            self._tail = ""
            self._foot_indent = max(self._indent, 0)
        if self._head:
            self._write_indent()
            self._comment(self._head)
            self._head = ""

    def _write_line(self, *, line_break: bool = False) -> None:
        if not self._line:
            if line_break:
                self._break()
            return
        if not self._white:
            self._put(" ")
        self._comment(self._line)
        self._line = ""

    def _write_foot(self) -> None:
        if self._foot:
            self._write_indent()
            self._comment(self._foot)
            self._foot = ""
            self._foot_indent = max(self._indent, 0)

    # Nodes.

    def _deeper(self, *, flow: bool, in_list: bool, compact: bool = False) -> int:
        """Indent what follows; return the indentation to go back to."""
        old = self._indent
        if old < 0:
            self._indent = 2 if flow else 0
        else:
            self._indent = old + 2 if in_list else 2 * ((old + 2) // 2)
            if compact:
                self._indent -= 2
        return old

    def _properties(self, node: Node) -> None:
        if node.anchor:
            self._indicator("&", True)
            self._put(node.anchor)
            self._white = self._indention = False
        self._write_tag(node.tag)

    def _write_tag(self, tag: str) -> None:
        if not tag:
            return
        shown = tag if tag.startswith("!") else f"!<{tag}>"
        if not self._white:
            self._put(" ")
        self._put(shown)
        self._white = self._indention = False

    def _node(
        self,
        node: Node,
        *,
        in_list: bool = False,
        in_map: bool = False,
        is_key: bool = False,
        in_flow: bool = False,
    ) -> bool:
        """Write *node* with the comments behind it; return whether it left a comma behind."""
        if node.kind == ALIAS:
            self._indicator("*", True)
            self._put(node.value)
            self._white = self._indention = False
        elif node.kind == SCALAR:
            self._scalar(node, is_key=is_key, in_list=in_list)
        else:
            self._properties(node)
        trail = in_flow and bool(self._line or self._foot or self._tail)
        if trail:
            self._indicator(",", False)
        if not is_key:
            self._write_line()
            self._write_foot()
        if node.kind in (ALIAS, SCALAR):
            return trail
        if self._flow or node.flow or not node.content:
            self._flow_collection(node, in_list=in_list)
        elif node.kind == MAPPING:
            self._block_mapping(node, in_list=in_list)
        else:
            self._block_list(node, in_list=in_list, in_map=in_map)
        return trail

    def _block_list(self, node: Node, *, in_list: bool, in_map: bool) -> None:
        compact = in_map and (self._column == 0 or not self._indention)
        old = self._deeper(flow=False, in_list=in_list, compact=compact)
        for item in node.content:
            self._expect(item)
            self._write_head()
            self._write_indent()
            self._indicator("-", True, indention=True)
            self._node(item, in_list=True)
        self._expect_end(node)
        self._indent = old

    def _block_mapping(self, node: Node, *, in_list: bool) -> None:
        old = self._deeper(flow=False, in_list=in_list)
        tail = ""
        content = node.content
        for at in range(0, len(content), 2):
            key, value = content[at], content[at + 1]
            foot, key.foot = key.foot, ""
            self._expect(key, tail)
            key.foot = tail = foot
            self._write_head()
            self._write_indent()
            if self._line:
                self._key_line, self._line = self._line, ""
            if _is_simple(key):
                self._node(key, in_map=True, is_key=True)
                self._expect(value)
                self._indicator(":", False)
            else:
                self._indicator("?", True, indention=True)
                self._node(key, in_map=True)
                self._expect(value)
                self._write_indent()
                self._indicator(":", True, indention=True)
            self._key_comment(value)
            self._node(value, in_map=True)
        self._expect_end(node, tail)
        self._write_head()
        self._indent = old

    def _key_comment(self, value: Node) -> None:
        if not self._key_line:
            return
        if value.kind == SCALAR:
            if not self._line:
                self._line, self._key_line = self._key_line, ""
        elif value.kind != ALIAS and not value.flow:
            self._line, self._key_line = self._key_line, self._line
            self._write_line()
            self._line, self._key_line = self._key_line, self._line

    def _flow_collection(self, node: Node, *, in_list: bool) -> None:
        is_map = node.kind == MAPPING
        self._indicator("{" if is_map else "[", True, white=True)
        old = self._deeper(flow=True, in_list=in_list)
        self._flow += 1
        trail = True
        tail = ""
        step = 2 if is_map else 1
        for at in range(0, len(node.content), step):
            item = node.content[at]
            if is_map:
                foot, item.foot = item.foot, ""
                self._expect(item, tail)
                item.foot = tail = foot
            else:
                self._expect(item)
            if not trail:
                self._indicator(",", False)
            self._write_head()
            if self._column == 0:
                self._write_indent()
            if is_map:
                trail = self._flow_entry(item, node.content[at + 1])
            else:
                trail = self._node(item, in_list=False, in_flow=True)
        self._expect_end(node, tail)
        if is_map:
            if (self._head or self._foot or self._tail) and not trail:
                self._indicator(",", False)
            self._write_head()
        self._flow -= 1
        self._indent = old
        if not is_map and self._column == 0:
            self._write_indent()
        self._indicator("}" if is_map else "]", False)
        self._write_line()
        self._write_foot()

    def _flow_entry(self, key: Node, value: Node) -> bool:
        if _is_simple(key):
            self._node(key, in_map=True, is_key=True)
            self._expect(value)
            self._indicator(":", False)
        else:
            self._indicator("?", True)
            self._node(key, in_map=True)
            self._expect(value)
            self._indicator(":", True)
        return self._node(value, in_map=True, in_flow=True)

    # Scalars.

    def _scalar(self, node: Node, *, is_key: bool, in_list: bool) -> None:
        text = node.value
        style = node.style
        if style == PLAIN and "\n" in text:
            style = LITERAL
        style = self._style(style, text, is_key)
        self._properties(node)
        old = self._deeper(flow=True, in_list=in_list)
        if style == PLAIN:
            self._plain(text)
        elif style == SINGLE:
            self._single(text)
        elif style == DOUBLE:
            self._indicator(f'"{"".join(map(_escaped, text))}"', True)
        else:
            self._block(style, text)
        self._indent = old

    def _style(self, style: str, text: str, is_key: bool) -> str:
        facts = _Facts(text)
        if is_key and facts.multiline:
            style = DOUBLE
        if style == PLAIN:
            allowed = facts.flow_plain if self._flow else facts.block_plain
            if not allowed or (not text and (self._flow or is_key)):
                style = SINGLE
        if style == SINGLE and not facts.single:
            style = DOUBLE
        if style in (LITERAL, FOLDED) and (not facts.block or self._flow or is_key):
            style = DOUBLE
        return style

    def _plain(self, text: str) -> None:
        if text and not self._white:
            self._put(" ")
        self._put(text)
        if text:
            self._white = False
        self._indention = False

    def _single(self, text: str) -> None:
        self._indicator("'", True)
        breaks = False
        for char in text:
            if char in _BREAKS:
                if not breaks and char == "\n":
                    self._break()
                self._break_of(char)
                breaks = True
                continue
            if breaks and char != " ":
                self._write_indent()
            self._put("''" if char == "'" else char)
            self._indention = False
            if char != " ":
                breaks = False
        self._indicator("'", False)

    def _break_of(self, char: str) -> None:
        if char == "\n":
            self._break()
        else:
            self._out.append(char)
            self._column = 0
            self._indention = True

    def _block(self, style: str, text: str) -> None:
        self._indicator(style, True)
        if text[:1] in (" ", *_BREAKS):
            self._indicator("2", False)
        chomp = "-"
        if text[-1] in _BREAKS:
            chomp = "+" if len(text) == 1 or text[-2] in _BREAKS else ""
        if chomp:
            self._indicator(chomp, False)
        self._write_line(line_break=True)
        self._white = True
        folded = style == FOLDED
        breaks = leading = True
        doubles = text.lstrip(_BREAKS)[:1] not in ("", " ", "\t")
        for char in text:
            if char in _BREAKS:
                if folded and char == "\n" and not breaks and not leading and doubles:
                    self._break()
                self._break_of(char)
                breaks = True
                continue
            if breaks:
                self._write_indent()
                leading = char in " \t"
            self._put(char)
            self._indention = breaks = False


def _is_simple(node: Node) -> bool:
    """Whether *node* can stand as a key without a question mark."""
    if node.kind == ALIAS:
        return True
    if node.kind == SCALAR:
        size = len(f"{node.anchor}{node.tag}{node.value}".encode())
        return size <= _SIMPLE_KEY_BYTES and not any(char in _BREAKS for char in node.value)
    return not node.content


def _escaped(char: str) -> str:
    code = ord(char)
    if code in ESCAPES and code != 0xA0:
        return ESCAPES[code]
    if _is_printable(char):
        return char
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
