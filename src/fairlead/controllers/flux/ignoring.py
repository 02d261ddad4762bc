"""Fields that are left to others: what `spec.ignore` names keeps the value it has in the cluster. Pure.

Source: fluxcd/pkg/ssa jsondiff (selectors: anchored regular expressions, label selectors), manager_apply.go.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.base.objects import GVK, Json, Key, annotations, copy, labels
from fairlead.engines.selectors import LabelSelector, SelectorError, parse_labels


class IgnoreError(ValueError):
    """A rule that cannot be read; the text says which part."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Paths, and the objects in which they are left alone; parts that are empty match anything."""

    paths: tuple[tuple[str, ...], ...]
    texts: tuple[re.Pattern[str] | None, ...]  # group, version, kind, name, namespace
    labels: LabelSelector | None
    annotations: LabelSelector | None

    def matches(self, obj: Json) -> bool:
        """Whether *obj* is meant."""
        gvk, key = GVK.of(obj), Key.of(obj)
        values = (gvk.group, gvk.version, gvk.kind, key.name, key.namespace)
        return (
            all(pattern is None or pattern.fullmatch(value) for pattern, value in zip(self.texts, values, strict=True))
            and (self.labels is None or self.labels.matches(labels(obj)))
            and (self.annotations is None or self.annotations.matches(annotations(obj)))
        )


def ignore_rules(spec: Mapping[str, Any]) -> tuple[Rule, ...]:
    """`spec.ignore`. Raises: IgnoreError."""
    return tuple(_rule(entry) for entry in spec.get("ignore") or ())


def _rule(entry: Mapping[str, Any]) -> Rule:
    target = entry.get("target") or {}
    try:
        texts = tuple(
            re.compile(target[name]) if target.get(name) else None
            for name in ("group", "version", "kind", "name", "namespace")
        )
        chosen = [
            parse_labels(target[name]) if target.get(name) else None for name in ("labelSelector", "annotationSelector")
        ]
    except (re.error, SelectorError) as error:
        raise IgnoreError(f"spec.ignore: target {dict(target)} cannot be read: {error}") from error
    return Rule(tuple(_pointer(path) for path in entry["paths"]), texts, *chosen)


def _pointer(path: str) -> tuple[str, ...]:
    if not path.startswith("/"):
        raise IgnoreError(f"spec.ignore: path '{path}' is no JSON pointer; it must begin with '/'")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/"))


def adopted(obj: Json, live: Json, rules: Sequence[Rule]) -> Json:
    """*obj* with the values that *live* has in the ignored fields; a field that *live* lacks is left out."""
    chosen = [path for rule in rules if rule.matches(obj) for path in rule.paths]
    if not chosen:
        return obj
    changed: Json = copy(obj)
    for path in chosen:
        there, value = _find(live, path)
        _put(changed, path, there, value)
    return changed


def _find(obj: Any, path: Sequence[str]) -> tuple[bool, Any]:
    for step in path:
        if isinstance(obj, dict) and step in obj:
            obj = obj[step]
        elif isinstance(obj, list) and step.isdigit() and int(step) < len(obj):
            obj = obj[int(step)]
        else:
            return False, None
    return True, obj


def _put(obj: Any, path: Sequence[str], there: bool, value: Any) -> None:
    """Set or remove *path* in *obj* where *obj* has it; what it does not have it does not get."""
    found, parent = _find(obj, path[:-1])
    if not found or not _find(obj, path)[0]:
        return
    step = path[-1]
    if isinstance(parent, dict):
        if there:
            parent[step] = copy(value)
        else:
            del parent[step]
    elif there:
        parent[int(step)] = copy(value)
    else:
        del parent[int(step)]
