"""Tokens to a tree.

Source: the CEL grammar (cel-spec doc/langdef.md) with cel-go's optional field selection (``a.?b``), optional index
(``a[?k]``) and optional elements in lists and maps. Macros are left as calls; the program expands them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fairlead.engines.cel.errors import CelSyntaxError
from fairlead.engines.cel.lexer import Token, scan

_RESERVED: Final = frozenset(
    {"as", "break", "const", "continue", "else", "for", "function", "if", "import", "in", "let", "loop"}
    | {"package", "namespace", "return", "var", "void", "while"}
)
_RELATIONS: Final = frozenset({"<", "<=", ">", ">=", "==", "!="})
_MAX_DEPTH: Final = 60
_STARTS: Final = (  # what an expression can begin with
    "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"
)


@dataclass(frozen=True, slots=True)
class Node:
    """What all nodes have: where they start in the text."""

    offset: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A constant; ``kind`` tells an unsigned from a signed integer."""

    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Ident(Node):
    """A variable or the start of a qualified name."""

    name: str


@dataclass(frozen=True, slots=True)
class Select(Node):
    """``operand.field`` or ``operand.?field``."""

    operand: Node
    field: str
    optional: bool


@dataclass(frozen=True, slots=True)
class Index(Node):
    """``operand[key]`` or ``operand[?key]``."""

    operand: Node
    key: Node
    optional: bool


@dataclass(frozen=True, slots=True)
class Call(Node):
    """``name(args)`` or ``target.name(args)``; operators are calls too (``_+_``)."""

    name: str
    target: Node | None
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ListNode(Node):
    """A list; each element with whether it is optional."""

    items: tuple[tuple[Node, bool], ...]


@dataclass(frozen=True, slots=True)
class MapNode(Node):
    """A map; each entry with whether it is optional."""

    entries: tuple[tuple[Node, Node, bool], ...]


