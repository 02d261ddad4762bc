"""Parse a template text into trees.

Source: Go 1.26 text/template/parse/parse.go; the methods keep its names. The
look-ahead works on the whole token list, and "the line of token[0]" in Go's
messages is the line of the furthest token read so far.
"""

from __future__ import annotations

from fairlead.engines.gotemplate import lexer, strconv
from fairlead.engines.gotemplate.errors import NestingError, ParseError
from fairlead.engines.gotemplate.lexer import Token, tokenize
from fairlead.engines.gotemplate.nodes import (
    Action,
    Bool,
    Branch,
    Break,
    Chain,
    Command,
    Continue,
    Dot,
    Else,
    End,
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
    from typing import Literal

MAX_NESTING = 90  # of control structures; Go has no bound, the compiled form does
MAX_PARENTHESES = 60  # Go: 10000
MANY_COMMANDS = 20  # inside each other or one after another: the compiled form might be nested too deeply

_OPERANDS = frozenset(
    {
        lexer.BOOL,
        lexer.CHAR_CONSTANT,
        lexer.COMPLEX,
        lexer.DOT,
        lexer.FIELD,
        lexer.IDENTIFIER,
        lexer.NUMBER,
        lexer.NIL,
        lexer.RAW_STRING,
        lexer.STRING,
        lexer.VARIABLE,
        lexer.LEFT_PAREN,
    }
)


def parse(name: str, text: str, functions: Container[str]) -> dict[str, Tree]:
    """Return the trees of *text* by name: its defines and, under *name*, itself.

    Raises:
        ParseError: with Go's text.
    """
    return _Parser(name, text, functions).parse()


class _Parser:
    def __init__(self, name: str, text: str, functions: Container[str]) -> None:
        self.name = name
        self.text = text
        self.functions = functions
        self.tokens = tokenize(text)
        self.index = 0  # the next token to read
        self.furthest = -1
        self.vars: list[str] = ["$"]
        self.action_at = -1  # where the action that is being read starts
        self.range_depth = 0
        self.parentheses = 0
        self.commands = 0  # of the pipelines that are being read
        self.is_deep = False
        self.nesting = 0
        self.trees: dict[str, Tree] = {}

    # Tokens.

    def next(self) -> Token:
        index = self.index
        if index >= len(self.tokens):  # past the end: Go's lexer repeats EOF
            index = len(self.tokens) - 1
            token = (lexer.EOF, len(self.text), "EOF")
        else:
            token = self.tokens[index]
        self.index = index + 1
        if index > self.furthest:
            self.furthest = index
        return token

    def peek(self) -> Token:
        token = self.next()
        self.index -= 1
        return token

    def next_nonspace(self) -> Token:
        token = self.next()
        if token[0] == lexer.SPACE:
            token = self.next()
        return token

    def peek_nonspace(self) -> Token:
        """Return the next token that is no space; spaces before it are consumed."""
        token = self.next_nonspace()
        self.index -= 1
        return token

    def line_of(self, position: int) -> int:
        return 1 + self.text.count("\n", 0, position)

    # Errors.

    def error(self, detail: str) -> ParseError:
        line = self.line_of(self.tokens[self.furthest][1]) if self.furthest >= 0 else 0
        return ParseError(self.name, line, detail)

    def unexpected(self, token: Token, context: str) -> ParseError:
        if token[0] == lexer.ERROR:
            extra = ""
            started = self.line_of(self.action_at) if self.action_at >= 0 else 0
            if started not in (0, self.line_of(token[1])):
                extra = f" in action started at {self.name}:{started}"
                if token[2].endswith(" action"):
                    extra = extra[len(" in action") :]
            return self.error(token[2] + extra)
        return self.error(f"unexpected {_describe(token)} in {context}")

    def expect(self, kind: int, context: str) -> Token:
        token = self.next_nonspace()
        if token[0] != kind:
            raise self.unexpected(token, context)
        return token

    # Grammar.

    def parse(self) -> dict[str, Tree]:
        root = Listing(self.peek()[1])
        while (token := self.peek())[0] != lexer.EOF:
            if token[0] == lexer.LEFT_DELIM:
                mark = self.index
                self.next()
                if self.next_nonspace()[0] == lexer.DEFINE:
                    self.definition()
                    continue
                self.index = mark
            node = self.text_or_action()
            if isinstance(node, End | Else):
                raise self.error(f"unexpected {node}")
            root.nodes.append(node)
        self.add(Tree(self.name, root))
        for tree in self.trees.values():
            tree.is_deep = self.is_deep
        return self.trees

    def add(self, tree: Tree) -> None:
        old = self.trees.get(tree.name)
        if old is None or old.is_empty:
            self.trees[tree.name] = tree
        elif not tree.is_empty:
            raise self.error(f"template: multiple definition of template {strconv.quote(tree.name)}")

    def definition(self) -> None:
        context = "define clause"
        token = self.next_nonspace()
        if token[0] not in (lexer.STRING, lexer.RAW_STRING):
            raise self.unexpected(token, context)
        name = self.unquote(token)
        self.expect(lexer.RIGHT_DELIM, context)
        self.add(Tree(name, self.separate_list(context)))

    def separate_list(self, context: str) -> Listing:
        """Read a body that has its own variables, up to its end."""
        outer, self.vars = self.vars, ["$"]
        outer_range, self.range_depth = self.range_depth, 0
        outer_action, self.action_at = self.action_at, -1
        body, end = self.item_list()
        if not isinstance(end, End):
            raise self.error(f"unexpected {end} in {context}")
        self.vars, self.range_depth, self.action_at = outer, outer_range, outer_action
        return body

    def unquote(self, token: Token) -> str:
        try:
            return strconv.unquote(token[2])
        except ValueError as error:
            raise self.error(str(error)) from None

    def item_list(self) -> tuple[Listing, Node]:
        listing = Listing(self.peek_nonspace()[1])
        append = listing.nodes.append
        while self.peek_nonspace()[0] != lexer.EOF:
            node = self.text_or_action()
            if isinstance(node, End | Else):
                return listing, node
            append(node)
        raise self.error("unexpected EOF")

    def text_or_action(self) -> Node:
        token = self.next_nonspace()
        if token[0] == lexer.TEXT:
            return Text(token[1], token[2])
        if token[0] == lexer.LEFT_DELIM:
            self.action_at = token[1]
            node = self.action()
            self.action_at = -1
            return node
        raise self.unexpected(token, "input")

    def action(self) -> Node:
        token = self.next_nonspace()
        kind = token[0]
        if kind > lexer.KEYWORD:
            handler = _KEYWORD_ACTIONS.get(kind)
            if handler is not None:
                return handler(self, token)
        self.index -= 1
        return Action(token[1], self.pipeline("command", lexer.RIGHT_DELIM))

    def break_control(self, token: Token) -> Node:
        self.loop_exit("{{break}}")
        return Break(token[1])

    def continue_control(self, token: Token) -> Node:
        self.loop_exit("{{continue}}")
        return Continue(token[1])

    def loop_exit(self, text: str) -> None:
        following = self.next_nonspace()
        if following[0] != lexer.RIGHT_DELIM:
            raise self.unexpected(following, text)
        if self.range_depth == 0:
            raise self.error(f"{text} outside {{{{range}}}}")

    def if_control(self, token: Token) -> Node:
        return self.control("if")

    def range_control(self, token: Token) -> Node:
        return self.control("range")

    def with_control(self, token: Token) -> Node:
        return self.control("with")

    def end_control(self, token: Token) -> Node:
        return End(self.expect(lexer.RIGHT_DELIM, "end")[1])

    def else_control(self, token: Token) -> Node:
        following = self.peek_nonspace()
        if following[0] in (lexer.IF, lexer.WITH):
            return Else(following[1])
        return Else(self.expect(lexer.RIGHT_DELIM, "else")[1])

    def control(self, context: Literal["if", "with", "range"]) -> Branch:
        mark = len(self.vars)
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise NestingError(
                self.name, self.line_of(self.peek()[1]), f"more than {MAX_NESTING} nested if, with and range"
            )
        pipe = self.pipeline(context, lexer.RIGHT_DELIM)
        if context == "range":
            self.range_depth += 1
        body, following = self.item_list()
        if context == "range":
            self.range_depth -= 1
        otherwise: Listing | None = None
        if isinstance(following, Else):
            otherwise = self.else_branch(context, following)
        self.nesting -= 1
        del self.vars[mark:]
        return Branch(context, pipe.pos, pipe, body, otherwise)

    def else_branch(self, context: Literal["if", "with", "range"], at: Else) -> Listing:
        kind = self.peek()[0]
        if (context == "if" and kind == lexer.IF) or (context == "with" and kind == lexer.WITH):
            self.next()
            otherwise = Listing(at.pos)
            self.nesting -= 1  # an else-if chain is one level deep
            otherwise.nodes.append(self.control(context))
            self.nesting += 1
            return otherwise
        otherwise, end = self.item_list()
        if not isinstance(end, End):
            raise self.error(f"expected end; found {end}")
        return otherwise

    def block_control(self, _: Token) -> Node:
        context = "block clause"
        token = self.next_nonspace()
        name = self.template_name(token, context)
        pipe = self.pipeline(context, lexer.RIGHT_DELIM)
        self.add(Tree(name, self.separate_list(context)))
        return TemplateCall(token[1], name, pipe)

    def template_control(self, _: Token) -> Node:
        context = "template clause"
        token = self.next_nonspace()
        name = self.template_name(token, context)
        pipe: Pipe | None = None
        if self.next_nonspace()[0] != lexer.RIGHT_DELIM:
            self.index -= 1
            pipe = self.pipeline(context, lexer.RIGHT_DELIM)
        return TemplateCall(token[1], name, pipe)

    def template_name(self, token: Token, context: str) -> str:
        if token[0] in (lexer.STRING, lexer.RAW_STRING):
            return self.unquote(token)
        raise self.unexpected(token, context)

    def pipeline(self, context: str, end: int) -> Pipe:
        pipe = Pipe(self.peek_nonspace()[1])
        self.declarations(pipe, context)
        while True:
            token = self.next_nonspace()
            if token[0] == end:
                self.commands -= len(pipe.commands)
                self.check_pipeline(pipe, context)
                return pipe
            if token[0] not in _OPERANDS:
                raise self.unexpected(token, context)
            self.index -= 1
            self.commands += 1
            if self.commands > MANY_COMMANDS:
                self.is_deep = True
            pipe.commands.append(self.command())

    def declarations(self, pipe: Pipe, context: str) -> None:
        while (token := self.peek_nonspace())[0] == lexer.VARIABLE:
            mark = self.index
            self.next()
            following = self.next_nonspace()
            if following[0] in (lexer.ASSIGN, lexer.DECLARE):
                pipe.is_assign = following[0] == lexer.ASSIGN
                pipe.declared.append(Variable(token[1], token[2].split(".")))
                self.vars.append(token[2])
                return
            if following[0] == lexer.CHAR and following[2] == ",":
                pipe.declared.append(Variable(token[1], token[2].split(".")))
                self.vars.append(token[2])
                if context != "range" or len(pipe.declared) >= 2:
                    raise self.error(f"too many declarations in {context}")
                if self.peek_nonspace()[0] not in (lexer.VARIABLE, lexer.RIGHT_DELIM, lexer.RIGHT_PAREN):
                    raise self.error("range can only initialize variables")
                continue
            self.index = mark
            return

    def check_pipeline(self, pipe: Pipe, context: str) -> None:
        if not pipe.commands:
            raise self.error(f"missing value for {context}")
        for stage, command in enumerate(pipe.commands[1:], 2):
            if isinstance(command.args[0], Bool | Dot | Nil | Number | String):
                raise self.error(f"non executable command in pipeline stage {stage}")

    def command(self) -> Command:
        command = Command(self.peek_nonspace()[1])
        while True:
            self.peek_nonspace()
            operand = self.operand()
            if operand is not None:
                command.args.append(operand)
            token = self.next()
            if token[0] == lexer.SPACE:
                continue
            if token[0] in (lexer.RIGHT_DELIM, lexer.RIGHT_PAREN):
                self.index -= 1
            elif token[0] != lexer.PIPE:
                raise self.unexpected(token, "operand")
            break
        if not command.args:
            raise self.error("empty command")
        return command

    def operand(self) -> Node | None:
        node = self.term()
        if node is None or (token := self.peek())[0] != lexer.FIELD:
            return node
        fields: list[str] = []
        while self.peek()[0] == lexer.FIELD:
            fields.append(self.next()[2][1:])
        if isinstance(node, Field):
            return Field(token[1], node.ident + fields)
        if isinstance(node, Variable):
            return Variable(token[1], node.ident + fields)
        if isinstance(node, Bool | String | Number | Nil | Dot):
            raise self.error(f"unexpected . after term {strconv.quote(str(node))}")
        return Chain(token[1], node, fields)

    def term(self) -> Node | None:
        token = self.next_nonspace()
        kind, pos, text = token
        if kind == lexer.FIELD:
            return Field(pos, [text[1:]])
        if kind == lexer.IDENTIFIER:
            if text not in self.functions:
                raise self.error(f"function {strconv.quote(text)} not defined")
            return Identifier(pos, text)
        if kind in (lexer.STRING, lexer.RAW_STRING):
            return String(pos, text, self.unquote(token))
        if kind == lexer.VARIABLE:
            if text not in self.vars:
                raise self.error(f"undefined variable {strconv.quote(text)}")
            return Variable(pos, [text])
        if kind == lexer.LEFT_PAREN:
            self.parentheses += 1
            if self.parentheses > MAX_PARENTHESES:
                raise self.error("max expression depth exceeded")
            pipe = self.pipeline("parenthesized pipeline", lexer.RIGHT_PAREN)
            self.parentheses -= 1
            return pipe
        if kind == lexer.DOT:
            return Dot(pos)
        if kind == lexer.NIL:
            return Nil(pos)
        if kind == lexer.BOOL:
            return Bool(pos, text == "true")
        if kind in (lexer.NUMBER, lexer.CHAR_CONSTANT, lexer.COMPLEX):
            try:
                return parse_number(pos, text, kind == lexer.CHAR_CONSTANT)
            except ValueError as error:
                raise self.error(str(error)) from None
        self.index -= 1
        return None


_KEYWORD_ACTIONS = {
    lexer.BLOCK: _Parser.block_control,
    lexer.BREAK: _Parser.break_control,
    lexer.CONTINUE: _Parser.continue_control,
    lexer.ELSE: _Parser.else_control,
    lexer.END: _Parser.end_control,
    lexer.IF: _Parser.if_control,
    lexer.RANGE: _Parser.range_control,
    lexer.TEMPLATE: _Parser.template_control,
    lexer.WITH: _Parser.with_control,
}


def _describe(token: Token) -> str:
    kind, _, text = token
    if kind == lexer.EOF:
        return "EOF"
    if kind > lexer.KEYWORD or kind == lexer.DOT:
        return f"<{text}>"
    if len(text.encode("utf-8", "surrogateescape")) > 10:
        return strconv.quote(text[:10]) + "..."
    return strconv.quote(text)
