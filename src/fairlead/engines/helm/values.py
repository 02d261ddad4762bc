"""Lay user values over a chart's defaults, Helm's way.

Source: Helm v4.3 pkg/chart/common/util/coalesce.go. Warnings go to a list the
caller gives, in Helm's words.
"""

from __future__ import annotations

import marshal

from fairlead.engines.gotemplate.gofmt import sprint_value, sprintf
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm.chart import Chart
from fairlead.engines.helm.errors import ValuesError

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Set
    from typing import Any

    Map = dict[str, Any]

GLOBAL = "global"


def copy_map(value: Map) -> Map:
    """Return a deep copy of plain values."""
    return {key: _copy(item) for key, item in value.items()}


def _copy(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {key: _copy(item) for key, item in value.items()}
    if kind is list:
        return [_copy(item) for item in value]
    return value


def coalesce(chart: Chart, values: Map, warnings: list[str] | None = None) -> Map:
    """Return *values* laid over the defaults of *chart* and its dependencies; nulls remove defaults.

    Raises:
        ValuesError: a subchart's section is no map.
    """
    warnings = [] if warnings is None else warnings
    mine = copy_map(values)
    if GLOBAL not in mine and mine.keys().isdisjoint(sub.name for sub in chart.dependencies):
        found = _defaults_alone(chart)
        if found is not None:
            _Coalescer(warnings).defaults(chart, mine, "", False, mine.keys() & chart.values.keys())
            for key, value in found.items():
                if key not in values:
                    mine[key] = value
            return mine
    return _Coalescer(warnings).run(chart, mine, "", False)


class _Alone:
    """What the defaults of a chart and its dependencies come to without a user's values, packed when asked for again.

    The parts are kept so that nothing else gets their identity, which `shape` goes by.
    """

    def __init__(self, parts: list[Map]) -> None:
        self.parts = parts
        self.asked = 0
        self.packed: bytes | None = None


def shape(chart: Chart) -> tuple[Any, ...]:
    """Return what the defaults of *chart* and its dependencies hang on, by the identity of each one's own."""
    return id(chart.values), chart.name, tuple(map(shape, chart.dependencies))


def parts(chart: Chart) -> list[Map]:
    """Return the values that `shape` goes by."""
    return [chart.values, *(part for sub in chart.dependencies for part in parts(sub))]


def keep(chart: Chart, key: tuple[Any, ...], value: Any) -> None:
    """Keep *value* with the chart; copies of the chart have it, too."""
    if len(chart.kept) >= _MAX_KEPT:
        chart.kept.clear()
    chart.kept[key] = value


_MAX_KEPT = 16


def _defaults_alone(chart: Chart) -> Map | None:
    """Return a fresh copy of the coalesced defaults; None when they are asked for the first time, or cannot be kept.

    Copying them with Python's code takes longer than many a template; a command that renders once has no use for it.
    """
    key = ("coalesced", shape(chart))
    found: _Alone | None = chart.kept.get(key)
    if found is None:
        found = _Alone(parts(chart))
        keep(chart, key, found)
    found.asked += 1
    if found.asked == 2:
        warnings: list[str] = []
        value = _Coalescer(warnings).run(chart, {}, "", False)
        if not warnings:
            try:
                found.packed = marshal.dumps(value)
            except ValueError:
                found.packed = None
    if found.packed is None:
        return None
    fresh: Map = marshal.loads(found.packed)
    return fresh


def merge_values(chart: Chart, values: Map, warnings: list[str] | None = None) -> Map:
    """Return the same with nulls kept."""
    return _Coalescer([] if warnings is None else warnings).run(chart, copy_map(values), "", True)


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


class _Coalescer:
    def __init__(self, warnings: list[str]) -> None:
        self.warnings = warnings

    def run(self, chart: Chart, values: Map, prefix: str, merge: bool) -> Map:
        self.defaults(chart, values, prefix, merge)
        for sub in chart.dependencies:
            section = values.setdefault(sub.name, {})
            if not isinstance(section, dict):
                raise ValuesError(f"type mismatch on {sub.name}: {sprintf('%t', [section])}", values_path=sub.name)
            inner = _join(prefix, chart.name)
            self.globals(section, values, inner)
            values[sub.name] = self.run(sub, section, inner, merge)
        return values

    def globals(self, target: Map, source: Map, prefix: str) -> None:
        """Copy the globals of *source* over those of *target*."""
        mine = target.get(GLOBAL, {}) if GLOBAL in target else {}
        if not isinstance(mine, dict):
            self.warnings.append(f"warning: skipping globals because destination {GLOBAL} is not a table.")
            return
        theirs = source.get(GLOBAL, {}) if GLOBAL in source else {}
        if not isinstance(theirs, dict):
            self.warnings.append(f"warning: skipping globals because source {GLOBAL} is not a table.")
            return
        for key, value in theirs.items():
            if isinstance(value, dict):
                copied = dict(value)
                if key not in mine:
                    mine[key] = copied
                elif not isinstance(mine[key], dict):
                    self.warnings.append(f"Conflict: cannot merge map onto non-map for {quote(key)}. Skipping.")
                else:
                    self.tables(copied, mine[key], _join(prefix, key), True)
                    mine[key] = copied
            elif key in mine and isinstance(mine[key], dict):
                self.warnings.append(f"key {key} is table. Skipping")
            else:
                mine[key] = value
        target[GLOBAL] = mine

    def defaults(self, chart: Chart, values: Map, prefix: str, merge: bool, only: Set[str] | None = None) -> None:
        """Lay *values* over the chart's own defaults, in place; over those under some keys *only*."""
        prefix = _join(prefix, chart.name)
        subcharts = {sub.name for sub in chart.dependencies}
        for key, default in chart.values.items():
            if only is not None and key not in only:
                continue
            if key not in values:
                if merge:
                    values[key] = _copy(default)
                elif default is not None:
                    values[key] = _without_nulls(default) if isinstance(default, dict) else _copy(default)
                continue
            value = values[key]
            if value is None and not merge:
                del values[key]
            elif isinstance(value, dict):
                if isinstance(default, dict):
                    keep = merge or key in subcharts
                    source = copy_map(default) if keep else _without_nulls(default)
                    self.tables(value, source, _join(prefix, key), keep)
                elif default is not None:
                    self.warnings.append(f"warning: skipped value for {prefix}.{key}: Not a table.")

    def tables(self, target: Map, source: Map, prefix: str, merge: bool) -> Map:
        """Merge *source* into *target*, which wins."""
        not_null = {key for key, value in source.items() if value is not None}
        for key, value in target.items():
            if value is None:
                source[key] = None
        for key, value in source.items():
            path = _join(prefix, key)
            if key not in target:
                target[key] = value
                continue
            mine = target[key]
            if not merge and mine is None and key in not_null:
                del target[key]
            elif isinstance(value, dict):
                if isinstance(mine, dict):
                    self.tables(mine, value, path, merge)
                else:
                    self.warnings.append(
                        f"warning: cannot overwrite table with non table for {path} ({sprint_value(value)})"
                    )
            elif isinstance(mine, dict) and value is not None:
                self.warnings.append(
                    f"warning: destination for {path} is a table. Ignoring non-table value ({sprint_value(value)})"
                )
        return target


def _without_nulls(value: Map) -> Map:
    """Return a deep copy without null entries in maps (lists are kept as they are)."""
    return {
        key: _without_nulls(item) if isinstance(item, dict) else _copy(item)
        for key, item in value.items()
        if item is not None
    }


def merge_tables(target: Map, source: Map, warnings: list[str], *, merge: bool) -> Map:
    """Merge *source* into *target* in place (Helm: MergeTables, CoalesceTables)."""
    return _Coalescer(warnings).tables(target, source, "", merge)


def table(values: Map, path: str) -> Map | None:
    """Return the map at a dotted path; None when there is none."""
    at: Any = values
    for part in path.split("."):
        at = at.get(part) if isinstance(at, dict) else None
        if not isinstance(at, dict):
            return None
    return at  # type: ignore[no-any-return]


NOTHING = object()


def path_value(values: Map, path: str) -> object:
    """Return the value at a dotted path that is no map; NOTHING when there is none."""
    head, _, key = path.rpartition(".")
    at = table(values, head) if head else values
    if at is None or key not in at or isinstance(at[key], dict):
        return NOTHING
    return at[key]
