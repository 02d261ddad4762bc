"""Vars: `$(NAME)` in known fields, replaced by a field of an object. Deprecated upstream, still met.

Source: kustomize api v0.21.2 types/var.go, internal/accumulator/refvartransformer.go, filters/refvar.
"""

from __future__ import annotations

from fairlead.base.yaml.resolve import float64_text
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.fields import FieldSpec, visit
from fairlead.engines.kustomize.nodes import (
    BOOL,
    FLOAT,
    INT,
    Quoted,
    Scalar,
    assign,
    is_null,
    is_scalar,
    is_text,
    peel,
    text_of,
    to_value,
)
from fairlead.engines.kustomize.paths import lookup, smart_split
from fairlead.engines.kustomize.resmap import ResMap
from fairlead.engines.kustomize.resource import Id, Resource, parse_api_version

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    Variables = dict[str, Mapping[str, Any]]


DEFAULT_PATH = "metadata.name"


def target_id(variable: Mapping[str, Any]) -> Id:
    """Return the id of the object that *variable* takes its value from."""
    target = variable.get("objref") or {}
    group, version = target.get("group") or "", target.get("version") or ""
    if target.get("apiVersion"):
        own_group, version = parse_api_version(target["apiVersion"])
        group = own_group or group
    return Id(group, version, target.get("kind") or "", target.get("name") or "", target.get("namespace") or "")


def declare(items: ResMap, known: Variables, variables: Iterable[Mapping[str, Any]]) -> None:
    """Add *variables* to *known* and note them on the objects they take values from. Raises: KustomizeError."""
    variables = list(variables)
    for variable in variables:
        wanted = target_id(variable)
        if wanted.namespace or wanted.is_cluster_scoped:
            found = items.matching(wanted)
        else:
            found = items.matching(wanted, lambda one, other: one[:4] == other[:4])
        if len(found) > 1:
            raise KustomizeError(
                f"found {len(found)} resId matches for var {_shown(variable, default='')} (unable to disambiguate)"
            )
        for item in found:
            item.variables.append(variable.get("name") or "")
    merge(known, {}, variables)


def merge(known: Variables, more: Variables, listed: Sequence[Mapping[str, Any]] = ()) -> None:
    """Add variables to *known*. Raises: KustomizeError when a name is taken."""
    for variable in (*more.values(), *listed):
        name = variable.get("name") or ""
        if name in known:
            raise KustomizeError(f"var '{name}' already encountered")
        known[name] = variable


def _shown(variable: Mapping[str, Any], default: str = DEFAULT_PATH) -> str:
    return f"{{{variable.get('name')} {target_id(variable).gvk_text()} {{{_path(variable, default)}}}}}"


def listed_text(variables: Iterable[Mapping[str, Any]]) -> str:
    """Return *variables* as upstream's errors list them: before their `apiVersion` is read."""
    plain = [{**known, "objref": {**(known.get("objref") or {}), "apiVersion": ""}} for known in variables]
    return f"[{' '.join(_shown(known, default='') for known in plain)}]"


def _path(variable: Mapping[str, Any], default: str = DEFAULT_PATH) -> str:
    return (variable.get("fieldref") or {}).get("fieldPath") or default


def resolve(items: ResMap, variables: Variables, specs: Iterable[FieldSpec]) -> list[str]:
    """Replace the variables in the fields of *specs*; return those that nobody uses. Raises: KustomizeError."""
    if not variables:
        return []
    owners: dict[str, Resource] = {}
    for item in items:
        for name in item.variables:
            owners.setdefault(name, item)
    values = {name: _value(variables[name], owners) for name in sorted(variables)}
    used: set[str] = set()

    def lookup_value(name: str) -> Any:
        if name not in values or isinstance(values[name], (dict, list)) or values[name] is None:
            return f"$({name})"
        used.add(name)
        return values[name]

    setter = _setter(lookup_value)
    specs = tuple(specs)
    for item in items:
        now = item.current_id()
        for spec in specs:
            if spec.selects(now.group, now.version, now.kind):
                visit(item.node, spec, setter)
    return sorted(values.keys() - used)


def _value(variable: Mapping[str, Any], owners: Mapping[str, Resource]) -> Any:
    name = variable.get("name") or ""
    owner = owners.get(name)
    if owner is None:
        raise KustomizeError(f"var '{_shown(variable)}' cannot be mapped to a field in the set of known resources")
    path = []
    for part in smart_split(_path(variable)):
        before, bracket, index = part.removesuffix("]").rpartition("[")
        if part.endswith("]") and bracket and index.isdecimal():
            path += [before, index] if before else [index]
        else:
            path.append(part)
    try:
        place = lookup(owner.node, path)
    except KustomizeError:
        place = None
    if place is None:
        raise KustomizeError(f"field specified in var '{_shown(variable)}' not found in corresponding resource")
    node = peel(place.node)
    if not is_scalar(node):
        return to_value(node)
    if isinstance(node, str):
        return str(node)
    if node.tag in (INT, FLOAT, BOOL):
        return to_value(node)
    return node.text


def _setter(mapping: Callable[[str], Any]) -> Callable[[Any, Any], None]:
    def change(holder: Any, key: Any) -> None:
        assign(holder, key, _node_of(_expand(text_of(holder[key]), mapping)))

    def set_field(holder: Any, key: Any) -> None:
        node = peel(holder[key])
        if is_null(node):
            return
        if node.__class__ is dict:
            for name in node:
                if type(name) is not str and not isinstance(name, Quoted):
                    raise KustomizeError(f"invalid map key: value='{name}', tag='!!int'")
                if is_text(node[name]):
                    change(node, name)
        elif node.__class__ is list:
            for at, item in enumerate(node):
                if not is_text(item):
                    raise KustomizeError("invalid value type expect a string")
                change(node, at)
        elif is_text(node):
            change(holder, key)

    return set_field


def _node_of(value: Any) -> Any:
    if isinstance(value, bool):
        return Scalar("true" if value else "false", BOOL)
    if isinstance(value, int):
        return Scalar(str(value), INT)
    if isinstance(value, float):
        return Scalar(_fixed(value), FLOAT)
    return value


def _fixed(value: float) -> str:
    text = format(value, "f").rstrip("0").rstrip(".")
    return text if float(text) == value else repr(value)


def _expand(text: str, mapping: Callable[[str], Any]) -> Any:
    if "$" not in text:
        return str(text)
    parts: list[str] = []
    at = start = 0
    while at < len(text):
        if text[at] != "$" or at + 1 >= len(text):
            at += 1
            continue
        parts.append(text[start:at])
        following = text[at + 1]
        end = text.find(")", at + 2) if following == "(" else -1
        if following == "(" and end >= 0:
            name = text[at + 2 : end]
            value = mapping(name)
            if text == f"$({name})":
                return value
            parts.append(_printed(value))
            at = end + 1
        elif following == "$":
            parts.append("$")
            at += 2
        else:
            parts.append(f"${following}")
            at += 2
        start = at
    return "".join(parts) + text[start:]


def _printed(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return float64_text(value) if isinstance(value, float) else str(value)
