"""What can go wrong with an expression."""

from __future__ import annotations


class CelError(ValueError):
    """An expression that failed while it was evaluated (``no such key: x``)."""


class CostError(CelError):
    """An expression that did more work than it was allowed to."""

    def __init__(self) -> None:
        super().__init__("operation cancelled: actual cost limit exceeded")


class CelSyntaxError(ValueError):
    """An expression that cannot be compiled: *detail* at *offset* of *text*."""

    def __init__(self, detail: str, text: str, offset: int) -> None:
        self.detail = detail
        before = text[:offset]
        self.line = before.count("\n") + 1
        self.column = offset - (before.rfind("\n") + 1) + 1
        shown = text.split("\n")[self.line - 1]
        super().__init__(
            f"ERROR: <input>:{self.line}:{self.column}: {detail}\n | {shown}\n | {'.' * (self.column - 1)}^"
        )
