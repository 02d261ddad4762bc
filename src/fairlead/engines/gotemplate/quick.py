"""Read the templates that charts are written in, for a run that needs no places.

Actions are found by their delimiters and read once: an action that comes again, in whatever template, is the same node.
So nodes have no positions, and nobody may change them. It judges nothing: whatever is not surely right raises `Unsure`,
and the text has to be read by the parser, whose errors are the ones that users see. What it does read, it reads as the
parser does: same trees, but for the positions.
"""

from __future__ import annotations

from fairlead.base.patterns import late
from fairlead.engines.gotemplate import strconv
from fairlead.engines.gotemplate.nodes import (
    Action,
    Bool,
    Branch,
    Break,
    Chain,
    Command,
    Continue,
    Dot,
    Field,
    Identifier,
    Listing,
    Nil,
    Node,
    Number,
    Pipe,
    String,
    TemplateCall,
    Text,
    Tree,
    Variable,
)
from fairlead.engines.gotemplate.numbers import parse_number

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Container

MAX_KNOWN = 20_000
MAX_NESTING = 80  # less than the parser takes
MAX_COMMANDS = 20  # inside each other or one after another: as the parser tells deep trees

_SPACES = " \t\r\n"
_SPACE = frozenset(_SPACES)
_NOWHERE = -1
# The tokens of a pipeline. Operands end where a space, a pipe or a parenthesis is; what is no token gives "".
_TOKEN = late(
    r"""(?x) [ \t\r\n]*
    (?: ( (?: (?:\.(?![0-9])\w+)+
            | [^\W\d]\w*
            | "(?:[^"\\\n]|\\[^\n])*"
            | \)(?:\.(?![0-9])\w+)*
            | \$\w*(?:\.(?![0-9])\w+)*
            | [+-]?[0-9]+(?:\.[0-9]+)?
            | \.
            | `[^`]*`
          ) (?=[ \t\r\n|)]|\Z)
        | [(|]
        )
      | (?s:.)
    )"""
)
_DECLARED = late(r"(\$\w+)(?:[ \t\r\n]*,[ \t\r\n]*(\$\w+))?(?:[ \t\r\n]*(:=)|[ \t\r\n]+=)[ \t\r\n]*")
_UP_TO_END = late(r"""(?:[^"'`}]|"(?:[^"\\\n]|\\[^\n])*"|`[^`]*`|\}(?!\}))*\}\}""")
_NAME = late(r"""("(?:[^"\\\n]|\\[^\n])*"|`[^`]*`)(?:[ \t\r\n]+|\Z)""")


class Unsure(Exception):  # noqa: N818 - says who has to read the text; nothing is wrong
    """The parser has to read the text."""


class _Read:
    """One action as read: its keyword, "" for a pipeline, "text" for what is written as it stands."""

    __slots__ = ("declared", "keyword", "name", "node", "pipe", "used")

    def __init__(self, keyword: str, node: Node | None = None) -> None:
        self.keyword = keyword
        self.node = node  # what goes into the tree; none of what opens and closes
        self.name = ""  # of a define
        self.pipe: Pipe | None = None
        self.used: list[str] = []  # variables that have to be there
        self.declared: list[str] = []


