"""The one error family of the template engine.

Texts follow Go's text/template, so that people can search for them; the
position is kept beside the text for callers that want to show the source.
"""

from __future__ import annotations

from fairlead.engines.record import Record


class TemplateError(Exception):
    """Root of everything the template engine raises on purpose."""


class ParseError(TemplateError):
    """A template text that does not parse.

    The text is Go's: ``template: NAME:LINE: what``.
    """

    def __init__(self, name: str, line: int, detail: str) -> None:
        super().__init__(f"template: {name}:{line}: {detail}")
        self.name = name
        self.line = line
        self.detail = detail


class NestingError(ParseError):
    """A template nested deeper than the compiler can take."""


class Fault(TemplateError):  # noqa: N818 - Go says errorf; "Error" is what leaves the engine
    """What Go raises with ``state.errorf``: the template itself is at fault.

    Raised by the run-time helpers with the bare text; the place is found from
    the traceback when the error leaves the engine. *argument* is the index of
    the method's argument that is at fault; *receiver* the type of a value whose
    static type in Go depends on what it was an element of.
    """

    def __init__(self, text: str, argument: int | None = None, receiver: str = "") -> None:
        super().__init__(text)
        self.argument = argument
        self.receiver = receiver


class FuncError(TemplateError):
    """A template function returned an error (Go: ``error calling NAME: ...``)."""


class LimitError(TemplateError):
    """A render went over one of the engine's bounds (no counterpart in Go)."""


class Place(Record, frozen=True):
    """Where in which template an error or an output line came from."""

    file: str  # the parse name: what Go prints before the line
    line: int  # 1-based
    column: int  # 0-based byte column, as Go counts it
    template: str  # the define's name, or the file's
    context: str  # the node's text, as Go prints it

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class ExecError(TemplateError):
    """An error while a template ran.

    ``chain`` is what Go's ``errors.Unwrap`` would walk: full texts, outermost
    first; ``places`` has one entry for each template frame, outermost first.
    """

    def __init__(self, chain: tuple[str, ...], places: tuple[Place, ...], wrapped: bool) -> None:
        super().__init__(chain[0])
        self.chain = chain
        self.places = places
        self.wrapped = wrapped  # the innermost entry is a function's own error