def parse(text: str) -> Node:
    """Return the tree of *text*.

    Raises:
        CelSyntaxError: *text* is not CEL.
    """
    parser = _Parser(text)
    node = parser.expression()
    parser.expect_end()
    return node


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = scan(text)
        self._position = 0
        self._depth = 0

    @property
    def _token(self) -> Token:
        return self._tokens[self._position]

    def _is(self, *operators: str) -> bool:
        token = self._token
        return token.kind == "op" and token.value in operators

    def _take(self) -> Token:
        token = self._token
        self._position = min(self._position + 1, len(self._tokens) - 1)
        return token

    def _accept(self, *operators: str) -> bool:
        if self._is(*operators):
            self._position += 1
            return True
        return False

    def _expect(self, operator: str) -> None:
        if self._accept(operator):
            return
        if self._token.kind == "end":
            text = f"Syntax error: missing '{operator}' at '<EOF>'"
            raise CelSyntaxError(text, self._text, self._token.offset)
        raise self._unexpected(f"'{operator}'")

    def _unexpected(self, wanted: str) -> CelSyntaxError:
        token = self._token
        shown = token.value if token.kind in ("op", "ident", "end") else self._text[token.offset :].split()[0]
        return CelSyntaxError(f"Syntax error: mismatched input '{shown}' expecting {wanted}", self._text, token.offset)

    def expect_end(self) -> None:
        """Check that nothing is left."""
        if self._token.kind == "end":
            return
        error = self._unexpected("<EOF>")
        if self._tokens[self._position + 1].kind == "end":
            text = error.detail.replace("mismatched input", "extraneous input", 1)
            raise CelSyntaxError(text, self._text, self._token.offset)
        raise error

    def expression(self) -> Node:
        """Read a whole expression."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise CelSyntaxError(f"expression recursion limit exceeded: {_MAX_DEPTH}", self._text, self._token.offset)
        condition = self._or()
        if self._is("?"):
            offset = self._take().offset
            then = self._or()
            self._expect(":")
            otherwise = self.expression()
            condition = Call(offset, "_?_:_", None, (condition, then, otherwise))
        self._depth -= 1
        return condition

    def _or(self) -> Node:
        left = self._and()
        while self._is("||"):
            offset = self._take().offset
            left = Call(offset, "_||_", None, (left, self._and()))
        return left

    def _and(self) -> Node:
        left = self._relation()
        while self._is("&&"):
            offset = self._take().offset
            left = Call(offset, "_&&_", None, (left, self._relation()))
        return left

    def _relation(self) -> Node:
        left = self._sum()
        while True:
            token = self._token
            if token.kind == "op" and token.value in _RELATIONS:
                self._take()
                left = Call(token.offset, f"_{token.value}_", None, (left, self._sum()))
            elif token.kind == "ident" and token.value == "in":
                self._take()
                left = Call(token.offset, "@in", None, (left, self._sum()))
            else:
                return left

    def _sum(self) -> Node:
        left = self._product()
        while self._is("+", "-"):
            token = self._take()
            left = Call(token.offset, f"_{token.value}_", None, (left, self._product()))
        return left

    def _product(self) -> Node:
        left = self._unary()
        while self._is("*", "/", "%"):
            token = self._take()
            left = Call(token.offset, f"_{token.value}_", None, (left, self._unary()))
        return left

    def _unary(self) -> Node:
        if self._is("!", "-"):
            token = self._take()
            count = 1
            while self._accept(token.value):
                count += 1
            if token.value == "-" and count % 2 and self._token.kind in ("int", "float"):
                number = self._take()
                return self._member(Literal(token.offset, number.kind, -number.value))
            operand = self._member(self._primary())
            return Call(token.offset, f"{token.value}_", None, (operand,)) if count % 2 else operand
        return self._member(self._primary())

    def _member(self, node: Node) -> Node:
        while True:
            if self._is("."):
                node = self._select(node)
            elif self._is("["):
                offset = self._take().offset
                optional = self._accept("?")
                key = self.expression()
                self._expect("]")
                node = Index(offset, node, key, optional)
            else:
                return node

    def _select(self, node: Node) -> Node:
        offset = self._take().offset
        optional = self._accept("?")
        token = self._take()
        if token.kind not in ("ident", "quoted"):
            self._position -= 1
            raise self._unexpected("IDENTIFIER")
        if token.kind == "ident" and not optional and self._is("("):
            return Call(self._take().offset, token.value, node, self._arguments())
        return Select(offset, node, token.value, optional)

    def _arguments(self) -> tuple[Node, ...]:
        args: list[Node] = []
        while not self._is(")"):
            args.append(self.expression())
            if not self._accept(","):
                break
        self._expect(")")
        return tuple(args)

    def _primary(self) -> Node:
        token = self._take()
        if token.kind in ("int", "uint", "float", "string", "bytes"):
            if token.kind == "int" and token.value == 2**63:
                raise CelSyntaxError("invalid int literal", self._text, token.offset)
            return Literal(token.offset, token.kind, token.value)
        if token.kind == "op":
            if token.value == "(":
                node = self.expression()
                self._expect(")")
                return node
            if token.value == "[":
                return self._list(token.offset)
            if token.value == "{":
                return self._map(token.offset)
            if token.value == "." and self._token.kind == "ident":
                token = self._take()
        if token.kind == "ident":
            return self._identifier(token)
        self._position -= 1 if token.kind != "end" else 0
        raise self._unexpected(_STARTS)

    def _identifier(self, token: Token) -> Node:
        if token.value in ("true", "false", "null"):
            value = {"true": True, "false": False, "null": None}[token.value]
            return Literal(token.offset, "null" if value is None else "bool", value)
        if token.value in _RESERVED:
            raise CelSyntaxError(f"reserved identifier: {token.value}", self._text, token.offset)
        if self._is("("):
            return Call(self._take().offset, token.value, None, self._arguments())
        return Ident(token.offset, token.value)

    def _list(self, offset: int) -> Node:
        items: list[tuple[Node, bool]] = []
        while not self._is("]"):
            optional = self._accept("?")
            items.append((self.expression(), optional))
            if not self._accept(","):
                break
        self._expect("]")
        return ListNode(offset, tuple(items))

    def _map(self, offset: int) -> Node:
        entries: list[tuple[Node, Node, bool]] = []
        while not self._is("}"):
            optional = self._accept("?")
            key = self.expression()
            self._expect(":")
            entries.append((key, self.expression(), optional))
            if not self._accept(","):
                break
        self._expect("}")
        return MapNode(offset, tuple(entries))
