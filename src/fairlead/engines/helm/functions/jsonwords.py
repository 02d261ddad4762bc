"""What encoding/json says about a text that is no JSON.

Source: Go 1.26 encoding/json/scanner.go. Run only after a parse has failed.
"""

from __future__ import annotations

from fairlead.engines.gotemplate.strconv import quote, to_bytes

_SPACES = " \t\r\n"
_INSIDE = ("in literal", "in numeric", "after decimal", "in exponent", "in string escape", "in \\u")


class _Fault(Exception):  # noqa: N818 - carries a text
    pass


def complaint(text: str, fallback: str) -> str:
    """Return Go's words for what is wrong with *text*; *fallback* when nothing is."""
    scanner = _Scanner(text)
    try:
        scanner.value("looking for beginning of value")
        scanner.spaces()
        if scanner.at < len(text):
            scanner.fail("after top-level value")
    except _Fault as fault:
        return str(fault)
    except RecursionError:
        return "exceeded max depth"
    return fallback


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fail(self, where: str) -> None:
        if self.at >= len(self.text) and not where.startswith(_INSIDE):
            raise _Fault("unexpected end of JSON input")
        char = self.text[self.at : self.at + 1] or " "  # the scanner is shown a space at the end
        char = char if char < "\x80" else chr(to_bytes(char)[0])  # a byte is taken for a character
        shown = "'\\''" if char == "'" else "'\"'" if char == '"' else quote(char, "'")
        raise _Fault(f"invalid character {shown} {where}")

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def spaces(self) -> None:
        while self.peek() and self.peek() in _SPACES:
            self.at += 1

    def value(self, where: str) -> None:
        self.spaces()
        char = self.peek()
        if char == "{":
            self.object()
        elif char == "[":
            self.array()
        elif char == '"':
            self.string()
        elif char and char in "-0123456789":
            self.number()
        elif char in ("t", "f", "n") and char:
            self.word({"t": "true", "f": "false", "n": "null"}[char])
        else:
            self.fail(where)

    def word(self, word: str) -> None:
        for index in range(1, len(word)):
            self.at += 1
            if self.peek() != word[index]:
                self.fail(f"in literal {word} (expecting '{word[index]}')")
        self.at += 1

    def number(self) -> None:
        if self.peek() == "-":
            self.at += 1
            if not self.digit():
                self.fail("in numeric literal")
        if self.peek() == "0":
            self.at += 1
        else:
            self.digits()
        if self.peek() == ".":
            self.at += 1
            if not self.digit():
                self.fail("after decimal point in numeric literal")
            self.digits()
        if self.peek() and self.peek() in "eE":
            self.at += 1
            if self.peek() and self.peek() in "+-":
                self.at += 1
            if not self.digit():
                self.fail("in exponent of numeric literal")
            self.digits()

    def digit(self) -> bool:
        return bool(self.peek()) and self.peek() in "0123456789"

    def digits(self) -> None:
        while self.digit():
            self.at += 1

    def string(self) -> None:
        self.at += 1
        while (char := self.peek()) != '"':
            if char == "\\":
                self.escape()
                continue
            if not char or char < " ":
                self.fail("in string literal")
            self.at += 1
        self.at += 1

    def escape(self) -> None:
        self.at += 1
        if self.peek() == "u":
            for _ in range(4):
                self.at += 1
                if not self.peek() or self.peek() not in "0123456789abcdefABCDEF":
                    self.fail("in \\u hexadecimal character escape")
        elif not self.peek() or self.peek() not in '"\\/bfnrt':
            self.fail("in string escape code")
        self.at += 1

    def object(self) -> None:
        self.at += 1
        self.spaces()
        if self.peek() == "}":
            self.at += 1
            return
        while True:
            self.spaces()
            if self.peek() != '"':
                self.fail("looking for beginning of object key string")
            self.string()
            self.spaces()
            if self.peek() != ":":
                self.fail("after object key")
            self.at += 1
            self.value("looking for beginning of value")
            self.spaces()
            char = self.peek()
            if char == "}":
                self.at += 1
                return
            if char != ",":
                self.fail("after object key:value pair")
            self.at += 1

    def array(self) -> None:
        self.at += 1
        self.spaces()
        if self.peek() == "]":
            self.at += 1
            return
        while True:
            self.value("looking for beginning of value")
            self.spaces()
            char = self.peek()
            if char == "]":
                self.at += 1
                return
            if char != ",":
                self.fail("after array element")
            self.at += 1
