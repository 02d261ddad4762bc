"""Misspelt values keys: what was probably meant.

Helm has nothing like it. A key counts as misspelt when nothing has it and a
neighbour that exists is close: a slip of one or two letters, or another case.
"""

from __future__ import annotations

from fairlead.base.patterns import late
from fairlead.engines.helm.chart import Chart

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

_PATH = late(r"\.Values((?:\.[A-Za-z_]\w*)+)")
MAX_HINTS = 10


def closest(word: str, known: Iterable[str]) -> str:
    """Return the one of *known* that *word* is likely to be a slip for; "" when none is near."""
    best, least = "", 3
    lowered = word.lower()
    for candidate in known:
        if candidate == word or abs(len(candidate) - len(word)) > 2:
            continue
        distance = _distance(lowered, candidate.lower())
        if distance < least and distance * 3 <= max(len(word), len(candidate)):
            best, least = candidate, distance
    return best


def _distance(a: str, b: str) -> int:
    """Return how many insertions, deletions, changes and swaps of neighbours lead from *a* to *b*."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        older, before = before, row
        row = [i]
        for j, right in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if older and j > 1 and left == b[j - 2] and a[i - 2] == right:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


def explain_read(expression: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """Return the values path that *expression* reads in vain, and a hint about it ("" when there is nothing to say)."""
    for found in _PATH.finditer(expression):
        at: Any = values
        path: list[str] = []
        for key in found.group(1)[1:].split("."):
            path.append(key)
            if not isinstance(at, dict):
                break
            if at.get(key) is None:
                near = closest(key, at)
                shown = ".".join((*path[:-1], near))
                return ".".join(path), f"nothing sets values key {'.'.join(path)!r}; did you mean {shown!r}?" if (
                    near
                ) else f"nothing sets values key {'.'.join(path)!r}"
            at = at[key]
    return "", ""


def misspelt(chart: Chart, user: Mapping[str, Any]) -> list[str]:
    """Return hints about keys of *user* that the chart has no default for, but a near neighbour of."""
    found: list[str] = []
    _compare(chart.values, user, "", found, {sub.name for sub in chart.dependencies} | {"global", "tags"})
    for sub in chart.dependencies:
        section = user.get(sub.name)
        if isinstance(section, dict):
            _compare(
                sub.values,
                section,
                f"{sub.name}.",
                found,
                {inner.name for inner in sub.dependencies} | {"global", "tags"},
            )
    return found[:MAX_HINTS]


def _compare(
    defaults: Mapping[str, Any], user: Mapping[str, Any], path: str, found: list[str], known: set[str]
) -> None:
    for key, value in user.items():
        if key in known:
            continue
        if key in defaults:
            mine = defaults[key]
            if isinstance(value, dict) and isinstance(mine, dict) and mine:
                _compare(mine, value, f"{path}{key}.", found, set())
            continue
        near = closest(key, defaults)
        if near and near not in user:
            found.append(f"values key {path + key!r} has no default in the chart; did you mean {path + near!r}?")
