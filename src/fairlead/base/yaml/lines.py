"""Where each part of a document stands in its text."""

from __future__ import annotations

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterator


class Lines:
    """The line of a value and of everything inside it.

    A mapping's entry stands where its key does, a list's item where it begins.
    Values copied in by an alias stand where the anchor's values do.
    """

    __slots__ = ("children", "line")

    def __init__(self, line: int) -> None:
        self.line = line
        self.children: dict[str | int, Lines] | None = None

    def put(self, step: str | int, child: Lines) -> None:
        """Set the place of the part named *step*."""
        if self.children is None:
            self.children = {}
        self.children[step] = child

    def find(self, path: tuple[str | int, ...]) -> int:
        """Return the 1-based line of *path*, or of its nearest parent that has one."""
        at = self
        for step in path:
            child = at.children.get(step) if at.children else None
            if child is None:
                break
            at = child
        return at.line

    def __getitem__(self, path: tuple[str | int, ...]) -> int:
        at = self
        for step in path:
            if at.children is None or step not in at.children:
                raise KeyError(path)
            at = at.children[step]
        return at.line

    def __contains__(self, path: object) -> bool:
        if not isinstance(path, tuple):
            return False
        try:
            self[path]
        except KeyError:
            return False
        return True

    def items(self, prefix: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], int]]:
        """Yield each path with its line, parents first."""
        yield prefix, self.line
        for step, child in (self.children or {}).items():
            yield from child.items((*prefix, step))
