"""What to do about values that a schema refuses: the file and line that set them, and the name that was meant.

Helm has nothing like it: its words name the place in the values alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fairlead.engines.helm.chart import Chart
from fairlead.engines.helm.nearest import MAX_HINTS, closest
from fairlead.engines.helm.schema import judge
from fairlead.engines.helm.sourcemap import ValueOrigin, ValuesSource, Where, shown_key, value_at
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
    where = Where(chart, sources, given)
    found: dict[str, None] = {}
    for owner, path in _owners(chart, ()):
        section = value_at(values, path)
        if owner.schema is None or not isinstance(section, dict):
            continue
        try:
            wrong = judge(owner.schema, section)
        except (SchemaFault, TooManyStepsError, RecursionError):
            continue
        for cause in _innermost(wrong):
            found.update(dict.fromkeys(_about(cause, owner, path, section, where)))
            if len(found) >= MAX_HINTS:
                return list(found)[:MAX_HINTS]
    return list(found)


def _about(cause: Complaint, owner: Chart, path: Path, section: Any, where: Where) -> Iterator[str]:
    at = _keys(cause.place, section)
    if cause.refused:
        defaults = value_at(owner.values, at)
        known = [*cause.known, *(defaults if isinstance(defaults, dict) else ())]
        for name in cause.refused:
            near = closest(name, (each for each in known if each not in cause.refused))
            meant = f"; did you mean {shown_key((*path, *at, near))!r}?" if near else ""
            place = _set_by(where.value((*path, *at, name)))
            if place:
                yield f"{place}: {shown_key((*path, *at, name))!r} is no key of the chart{meant}"
            elif name == "global" and not at:
                yield f"helm gives every subchart 'global': the values.schema.json of {owner.name!r} has to allow it"
    elif at:
        place = _set_by(where.value((*path, *at)))
        if place:
            yield f"{place} sets {shown_key((*path, *at))!r}"


def _set_by(origin: ValueOrigin) -> str:
    """Return the file and line that set a value, or that a flag did; "" when nobody did."""
    if origin.line:
        return f"{origin.file}:{origin.line}"
    return "a flag" if origin.is_given else ""


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
        values = value_at(values, path[-1:])
    return tuple(path)
