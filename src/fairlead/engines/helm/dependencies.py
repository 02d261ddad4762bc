"""Which subcharts take part, under which name, and what they lend their parent.

Source: Helm v4.3 pkg/chart/v2/util/dependencies.go, pkg/action/dependency.go
(CheckDependencies).
"""

from __future__ import annotations

from fairlead.engines.gotemplate.gofmt import sprint_value
from fairlead.engines.helm import values as helm_values
from fairlead.engines.helm.chart import Chart
from fairlead.engines.helm.errors import DependencyError
from fairlead.engines.helm.metadata import Dependency
from fairlead.engines.semver import is_compatible_range

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any

    Map = dict[str, Any]


_LEAD = (
    "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' "
    "to fetch missing dependencies: "
)


def missing(chart: Chart) -> list[str]:
    """Return the names in Chart.yaml's dependencies that are not in charts/."""
    present = {sub.name for sub in chart.dependencies}
    return [wanted.name for wanted in chart.metadata.dependencies or () if wanted.name not in present]


def check(chart: Chart, lead: str = _LEAD) -> None:
    """See that each dependency in Chart.yaml is in charts/.

    Raises:
        DependencyError: with Helm's text.
    """
    declared = {entry.name for entry in chart.metadata.dependencies or ()}
    if chart.metadata.api_version == "v3" and any(sub.name not in declared for sub in chart.dependencies):
        raise DependencyError(f"{lead}unsupported chart dependency type", file="Chart.yaml")
    absent = missing(chart)
    if absent:
        raise DependencyError(
            f"{lead}found in Chart.yaml, but missing in charts/ directory: {', '.join(absent)}",
            file="Chart.yaml",
        )


def process(chart: Chart, values: Map, warnings: list[str]) -> None:
    """Change *chart* (a clone) to what takes part under *values*."""
    _enable(chart, values, "", warnings)
    _import_all(chart, warnings)


def _enable(chart: Chart, values: Map, path: str, warnings: list[str]) -> None:
    wanted = chart.metadata.dependencies
    if wanted is None:
        return
    chosen = [
        sub
        for sub in chart.dependencies
        if not any(
            sub.name == entry.name and is_compatible_range(entry.version, sub.metadata.version) for entry in wanted
        )
    ]
    for entry in wanted:
        found = _aliased(chart.dependencies, entry)
        if found is not None:
            chosen.append(found)
        if entry.alias:
            entry.name = entry.alias
    chart.dependencies = []
    chart.add(*chosen)
    for entry in wanted:
        entry.enabled = True
    merged = helm_values.coalesce(chart, values, warnings)
    _apply_tags(wanted, merged, warnings)
    _apply_conditions(wanted, merged, path, warnings)
    disabled = {entry.name for entry in wanted if not entry.enabled}
    kept = [sub for sub in chart.dependencies if sub.name not in disabled]
    remaining = [entry for entry in wanted if entry.name not in disabled]
    for sub in kept:
        _enable(sub, merged, f"{path}{sub.name}.", warnings)
    chart.metadata.dependencies = remaining or None
    chart.dependencies = []
    chart.add(*kept)


def _aliased(charts: list[Chart], entry: Dependency) -> Chart | None:
    """Return a copy of the chart that *entry* asks for, under its alias."""
    for sub in charts:
        if sub.name != entry.name or not is_compatible_range(entry.version, sub.metadata.version):
            continue
        copied = sub.clone()
        if entry.alias:
            copied.metadata.name = entry.alias
            for child, original in zip(copied.dependencies, sub.dependencies, strict=True):
                for grandchild in child.dependencies:
                    grandchild.parent = original  # Helm copies two levels: paths below keep the name without the alias
        return copied
    return None


def _apply_tags(wanted: list[Dependency], values: Map, warnings: list[str]) -> None:
    tags = helm_values.table(values, "tags")
    if tags is None:
        return
    for entry in wanted:
        states: set[bool] = set()
        for tag in entry.tags:
            if tag not in tags:
                continue
            if isinstance(tags[tag], bool):
                states.add(tags[tag])
            else:
                warnings.append(f"returned non-bool value tag={tag} chart={entry.name}")
        entry.enabled = True in states or False not in states


def _apply_conditions(wanted: list[Dependency], values: Map, path: str, warnings: list[str]) -> None:
    for entry in wanted:
        for condition in entry.condition.strip().split(","):
            if not condition:
                continue
            value = helm_values.path_value(values, path + condition)
            if isinstance(value, bool):
                entry.enabled = value
                break
            if value is not helm_values.NOTHING:
                warnings.append(f"returned non-bool value path={condition} chart={entry.name}")


def _import_all(chart: Chart, warnings: list[str]) -> None:
    for sub in chart.dependencies:
        _import_all(sub, warnings)
    _import_values(chart, warnings)


def _not_a_table(values: Map, path: str) -> str:
    """Return the first step of *path* that leads to no table."""
    found: Any = values
    for step in path.split("."):
        found = found.get(step)
        if not isinstance(found, dict):
            return step
    return ""


def _import_values(chart: Chart, warnings: list[str]) -> None:
    """Lay the values that dependencies export under the chart's own defaults."""
    if chart.metadata.dependencies is None:
        return
    if any(entry.import_values for entry in chart.metadata.dependencies):
        _import_some(chart, chart.metadata.dependencies, warnings)
        return
    key = ("imported", helm_values.shape(chart))
    kept = chart.kept.get(key)
    if kept is None:
        parts = helm_values.parts(chart)
        noted: list[str] = []
        kept = helm_values.merge_values(chart, {}, noted), noted, parts
        helm_values.keep(chart, key, kept)
    chart.values = kept[0]
    warnings.extend(kept[1])


def _import_some(chart: Chart, entries: list[Dependency], warnings: list[str]) -> None:
    values = helm_values.merge_values(chart, {}, warnings)
    imported: Map = {}
    for entry in entries:
        done: list[Any] = []
        for item in entry.import_values:
            if isinstance(item, dict):
                child, parent = sprint_value(item.get("child")), sprint_value(item.get("parent"))
            elif isinstance(item, str):
                child, parent = f"exports.{item}", "."
            else:
                continue
            done.append({"child": child, "parent": parent})
            found = helm_values.table(values, f"{entry.name}.{child}")
            if found is None:
                detail = rf'error="\"{_not_a_table(values, f"{entry.name}.{child}")}\" is not a table"'
                where = f" from chart chart={entry.name}" if isinstance(item, dict) else ""
                warnings.append(f"ImportValues missing table{where} {detail}")
                continue
            imported = helm_values.merge_tables(imported, _nest(parent, found), warnings, merge=True)
        entry.import_values = done
    chart.values = helm_values.merge_tables(
        helm_values.copy_map(values), helm_values.copy_map(imported), warnings, merge=True
    )


def _nest(path: str, value: Map) -> Map:
    if path == ".":
        return value
    for part in reversed(path.split(".")):
        value = {part: value}
    return value
