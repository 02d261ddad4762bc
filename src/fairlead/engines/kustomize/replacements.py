"""Replacements: a value of one object copied into fields of others.

Source: kustomize api v0.21.2 filters/replacement/replacement.go, types/replacement.go.
"""

from __future__ import annotations

from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.nodes import Quoted, Scalar, copied, is_empty, is_scalar, peel, plain, text_of
from fairlead.engines.kustomize.paths import Matcher, Place, kind_of, lookup, put, smart_split
from fairlead.engines.kustomize.resource import DEFAULT_NAMESPACE, Id, Resource
from fairlead.engines.kustomize.selector import Selector

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

DEFAULT_PATH = "metadata.name"
_DELIMITER_ERROR = "delimiter option can only be used with scalar nodes"


def replace(items: Sequence[Resource], replacements: Sequence[Mapping[str, Any]]) -> None:
    """Do *replacements* in order. Raises: KustomizeError."""
    for entry in replacements:
        source, value = entry.get("source"), entry.get("sourceValue")
        if (value is None and source is None) or "targets" not in entry:
            raise KustomizeError("replacements must specify a source and at least one target")
        if value is not None and source is not None:
            raise KustomizeError("value and resource selectors are mutually exclusive")
        node = plain(value) if value is not None else _source_value(items, source or {})
        for target in entry["targets"]:
            _fill(items, node, target)


def _ids(item: Resource) -> list[Id]:
    return [item.current_id(), *item.previous_ids()]


def _source_value(items: Sequence[Resource], source: Mapping[str, Any]) -> Any:
    found = [item for item in items if any(_selected(known, source) for known in _ids(item))]
    if len(found) > 1:
        raise KustomizeError(f"multiple matches for selector {_shown(source)}")
    if not found:
        raise KustomizeError(f"nothing selected by {_shown(source)}")
    path = source.get("fieldPath") or DEFAULT_PATH
    try:
        place = lookup(found[0].node, smart_split(path))
    except KustomizeError as error:
        raise KustomizeError(f"error looking up replacement source: {error}") from error
    if place is None or is_empty(place.node):
        raise KustomizeError(f"fieldPath `{path}` is missing for replacement source {_res_id(source)}")
    return _refined(source.get("options") or {}, peel(place.node))


def _selected(known: Id, source: Mapping[str, Any]) -> bool:
    namespace = source.get("namespace") or ""
    if namespace and (namespace if namespace != "" else DEFAULT_NAMESPACE) != known.effective_namespace:
        return False
    return all(
        not source.get(part) or source[part] == getattr(known, part) for part in ("name", "group", "version", "kind")
    )


def _res_id(source: Mapping[str, Any]) -> str:
    return str(Id(*(source.get(part) or "" for part in ("group", "version", "kind", "name", "namespace"))))


def _shown(source: Mapping[str, Any]) -> str:
    parts = [_res_id(source)]
    if source.get("fieldPath"):
        parts.append(source["fieldPath"])
    options = source.get("options") or {}
    if options.get("delimiter") or options.get("create"):
        create = "true" if options.get("create") else "false"
        parts.append(f"{options.get('delimiter') or ''}({options.get('index') or 0}), create={create}")
    return ":".join(parts)


def _refined(options: Mapping[str, Any], node: Any) -> Any:
    delimiter = options.get("delimiter") or ""
    if not delimiter:
        return node
    if not is_scalar(node):
        raise KustomizeError(_DELIMITER_ERROR)
    parts = text_of(node).split(delimiter)
    index = options.get("index") or 0
    if not 0 <= index < len(parts):
        raise KustomizeError(f"options.index {index} is out of bounds for value {text_of(node)}")
    return _with_text(node, parts[index])


def _with_text(node: Any, text: str) -> Any:
    """Return *node* with another text but its tag and quotes."""
    if isinstance(node, Quoted):
        return node.__class__(text)
    return text if isinstance(node, str) else Scalar(text, node.tag)


def _fill(items: Sequence[Resource], value: Any, target: Mapping[str, Any]) -> None:
    select = target.get("select")
    if select is None:
        raise KustomizeError("target must specify resources to select")
    paths = target.get("fieldPaths") or [DEFAULT_PATH]
    try:
        selector = Selector(select)
        rejected = [Selector(reject) for reject in target.get("reject") or ()]
    except KustomizeError as error:
        raise KustomizeError(f"error creating target selector: {error}") from error
    for item in items:
        if not selector.selects_marks(item):
            continue
        if any((reject.labels or reject.annotations) and reject.selects_marks(item) for reject in rejected):
            continue
        ids = _ids(item)
        if any(not reject.is_empty and any(map(reject.selects_id, ids)) for reject in rejected):
            continue
        if any(map(selector.selects_id, ids)):
            for path in paths:
                _copy(item, value, path, target.get("options") or {})


def _copy(item: Resource, value: Any, path: str, options: Mapping[str, Any]) -> None:
    parts = smart_split(path)
    if _into_text(item, value, parts, options):
        return
    create = kind_of(value) if options.get("create") else ""
    problem = f'unable to find {"or create " if create else ""}field "{path}" in replacement target'
    try:
        places = Matcher(create).find(Place([item.node], 0), parts)
    except KustomizeError as error:
        raise KustomizeError(f"{problem}: {error}") from error
    if not places:
        raise KustomizeError(problem)
    for place in places:
        _set(options, place, value)


def _set(options: Mapping[str, Any], place: Place, value: Any) -> None:
    target = peel(place.node)
    value = copied(value)
    text = text_of(value) if is_scalar(value) else ""
    delimiter = options.get("delimiter") or ""
    if delimiter:
        if not is_scalar(target):
            raise KustomizeError(_DELIMITER_ERROR)
        text = _joined(text_of(target), text, delimiter, options.get("index") or 0)
    if is_scalar(target):
        old = place.holder[place.key]
        new = _with_text(target, text)
        if old.__class__ is place.holder.__class__:
            raise KustomizeError("a replacement cannot be put here")
        if hasattr(old, "value"):
            old.value = new
        else:
            place.holder[place.key] = new
    else:
        place.holder[place.key] = value


def _joined(target: str, value: str, delimiter: str, index: int) -> str:
    parts = target.split(delimiter)
    if index < 0:
        parts.insert(0, value)
    elif index >= len(parts):
        parts.append(value)
    else:
        parts[index] = value
    return delimiter.join(parts)


def _into_text(item: Resource, value: Any, parts: list[str], options: Mapping[str, Any]) -> bool:
    """Set *value* inside a field that is a YAML or JSON text; False when the path leads into none."""
    for count in range(1, len(parts)):
        try:
            place = lookup(item.node, parts[:count])
        except KustomizeError:
            continue
        if place is None or not is_scalar(peel(place.node)):
            continue
        return _change_text(place, value, parts[count:], options)
    return False


def _change_text(place: Place, value: Any, path: list[str], options: Mapping[str, Any]) -> bool:
    from fairlead.engines.kustomize.structured import parse, rewrite

    text = text_of(place.node)
    create = kind_of(value) if options.get("create") else ""
    try:
        holder = [parse(text)]
        places = Matcher(create).find(Place(holder, 0), path)
        if not places or not text.strip():
            return False
        for inner in places:
            _set(options, inner, value)
        changed = rewrite(text, holder[0])
    except KustomizeError:
        return False
    put(place, _with_text(peel(place.node), changed))
    return True
