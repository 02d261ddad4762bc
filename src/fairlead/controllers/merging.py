"""Many conditions into one: the summary of an object's own, and the aggregate of its children's. Pure.

Source: cluster-api v1.14 util/conditions/merge_strategies.go, summary.go, aggregate.go: an issue beats an unknown beats
information; messages of equal text are grouped; three groups are shown and the rest counted.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.base.objects import Json, get_in, labels
from fairlead.runtime.conditions import find

BULLET = re.compile(r"\s*\*\s+")
SHOWN_GROUPS = 3
SHOWN_NAMES = 3
ISSUE, UNKNOWN, INFO = 0, 1, 2
NOT_REPORTED = "NotYetReported"


@dataclass(frozen=True, slots=True)
class Merged:
    """One condition made of many; `reason` comes from the caller's words for it."""

    status: str
    priority: int
    message: str


@dataclass(frozen=True, slots=True)
class Words:
    """The reasons of a merged condition when it is met, not met and unknown."""

    met: str
    unmet: str
    unknown: str

    def reason(self, merged: Merged) -> str:
        return (self.unmet, self.unknown, self.met)[merged.priority]


def priority_of(condition: Mapping[str, Any], negative: Collection[str]) -> int:
    """How much a condition weighs; types in *negative* are good when False."""
    if condition["status"] == "Unknown":
        return UNKNOWN
    good = "False" if condition["type"] in negative else "True"
    return INFO if condition["status"] == good else ISSUE


def indent(message: str) -> str:
    """*message* as it follows a colon: on the same line, or below and indented when it has lines or bullets."""
    if "\n" not in message and not BULLET.search(message):
        return f" {message}"
    lines = message.split("\n")
    plain = any(not BULLET.search(line) for line in lines)
    shaped = [("  * " if not BULLET.search(line) else "    ") + line if plain else f"  {line}" for line in lines]
    return "\n" + "\n".join(shaped)


def summary(
    conditions: Sequence[Mapping[str, Any]],
    types: Sequence[str],
    *,
    optional: Collection[str] = (),
    negative: Collection[str] = (),
    positive: bool = True,
    priority: Callable[[Mapping[str, Any]], int] | None = None,
) -> Merged:
    """Sum up an object's own conditions of *types*; one that is missing counts as unknown unless it is *optional*.

    *priority* weighs a condition in another way than by its status and the *negative* types.
    """
    weigh = priority or (lambda condition: priority_of(condition, negative))
    chosen: list[Mapping[str, Any]] = []
    for type_ in types:
        found = find(conditions, type_)
        if found is not None:
            chosen.append(found)
        elif type_ not in optional:
            chosen.append(
                {"type": type_, "status": "Unknown", "reason": NOT_REPORTED, "message": "Condition not yet reported"}
            )
    worst = min(map(weigh, chosen), default=INFO)
    status = _status(worst, positive)
    messages = []
    for condition in chosen:
        if weigh(condition) == INFO and (status != "True" or not condition.get("message")):
            continue
        text = condition.get("message") or condition["reason"]
        messages.append(f"* {condition['type']}:{indent(text)}")
    return Merged(status, worst, "\n".join(messages))


def _status(priority: int, positive: bool) -> str:
    if priority == UNKNOWN:
        return "Unknown"
    return str((priority == INFO) is positive)


def aggregate(objects: Iterable[Json], type_: str, *, negative: bool = False, positive: bool = True) -> Merged:
    """Put the same condition of many objects together; an object that lacks it counts as unknown."""
    told: list[tuple[Json, Mapping[str, Any]]] = []
    for obj in objects:
        found = find(get_in(obj, "status", "conditions"), type_)
        told.append((obj, found if found is not None else _unreported(type_)))
    signs = (type_,) if negative else ()
    ranked = [(obj, condition, priority_of(condition, signs)) for obj, condition in told]
    worst = min((priority for _, _, priority in ranked), default=INFO)
    trouble = [entry for entry in ranked if entry[2] != INFO]
    shown = trouble or [entry for entry in ranked if entry[1].get("message")]
    return Merged(_status(worst, positive), worst, "\n".join(_grouped(shown)))


def _unreported(type_: str) -> Mapping[str, Any]:
    text = f"Condition {type_} not yet reported"
    return {"type": type_, "status": "Unknown", "reason": NOT_REPORTED, "message": text}


_OTHERS = {ISSUE: "with other issues", UNKNOWN: "with status unknown", INFO: "with additional info"}


def _grouped(entries: Sequence[tuple[Json, Mapping[str, Any], int]]) -> list[str]:
    """One line for each distinct message of each kind, the most important first."""
    groups: dict[str, dict[str, list[tuple[bool, str]]]] = {}
    weight: dict[str, int] = {}
    for obj, condition, priority in sorted(entries, key=lambda entry: entry[2]):
        text, kind = condition.get("message", ""), obj["kind"]
        first = kind == "Machine" and "cluster.x-k8s.io/control-plane" in labels(obj)
        groups.setdefault(kind, {}).setdefault(text, []).append((not first, obj["metadata"]["name"]))
        weight[text] = min(weight.get(text, INFO), priority)
    lines: list[str] = []
    left = SHOWN_GROUPS
    for kind in sorted(groups):
        plural, rest = f"{kind}s", dict.fromkeys(_OTHERS, 0)
        ordered = sorted(groups[kind].items(), key=lambda item: _order(item, weight))
        for text, names in ordered:
            if not left:
                rest[weight[text]] += len(names)
                continue
            lines.append(f"* {_named(kind, plural, [name for _, name in sorted(names)])}:{indent(text)}")
            left -= 1
        for priority, count in rest.items():
            if count:
                lines.append(f"And {count} {kind if count == 1 else plural} {_OTHERS[priority]}")
    return lines


def _order(item: tuple[str, list[tuple[bool, str]]], weight: Mapping[str, int]) -> tuple[bool, int, int, str]:
    text, names = item
    return all(late for late, _ in names), weight[text], -len(names), ",".join(name for _, name in sorted(names))


def _named(kind: str, plural: str, names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"{kind} {names[0]}"
    if len(names) <= SHOWN_NAMES:
        return f"{plural} {', '.join(names)}"
    return f"{plural} {', '.join(names[:SHOWN_NAMES])}, ... ({len(names) - SHOWN_NAMES} more)"