class Known:
    """What was read so far, by text, with one table of functions."""

    def __init__(self, functions: Container[str]) -> None:
        self.functions = functions
        self.actions: dict[str, _Read] = {}
        self.operands: dict[str, Node] = {}
        self._clear()

    def _clear(self) -> None:
        self.actions.clear()
        self.operands = {
            ".": Dot(_NOWHERE),
            "nil": Nil(_NOWHERE),
            "true": Bool(_NOWHERE, True),
            "false": Bool(_NOWHERE, False),
        }

    def read(self, words: str) -> _Read:
        """Return the action that *words* are, read for the first time. Raises: Unsure."""
        found = self._read(words)
        if len(self.actions) >= MAX_KNOWN:
            self._clear()
        self.actions[words] = found
        return found

    def _read(self, words: str) -> _Read:
        if words in ("end", "else"):
            return _Read(words)
        if words in ("break", "continue"):
            return _Read(words, Break(_NOWHERE) if words == "break" else Continue(_NOWHERE))
        head, _, rest = words.partition(" ")
        rest = rest.lstrip(_SPACES)
        if head == "else":
            other, _, rest = rest.partition(" ")
            if other not in ("if", "with"):
                raise Unsure
            return self._piped(_Read(f"else {other}"), rest.lstrip(_SPACES))
        if head in ("if", "with", "range"):
            return self._piped(_Read(head), rest)
        if head in ("define", "template"):
            return self._named(_Read(head), rest)
        read = self._piped(_Read(""), words)
        if read.pipe is not None:
            read.node = Action(_NOWHERE, read.pipe)
        return read

    def _named(self, read: _Read, words: str) -> _Read:
        """Read the rest of a define or template."""
        found = _NAME.match(words)
        if found is None:
            raise Unsure
        name = _unquoted(found.group(1))
        rest = words[found.end() :]
        if read.keyword == "define":
            if rest:
                raise Unsure
            read.name = name
            return read
        if rest:
            self._piped(read, rest)
        read.keyword, read.node = "", TemplateCall(_NOWHERE, name, read.pipe)
        return read

    def _piped(self, read: _Read, words: str) -> _Read:
        """Read a pipeline."""
        pipe = read.pipe = Pipe(_NOWHERE)
        declared = _DECLARED.match(words) if words[:1] == "$" else None
        if declared is not None:
            read.declared = [name for name in declared.groups()[:2] if name]
            if (len(read.declared) > 1 and read.keyword != "range") or read.keyword == "template":
                raise Unsure
            pipe.declared = [Variable(_NOWHERE, [name]) for name in read.declared]
            pipe.is_assign = declared.group(3) is None
            words = words[declared.end() :]
        pipe.commands = self._commands(_TOKEN.findall(words), read)
        return read

    def _commands(self, tokens: list[str], read: _Read) -> list[Command]:
        operands = self.operands
        above: list[tuple[list[Command], list[Node]]] = []  # pipelines around the one in parentheses
        commands: list[Command] = []
        args: list[Node] = []
        count = 1  # of the commands that are being read
        for token in tokens:
            if token == "(":
                above.append((commands, args))
                commands, args = [], []
                count += 1
            elif token == "|":
                _end_command(commands, args)
                args = []
                count += 1
            elif token[:1] == ")":
                _end_command(commands, args)
                if not above:
                    raise Unsure
                count -= len(commands)
                inner = Pipe(_NOWHERE)
                inner.commands = commands
                commands, args = above.pop()
                args.append(inner if token == ")" else Chain(_NOWHERE, inner, token[2:].split(".")))
            else:
                node = operands.get(token)
                if node is None:
                    node = operands[token] = self._operand(token)
                if isinstance(node, Variable) and node.ident[0] not in read.declared and node.ident[0] not in read.used:
                    read.used.append(node.ident[0])
                args.append(node)
            if count > MAX_COMMANDS:
                raise Unsure
        _end_command(commands, args)
        if above:
            raise Unsure
        return commands

    def _operand(self, token: str) -> Node:
        first = token[:1]
        if first == ".":
            return Field(_NOWHERE, token[1:].split("."))
        if first == "$":
            return Variable(_NOWHERE, token.split("."))
        if first in ('"', "`"):
            return String(_NOWHERE, token, _unquoted(token))
        if token in self.functions:
            return Identifier(_NOWHERE, token)
        if first in "+-" or first.isdecimal():
            try:
                return parse_number(_NOWHERE, token)
            except ValueError:
                raise Unsure from None
        raise Unsure


def _unquoted(token: str) -> str:
    try:
        return strconv.unquote(token)
    except ValueError:
        raise Unsure from None


def _end_command(commands: list[Command], args: list[Node]) -> None:
    if not args or (commands and isinstance(args[0], Bool | Dot | Nil | Number | String)):
        raise Unsure
    command = Command(_NOWHERE)
    command.args = args
    commands.append(command)


def parse_quickly(name: str, text: str, known: Known) -> dict[str, Tree]:
    """Return the trees of *text* by name, without positions. Raises: Unsure."""
    return _Reader(name, text, known).read()


class _Open:
    """An if, with, range or define that is not at its end yet."""

    __slots__ = ("branch", "in_else", "keyword", "mark", "name", "outer", "variables")

    def __init__(self, keyword: str, name: str, outer: Listing, variables: list[str]) -> None:
        self.keyword = keyword
        self.name = name  # of a define
        self.outer = outer  # what nodes go to after it
        self.variables = variables  # those around it; a define has its own
        self.mark = len(variables)
        self.branch: Branch | None = None  # the one that is being read: the last of an else-if chain
        self.in_else = False


