"""Fields that have another place, sometimes another form, in another version of a kind.

A `Move` is read in either direction, so that a table of them is a conversion and its inverse.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.api.durations import duration, seconds
from fairlead.base.objects import Json

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """A field's place in the older and in the newer version, and how its value changes."""

    old: Path
    new: Path
    up: Callable[[Any], Any] = lambda value: value
    down: Callable[[Any], Any] = lambda value: value


def path_of(text: str) -> Path:
    """The steps of a dotted path."""
    return tuple(text.split("."))


def moved(old: str, new: str) -> Move:
    """A field that changed its place only."""
    return Move(path_of(old), path_of(new))


def timed(old: str, new: str) -> Move:
    """A duration that became a number of seconds."""
    return Move(path_of(old), path_of(new), seconds, duration)


def apply_moves(obj: Json, moves: Sequence[Move], *, up: bool) -> None:
    """Bring the fields of *obj*, a private draft, to their places in the other version."""
    taken = [(move, take(obj, move.old if up else move.new)) for move in (moves if up else reversed(moves))]
    for move, value in taken:
        if value is not None:
            put(obj, move.new if up else move.old, (move.up if up else move.down)(value))


def take(obj: Json, path: Path) -> Any:
    """Remove and return the value at *path*; parents left empty go too."""
    parents: list[tuple[Json, str]] = []
    here: Any = obj
    for step in path[:-1]:
        if not isinstance(here, dict) or step not in here:
            return None
        parents.append((here, step))
        here = here[step]
    if not isinstance(here, dict):
        return None
    value = here.pop(path[-1], None)
    for parent, step in reversed(parents):
        if value is not None and parent[step] == {} and parent is not obj:
            del parent[step]
    return value


def put(obj: Json, path: Path, value: Any) -> None:
    """Set the value at *path*; missing parents are made."""
    here = obj
    for step in path[:-1]:
        here = here.setdefault(step, {})
    here[path[-1]] = value


def without_empty(obj: Json, names: Iterable[str]) -> None:
    """Drop those fields of *obj* that are empty objects or lists, as a typed reader does."""
    for name in names:
        if isinstance(obj.get(name), Mapping | list) and not obj[name]:
            del obj[name]
