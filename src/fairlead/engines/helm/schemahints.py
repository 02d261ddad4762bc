"""What to do about values that a schema refuses: the file and line that set them, and the name that was meant.

Helm has nothing like it: its words name the place in the values alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fairlead.engines.helm.chart import Chart, load_values
from fairlead.engines.helm.errors import ChartError
from fairlead.engines.helm.nearest import MAX_HINTS, closest
from fairlead.engines.helm.schema import judge
from fairlead.engines.helm.sourcemap import ValuesSource, Where, shown_key
from fairlead.engines.jsonschema import SchemaFault
from fairlead.engines.jsonschema.validator import TooManyStepsError

if TYPE_CHECKING:
    from fairlead.engines.gotemplate.trace import Path
    from fairlead.engines.jsonschema import Complaint


def explain(
    chart: Chart, values: Mapping[str, Any], given: Mapping[str, Any], sources: Sequence[ValuesSource]
) -> list[str]:
    """Return hints about what the schemas of *chart* and its subcharts refuse in *values*.

    *given* are the values that a user set, *sources* the files that they come from.
    """
    places = _Places(chart, given, sources)
    found: dict[str, None] = {}
    for owner, path in _owners(chart, ()):
        section = _at(values, path)
        if owner.schema is None or not isinstance(section, dict):
            continue
        try:
            wrong = judge(owner.schema, section)
        except (SchemaFault, TooManyStepsError, RecursionError):
            continue
        for cause in _innermost(wrong):
            found.update(dict.fromkeys(_about(cause, owner, path, section, places)))
            if len(found) >= MAX_HINTS:
                return list(found)[:MAX_HINTS]
    return list(found)


def _about(cause: Complaint, owner: Chart, path: Path, section: Any, places: _Places) -> Iterator[str]:
    at = _keys(cause.place, section)
    if cause.refused:
        defaults = _at(owner.values, at)
        known = [*cause.known, *(defaults if isinstance(defaults, dict) else ())]
        for name in cause.refused:
            near = closest(name, (each for each in known if each not in cause.refused))
            meant = f"; did you mean {shown_key((*path, *at, near))!r}?" if near else ""
            place = places.of((*path, *at, name))
            if place:
                yield f"{place}: {shown_key((*path, *at, name))!r} is no key of the chart{meant}"
            elif name == "global" and not at:
                yield f"helm gives every subchart 'global': the values.schema.json of {owner.name!r} has to allow it"
    elif at:
        place = places.of((*path, *at))
        if place:
            yield f"{place} sets {shown_key((*path, *at))!r}"


class _Places:
    """Says what set a value."""

    def __init__(self, chart: Chart, given: Mapping[str, Any], sources: Sequence[ValuesSource]) -> None:
        self._where = Where(chart, sources)
        self._given = given
        self._sources = sources
        self._files: dict[str, Any] = {}

    def of(self, path: Path) -> str:
        """Return the file and line that set the value at *path*, or that a flag did; "" when nobody did."""
        found = self._where.value(path)
        from_user = any(found.file == name for name, _ in self._sources)
        if _is_set(self._given, path) and not (
            from_user and _at(self._file(found.file), path) == _at(self._given, path)
        ):
            return "a flag"  # which came after the file
        return f"{found.file}:{found.line}" if found.line else ""

    def _file(self, name: str) -> Any:
        if name not in self._files:
            data = next(data for each, data in reversed(self._sources) if each == name)
            try:
                self._files[name] = load_values(data, name)
            except ChartError:
                self._files[name] = {}
        return self._files[name]


def _owners(chart: Chart, path: Path) -> Iterator[tuple[Chart, Path]]:
    """The chart and those below it, with the places of their values."""
    yield chart, path
    for sub in chart.dependencies:
        yield from _owners(sub, (*path, sub.name))


def _innermost(complaint: Complaint | None) -> Iterator[Complaint]:
    if complaint is None:
        return
    if not complaint.causes:
        yield complaint
    for cause in complaint.causes:
        yield from _innermost(cause)


def _keys(place: Sequence[str], values: Any) -> Path:
    """Return *place* with numbers where *values* have lists."""
    path: list[Any] = []
    for step in place:
        is_list = isinstance(values, list)
        path.append(int(step) if is_list else step)
        values = _at(values, path[-1:])
    return tuple(path)


_NOTHING = object()


def _at(values: Any, path: Sequence[Any]) -> Any:
    for key in path:
        if isinstance(values, dict):
            values = values.get(key, _NOTHING)
        elif isinstance(values, list) and isinstance(key, int) and key < len(values):
            values = values[key]
        else:
            return _NOTHING
    return values


def _is_set(values: Any, path: Sequence[Any]) -> bool:
    return _at(values, path) is not _NOTHING
