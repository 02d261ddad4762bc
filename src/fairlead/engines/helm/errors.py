"""What goes wrong with a chart: one family, in Helm's words."""

from __future__ import annotations

from fairlead.engines.gotemplate.errors import Place


class HelmError(Exception):
    """Root of the family. ``str()`` is Helm's text.

    ``file``, ``line`` and ``column`` say where (1-based; 0 when unknown),
    ``expression`` is the template expression, ``values_path`` the value that
    was read or set, ``hint`` what to do about it.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str = "",
        line: int = 0,
        column: int = 0,
        expression: str = "",
        values_path: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message)
        self.file = file
        self.line = line
        self.column = column
        self.expression = expression
        self.values_path = values_path
        self.hint = hint
        self.hints: list[str] = [hint] if hint else []  # all of them; *hint* is the first
        self.warnings: list[str] = []  # what was noticed before


class ChartError(HelmError):
    """A chart that cannot be loaded."""


class ValuesError(HelmError):
    """Values that cannot be read or merged."""


class SchemaError(HelmError):
    """Values that a chart's values.schema.json does not allow."""


class DependencyError(HelmError):
    """A chart whose dependencies are not all there."""


class RenderError(HelmError):
    """A template that does not parse or run; ``places`` leads from the outermost template to the culprit."""

    def __init__(self, message: str, places: tuple[Place, ...] = (), *, hint: str = "", values_path: str = "") -> None:
        inner = [place for place in places if place.file != "gotpl"]  # the text of a tpl is in no file
        at = inner[-1] if inner else None
        super().__init__(
            message,
            file=at.file if at else "",
            line=at.line if at else 0,
            column=at.column + 1 if at else 0,
            expression=at.context if at else "",
            hint=hint,
            values_path=values_path,
        )
        self.places = places


class ManifestError(HelmError):
    """Rendered text that is not YAML, or not an object.

    ``partial`` is what Helm would show under --debug.
    """

    def __init__(self, message: str, *, file: str = "", line: int = 0, partial: str = "") -> None:
        super().__init__(message, file=file, line=line)
        self.partial = partial
