"""What is wrong with a value, and the way that led there.

Source: santhosh-tekuri/jsonschema v6.0.3 output.go, validator.go (scope).
"""

from __future__ import annotations

from fairlead.engines.jsonschema.addresses import escape, pointer
from fairlead.engines.jsonschema.schema import Schema
from fairlead.engines.jsonschema.values import quote

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    Place = tuple[str, ...]


class Complaint:
    """What is wrong with the value at a place, and why."""

    __slots__ = ("causes", "is_group", "is_reference", "known", "place", "refused", "text")

    def __init__(self, place: Place, text: str, causes: list[Complaint] | None = None) -> None:
        self.place = place
        self.text = text
        self.causes = causes or []
        self.is_group = self.is_reference = False
        self.refused: list[str] = []  # names that are not allowed at the place, where that is what is wrong
        self.known: list[str] = []  # those that are

    def to_text(self) -> str:
        """Return the complaints as the library lists them, one a line."""
        lines: list[str] = []
        for cause in self.causes:
            cause._write(lines, 0)
        return "\n".join(lines)

    def _write(self, lines: list[str], depth: int) -> None:
        if not (self.is_reference and len(self.causes) == 1):
            lines.append(f"{'  ' * depth}- at {quote(pointer(self.place))}: {self.text}")
            depth += 1
        for cause in self.causes:
            cause._write(lines, depth)


WRONG = Complaint((), "")  # where only the verdict counts


class Scope:
    """A schema on the way to a value; *value* tells values apart."""

    __slots__ = ("keyword", "parent", "schema", "value")

    def __init__(self, schema: Schema, keyword: str, value: int, parent: Scope | None) -> None:
        self.schema = schema
        self.keyword = keyword
        self.value = value
        self.parent = parent

    def repeats(self) -> Scope | None:
        """Return the scope above that has the same schema and value."""
        scope = self.parent
        while scope is not None and scope.value == self.value:
            if scope.schema is self.schema:
                return scope
            scope = scope.parent
        return None

    def location(self) -> str:
        scope, found = self, ""
        while scope.parent is not None:
            if scope.keyword:
                found = f"/{escape(scope.keyword)}{found}"
            else:
                found = scope.schema.location[len(scope.parent.schema.location) :] + found
            scope = scope.parent
        return found