class _Reader:
    def __init__(self, name: str, text: str, known: Known) -> None:
        self.name = name
        self.text = text
        self.known = known
        self.trees: dict[str, Tree] = {}
        self.listing = Listing(_NOWHERE)  # what nodes go to
        self.variables = ["$"]
        self.open: list[_Open] = []
        self.ranges = 0

    def read(self) -> dict[str, Tree]:
        text, known = self.text, self.known
        find, startswith, actions = text.find, text.startswith, known.actions
        position = 0
        while (start := find("{{", position)) >= 0:
            inside = start + 2
            trims = startswith("-", inside) and text[inside + 1 : inside + 2] in _SPACE
            if start > position:
                literal = text[position:start].rstrip(_SPACES) if trims else text[position:start]
                if literal:
                    self.listing.nodes.append(Text(_NOWHERE, literal))
            if trims:
                inside += 2
            if startswith("/*", inside):
                position = self.after_comment(inside)
                continue
            end = find("}}", inside)
            words = text[inside:end]
            if end < 0 or words.count('"') % 2 or words.count("`") % 2:  # the end is in a string
                end = self.end_of(inside)
                words = text[inside:end]
            position = end + 2
            if words[-1:] == "-" and words[-2:-1] in _SPACE:
                words = words[:-2]
                position = self.after_space(position)
            words = words.strip(_SPACES)
            self.take(actions.get(words) or known.read(words))
        if position < len(text):
            self.listing.nodes.append(Text(_NOWHERE, text[position:]))
        if self.open:
            raise Unsure
        self.add(Tree(self.name, self.listing))
        return self.trees

    def end_of(self, position: int) -> int:
        """Return where the action ends that has a delimiter in a string."""
        found = _UP_TO_END.match(self.text, position)
        if found is None:
            raise Unsure
        return found.end() - 2

    def after_comment(self, position: int) -> int:
        text = self.text
        end = text.find("*/", position + 2)
        if end >= 0:
            if text.startswith("}}", end + 2):
                return end + 4
            if text[end + 2 : end + 3] in _SPACE and text.startswith("-}}", end + 3):
                return self.after_space(end + 6)
        raise Unsure

    def after_space(self, position: int) -> int:
        while self.text[position : position + 1] in _SPACE:
            position += 1
        return position

    def add(self, tree: Tree) -> None:
        old = self.trees.get(tree.name)
        if old is not None and not old.is_empty:
            if not tree.is_empty:
                raise Unsure
            return
        self.trees[tree.name] = tree

    def take(self, read: _Read) -> None:
        """Put an action where it belongs."""
        for name in read.used:
            if name not in self.variables:
                raise Unsure
        keyword = read.keyword
        if keyword in ("", "break", "continue"):
            if read.node is None or (keyword and not self.ranges):
                raise Unsure
            self.listing.nodes.append(read.node)
            self.variables += read.declared
        elif keyword == "end":
            self.close()
        elif keyword[:4] == "else":
            self.otherwise(read, keyword[5:])
        else:
            self.enter(read, keyword)

    def enter(self, read: _Read, keyword: str) -> None:
        opened = _Open(keyword, read.name, self.listing, self.variables)
        self.open.append(opened)
        if keyword != "define":
            self.begin(opened, read)
        elif len(self.open) > 1:
            raise Unsure
        else:
            self.listing, self.variables = Listing(_NOWHERE), ["$"]
        if len(self.open) > MAX_NESTING:
            raise Unsure

    def begin(self, opened: _Open, read: _Read) -> None:
        """Go into an if, with or range."""
        if read.pipe is None:
            raise Unsure
        branch = Branch(opened.keyword, _NOWHERE, read.pipe, Listing(_NOWHERE), None)  # type: ignore[arg-type]
        self.listing.nodes.append(branch)
        self.listing = branch.body
        opened.branch, opened.in_else = branch, False
        self.variables += read.declared
        self.ranges += opened.keyword == "range"

    def otherwise(self, read: _Read, keyword: str) -> None:
        """Go into the else of what is being read; *keyword* begins the next of a chain."""
        opened = self.open[-1] if self.open else None
        if opened is None or opened.branch is None or opened.in_else or keyword not in ("", opened.keyword):
            raise Unsure
        self.ranges -= opened.keyword == "range"
        opened.branch.otherwise = self.listing = Listing(_NOWHERE)
        opened.in_else = True
        if keyword:
            self.begin(opened, read)

    def close(self) -> None:
        """Leave what is being read."""
        if not self.open:
            raise Unsure
        opened = self.open.pop()
        if opened.keyword == "define":
            self.add(Tree(opened.name, self.listing))
        elif opened.keyword == "range" and not opened.in_else:
            self.ranges -= 1
        self.listing, self.variables = opened.outer, opened.variables
        del self.variables[opened.mark :]
