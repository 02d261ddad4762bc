"""Which file and line a field of a built object comes from.

A build notes for each object the files that made it: the base or generator, and each patch, with the line its document
begins on. Nothing more is kept; the line of a field is found when it is asked for, by reading these files again. The
last one that has the field set it.
"""

from __future__ import annotations

from fairlead.base import yaml as goyaml
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.loader import Loader
from fairlead.engines.kustomize.resource import Source

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Path = tuple[str | int, ...]


def origin_of(sources: Sequence[Source], path: Path, loader: Loader) -> Source:
    """Return who set the field at *path*, with its line; the object's own source when none of *sources* has the field.

    List elements are found by their `name`, as patches name them, else by position. Raises: KustomizeError when a
    source can no longer be read.
    """
    if not sources:
        raise KustomizeError("an object without a source")
    for source in reversed(sources):
        line = _line_in(source, path, loader)
        if line:
            return source._replace(line=line)
    return sources[0]


def _line_in(source: Source, path: Path, loader: Loader) -> int:
    """Return the line of *path* in what *source* holds, 0 when it is not there."""
    if not source.line or not loader.is_file(source.file):
        return 0
    try:
        documents = goyaml.load_all_with_lines(loader.read(source.file), source=source.file)
    except goyaml.YamlError as error:
        raise KustomizeError(f"{source.file}: {error}") from error
    chosen = None
    for value, lines in documents:
        if lines.line <= source.line or chosen is None:
            chosen = value, lines
    if chosen is None:
        return 0
    value, lines = chosen
    steps = _steps(value, path)
    return lines.find(steps) if steps is not None else 0


def _steps(value: Any, path: Path) -> Path | None:
    """Return *path* as *value* has it: names of elements become positions. None when it is not there."""
    steps: list[str | int] = []
    for step in path:
        if isinstance(value, list):
            at = _position(value, step)
            if at is None:
                return None
            steps.append(at)
            value = value[at]
        elif isinstance(value, dict) and step in value:
            steps.append(step)
            value = value[step]
        else:
            return None
    return tuple(steps)


def _position(items: list[Any], step: str | int) -> int | None:
    if isinstance(step, int):
        return step if step < len(items) else None
    return next((at for at, item in enumerate(items) if isinstance(item, dict) and item.get("name") == step), None)
