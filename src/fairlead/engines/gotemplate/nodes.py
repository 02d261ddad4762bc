"""The parse tree of a template.

Source: Go 1.26 text/template/parse/node.go. ``str(node)`` is the text that Go
shows in an error's ``<...>``. Positions are character offsets into the text.
"""

from __future__ import annotations

from fairlead.engines.gotemplate import strconv

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Literal


class Node:
    """Any node; ``pos`` is where it starts."""

    __slots__ = ("pos",)

    def __init__(self, pos: int) -> None:
        self.pos = pos


class Text(Node):
    __slots__ = ("text",)

    def __init__(self, pos: int, text: str) -> None:
        self.pos = pos
        self.text = text

    def __str__(self) -> str:
        return self.text


class Dot(Node):
    __slots__ = ()

    def __str__(self) -> str:
        return "."


class Nil(Node):
    __slots__ = ()

    def __str__(self) -> str:
        return "nil"


class Bool(Node):
    __slots__ = ("value",)

    def __init__(self, pos: int, value: bool) -> None:
        self.pos = pos
        self.value = value

    def __str__(self) -> str:
        return "true" if self.value else "false"


class String(Node):
    __slots__ = ("quoted", "text")

    def __init__(self, pos: int, quoted: str, text: str) -> None:
        self.pos = pos
        self.quoted = quoted
        self.text = text

    def __str__(self) -> str:
        return self.quoted


class Number(Node):
    """A constant that may fit several of Go's number types."""

    __slots__ = ("as_complex", "as_float", "as_int", "as_uint", "text")

    def __init__(self, pos: int, text: str) -> None:
        self.pos = pos
        self.text = text
        self.as_int: int | None = None
        self.as_uint: int | None = None
        self.as_float: float | None = None
        self.as_complex: complex | None = None

    def __str__(self) -> str:
        return self.text


class Field(Node):
    """``.A.B``: *ident* without the dots."""

    __slots__ = ("ident",)

    def __init__(self, pos: int, ident: list[str]) -> None:
        self.pos = pos
        self.ident = ident

    def __str__(self) -> str:
        return "." + ".".join(self.ident)


class Variable(Node):
    """``$x.A.B``: *ident* begins with the variable's name, ``$`` included."""

    __slots__ = ("ident",)

    def __init__(self, pos: int, ident: list[str]) -> None:
        self.pos = pos
        self.ident = ident

    def __str__(self) -> str:
        return ".".join(self.ident)


class Identifier(Node):
    """A function's name."""

    __slots__ = ("ident",)

    def __init__(self, pos: int, ident: str) -> None:
        self.pos = pos
        self.ident = ident

    def __str__(self) -> str:
        return self.ident


class Chain(Node):
    """``(pipeline).A.B``: fields of something that is no field or variable."""

    __slots__ = ("fields", "node")

    def __init__(self, pos: int, node: Node, fields: list[str]) -> None:
        self.pos = pos
        self.node = node
        self.fields = fields

    def __str__(self) -> str:
        head = f"({self.node})" if isinstance(self.node, Pipe) else str(self.node)
        return head + "." + ".".join(self.fields)


class Command(Node):
    __slots__ = ("args",)

    def __init__(self, pos: int) -> None:
        self.pos = pos
        self.args: list[Node] = []

    def __str__(self) -> str:
        return " ".join(f"({arg})" if isinstance(arg, Pipe) else str(arg) for arg in self.args)


class Pipe(Node):
    __slots__ = ("commands", "declared", "is_assign")

    def __init__(self, pos: int) -> None:
        self.pos = pos
        self.is_assign = False
        self.declared: list[Variable] = []
        self.commands: list[Command] = []

    def __str__(self) -> str:
        text = " | ".join(map(str, self.commands))
        if self.declared:
            text = ", ".join(map(str, self.declared)) + (" = " if self.is_assign else " := ") + text
        return text


class Action(Node):
    __slots__ = ("pipe",)

    def __init__(self, pos: int, pipe: Pipe) -> None:
        self.pos = pos
        self.pipe = pipe

    def __str__(self) -> str:
        return "{{" + str(self.pipe) + "}}"


class Listing(Node):
    """A sequence of nodes (Go: ListNode)."""

    __slots__ = ("nodes",)

    def __init__(self, pos: int) -> None:
        self.pos = pos
        self.nodes: list[Node] = []

    def __str__(self) -> str:
        return "".join(map(str, self.nodes))


class Branch(Node):
    """``if``, ``with`` or ``range``."""

    __slots__ = ("body", "keyword", "otherwise", "pipe")

    def __init__(
        self, keyword: Literal["if", "with", "range"], pos: int, pipe: Pipe, body: Listing, otherwise: Listing | None
    ) -> None:
        self.keyword = keyword
        self.pos = pos
        self.pipe = pipe
        self.body = body
        self.otherwise = otherwise

    def __str__(self) -> str:
        tail = "" if self.otherwise is None else "{{else}}" + str(self.otherwise)
        return "{{" + self.keyword + " " + str(self.pipe) + "}}" + str(self.body) + tail + "{{end}}"


class Break(Node):
    __slots__ = ()

    def __str__(self) -> str:
        return "{{break}}"


class Continue(Node):
    __slots__ = ()

    def __str__(self) -> str:
        return "{{continue}}"


class End(Node):
    """``{{end}}``: seen by the parser only."""

    __slots__ = ()

    def __str__(self) -> str:
        return "{{end}}"


class Else(Node):
    """``{{else}}``: seen by the parser only."""

    __slots__ = ()

    def __str__(self) -> str:
        return "{{else}}"


class TemplateCall(Node):
    """``{{template "name" pipeline}}``."""

    __slots__ = ("name", "pipe")

    def __init__(self, pos: int, name: str, pipe: Pipe | None) -> None:
        self.pos = pos
        self.name = name
        self.pipe = pipe

    def __str__(self) -> str:
        tail = "" if self.pipe is None else " " + str(self.pipe)
        return "{{template " + strconv.quote(self.name) + tail + "}}"


class Tree:
    """One template: a file's own text or a ``define`` inside it."""

    __slots__ = ("is_deep", "name", "root")

    def __init__(self, name: str, root: Listing) -> None:
        self.name = name
        self.root = root
        self.is_deep = False  # commands are so deep inside each other that the compiler may refuse the text

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing but space in it (Go: IsEmptyTree)."""
        return all(isinstance(node, Text) and not node.text.strip() for node in self.root.nodes)
