"""Find the fields that a field spec names, and set them.

Source: kustomize api v0.21.2 filters/fieldspec/fieldspec.go, filters/filtersutil/setters.go;
kyaml v0.21.2 yaml/fns.go (FieldSetter, PathGetter), utils/pathsplitter.go.
"""

from __future__ import annotations

from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.nodes import (
    INT,
    Cell,
    Quoted,
    Scalar,
    assign,
    fresh,
    is_null,
    is_scalar,
    new_key,
    peel,
    put_node,
    put_string,
    put_text,
    wrong_kind,
)

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any
    from typing import NamedTuple as Record

    Setter = Callable[[Any, Any], None]
else:
    from fairlead.base.records import Record

MAPPING, SCALAR = "mapping", "scalar"
_NEW = Scalar("", "")


class FieldSpec(Record):
    """Where a transformer works: a path in the objects of some kinds ("" is any)."""

    path: str
    group: str = ""
    version: str = ""
    kind: str = ""
    create: bool = False

    def selects(self, group: str, version: str, kind: str) -> bool:
        """Whether objects of this type are meant."""
        return (
            (not self.kind or self.kind == kind)
            and (not self.group or self.group == group)
            and (not self.version or self.version == version)
        )


_CACHE_LIMIT = 4096
_paths: dict[tuple[str, str], tuple[str, ...]] = {}


def split_path(path: str, delimiter: str = "/") -> tuple[str, ...]:
    """Split at *delimiter*; a backslash keeps it."""
    known = _paths.get((path, delimiter))
    if known is None:
        if len(_paths) >= _CACHE_LIMIT:
            _paths.clear()
        known = _paths[path, delimiter] = _split_path(path, delimiter)
    return known


def _split_path(path: str, delimiter: str) -> tuple[str, ...]:
    parts = path.split(delimiter)
    if len(parts) > 1 and not parts[0]:
        parts = parts[1:]
    result = [parts[0]]
    for part in parts[1:]:
        if result[-1].endswith("\\"):
            result[-1] = result[-1].removesuffix("\\") + delimiter + part
        else:
            result.append(part)
    return tuple(result)


def visit(obj: Any, spec: FieldSpec, setter: Setter, create_kind: str = "") -> None:
    """Call *setter* with the container and the key of each field that *spec* names in *obj*.

    *create_kind* is what a missing field becomes where the spec asks for it. Raises: KustomizeError.
    """
    path = split_path(spec.path)
    try:
        _walk(obj, None, None, path, 0, spec.create and create_kind, setter)
    except KustomizeError as error:
        raise KustomizeError(f"considering field '{spec.path}' of object {identify(obj)}: {error}") from error


def identify(obj: Any) -> str:
    """Return the id of *obj* as kustomize's errors have it."""
    from fairlead.engines.kustomize.resource import Resource

    return str(Resource(obj).current_id())


def _walk(node: Any, holder: Any, key: Any, path: tuple[str, ...], at: int, create: str | bool, setter: Setter) -> None:
    if at == len(path):
        setter(holder, key)
        return
    if node.__class__ is list:
        try:
            for index in range(len(node)):
                _walk(node[index], node, index, path, at, create, setter)
        except KustomizeError as error:
            raise KustomizeError(f"visit traversal on path: [{' '.join(path[at:])}]: {error}") from error
        return
    if node.__class__ is not dict:
        if is_null(node):
            return
        raise KustomizeError("expected sequence or mapping node")
    name = path[at]
    is_sequence = name.endswith("[]")
    name = name.removesuffix("[]")
    if not name:
        raise KustomizeError("cannot set or create an empty field name")
    if name == "*":
        raise KustomizeError("fieldName: *: wildcard is not supported in PathGetter")
    found = node.get(name)
    if is_sequence or not create:
        if found is None:
            return
        if is_sequence and is_null(found):
            found = node[name] = []
    elif found is None or is_null(found):
        last = at + 1 == len(path)
        found = _NEW if last and create == SCALAR else {}
        node[name if name in node else new_key(name)] = found
    _walk(found, node, name, path, at + 1, create, setter)


# Setters.


def text_setter(change: Callable[[str], str]) -> Setter:
    """Return a setter that changes a scalar's text; unquoted, it is read anew."""

    def set_field(holder: Any, key: Any) -> None:
        old = peel(holder[key])
        if not is_scalar(old):
            raise wrong_kind("ScalarNode", old)
        assign(holder, key, put_text(old, change(old if isinstance(old, str) else old.text)))

    return set_field


def string_setter(text: str) -> Setter:
    """Return a setter that makes a scalar the string *text*."""

    def set_field(holder: Any, key: Any) -> None:
        old = holder[key]
        if not is_scalar(old):
            raise wrong_kind("ScalarNode", old)
        assign(holder, key, put_string(old, text))

    return set_field


def number_setter(number: int) -> Setter:
    """Return a setter that makes a scalar an integer, or its text where quotes were."""
    text = str(number)

    def set_field(holder: Any, key: Any) -> None:
        old = holder[key]
        if not is_scalar(old):
            raise wrong_kind("ScalarNode", old)
        assign(holder, key, Quoted(text) if isinstance(peel(old), Quoted) else Scalar(text, INT))

    return set_field


def entry_setter(name: str, text: str) -> Setter:
    """Return a setter that puts an entry into a mapping.

    All entries that one such setter adds are the same cell: see `nodes.Cell`.
    """
    cell: list[Cell] = []

    def set_field(holder: Any, key: Any) -> None:
        mapping = holder[key]
        if mapping.__class__ is not dict:
            raise wrong_kind("MappingNode", mapping)
        old = mapping.get(name)
        if old is not None:
            assign(mapping, name, put_string(old, text))
            return
        if not cell:
            cell.append(Cell(fresh(text)))
        mapping[new_key(name)] = cell[0]

    return set_field


def set_field(mapping: dict[str, Any], name: str, text: str) -> None:
    """Set a field of *mapping* to *text* without a tag, as kyaml's NewScalarRNode gives it."""
    old = mapping.get(name)
    if old is None:
        mapping[name] = put_text(None, text)
    else:
        assign(mapping, name, put_text(old, text))


def set_node(mapping: dict[str, Any], name: str, node: Any) -> None:
    """Set a field of *mapping* to *node*, which keeps the quotes of what it replaces; null takes it out."""
    old = mapping.get(name)
    if is_null(node):
        mapping.pop(name, None)
    elif old is None:
        mapping[new_key(name)] = fresh(node)
    else:
        assign(mapping, name, put_node(old, node))
