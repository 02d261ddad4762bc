"""What goes wrong when YAML is read or written."""

from __future__ import annotations


class YamlError(Exception):
    """A document that cannot be read, or a value that cannot be written.

    `go_text` is the text go-yaml gives for the same input ("yaml: line 3: …"); it
    counts lines the way go-yaml does, which for parser errors is one too few.
    `line` and `column` are the real place, 1-based, 0 when there is none.
    """

    def __init__(self, message: str, source: str = "", line: int = 0, column: int = 0, *, go_text: str = "") -> None:
        self.message = message
        self.source = source
        self.line = line
        self.column = column
        self.go_text = go_text or f"yaml: {message}"
        super().__init__(message, source, line, column)

    def __str__(self) -> str:
        place = self.source
        if self.line:
            place = f"{place}:{self.line}:{self.column}" if place else f"line {self.line}, column {self.column}"
        return f"{place}: {self.message}" if place else self.message
