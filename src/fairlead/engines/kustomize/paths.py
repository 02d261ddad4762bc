"""Field paths as replacements and vars write them: `spec.containers.[name=web].image`, `a.0.b`, `*`.

Source: kyaml v0.21.2 yaml/fns.go (PathGetter), yaml/match.go (PathMatcher), utils/pathsplitter.go.
"""

from __future__ import annotations

from fairlead.engines.kustomize.emit import render
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.fields import set_node, split_path
from fairlead.engines.kustomize.nodes import Scalar, is_null, is_scalar, new_key, peel, plain, text_of, wrong_kind
from fairlead.engines.kustomize.selector import search_pattern

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any
    from typing import NamedTuple as Record
else:
    from fairlead.base.records import Record

_DIGITS = frozenset("0123456789")
LIST, MAPPING, SCALAR = "list", "mapping", "scalar"


class Place(Record):
    """Where a node stands."""

    holder: Any
    key: Any

    @property
    def node(self) -> Any:
        return self.holder[self.key]


def smart_split(path: str) -> list[str]:
    """Split at dots, but not within brackets that hold a `=`."""
    parts = split_path(path, ".")
    result = []
    at = 0
    while at < len(parts):
        part = parts[at]
        if part.startswith("[") and not part.endswith("]"):
            bracketed = [part]
            while at < len(parts) - 1:
                at += 1
                bracketed.append(parts[at])
                if parts[at].endswith("]"):
                    break
            joined = ".".join(bracketed)
            result.append(joined if "=" in joined else joined.strip("[]"))
        else:
            result.append(part)
        at += 1
    return result


def is_index(part: str) -> bool:
    """Whether *part* is a number that counts elements."""
    return _is_number(part) and int(part) >= 0


def _is_number(part: str) -> bool:
    digits = part[1:] if part[:1] in ("-", "+") else part
    return bool(digits) and _DIGITS.issuperset(digits)


def _is_element(part: str) -> bool:
    return part.startswith("[") and part.endswith("]")


def _split_element(part: str) -> tuple[str, str]:
    name, separator, value = part.removesuffix("]").removeprefix("[").partition("=")
    if not separator:
        raise KustomizeError("list path element must contain fieldName=fieldValue for element to match")
    return name, value


def lookup(node: Any, path: list[str]) -> Place | None:
    """Return the place that *path* leads to, None when there is none. Raises: KustomizeError."""
    holder: list[Any] = [node]
    place = Place(holder, 0)
    for part in [part.strip() for part in path if part.strip()]:
        found = _step(peel(place.node), part)
        if found is None:
            return None
        place = found
    return place


def _step(node: Any, part: str) -> Place | None:
    if _is_number(part) or part == "-":
        if node.__class__ is not list:
            if is_null(node):
                return None
            raise wrong_kind("SequenceNode", node)
        index = len(node) - 1 if part == "-" else int(part)
        if index < 0 and part != "-":
            raise KustomizeError(f"array index {index} cannot be negative")
        return Place(node, index) if 0 <= index < len(node) else None
    if part == "*":
        raise KustomizeError("wildcard is not supported in PathGetter")
    if _is_element(part):
        name, value = _split_element(part)
        if node.__class__ is not list:
            if is_null(node):
                return None
            raise wrong_kind("SequenceNode", node)
        for at, item in enumerate(node):
            if not name and text_of(item) == value:
                return Place(node, at)
            if name and item.__class__ is dict and name in item and text_of(item[name]) == value:
                return Place(node, at)
        return None
    if is_null(node):
        return None
    if node.__class__ is not dict:
        raise wrong_kind("MappingNode", node)
    return Place(node, part) if part in node else None


class Matcher:
    """Find all the places a path with patterns leads to, making them where asked."""

    def __init__(self, create: str) -> None:
        self._create = create

    def find(self, place: Place, path: list[str]) -> list[Place]:
        """Return the places below *place*. Raises: KustomizeError."""
        if not path:
            return [place]
        node, part = peel(place.node), path[0]
        if is_index(part):
            return self._index(node, path)
        if _is_element(part):
            return self._elements(node, path)
        if part == "*":
            _demand_list(node)
            return [found for at in range(len(node or ())) for found in self.find(Place(node, at), path[1:])]
        return self._field(place, node, path)

    def _field(self, place: Place, node: Any, path: list[str]) -> list[Place]:
        name = path[0]
        if not is_null(node) and node.__class__ is not dict:
            raise wrong_kind("MappingNode", node)
        found = None if is_null(node) else node.get(name)
        if found is None:
            if not self._create:
                return []
            made = _empty(_kind_for(path[1] if len(path) > 1 else "", self._create))
            if is_null(node):
                return self.find(Place([made], 0), path[1:])  # upstream puts it below a scalar, where nobody sees it
            node[new_key(name)] = made
            found = made
        if is_scalar(found) and len(path) > 1:
            return self._inside_text(found, path[1:])
        return self.find(Place(node, name), path[1:])

    def _inside_text(self, found: Any, path: list[str]) -> list[Place]:
        from fairlead.engines.kustomize.structured import parse

        tree = parse(text_of(found))
        if tree is None:
            raise KustomizeError("wrong node kind: there is nothing in this text")
        return Matcher(self._create).find(Place([tree], 0), path)

    def _index(self, node: Any, path: list[str]) -> list[Place]:
        at = int(path[0])
        _demand_list(node)
        count = len(node) if node.__class__ is list else 0
        if count == at and self._create:
            made = _empty(_kind_for(path[1] if len(path) > 1 else "", self._create))
            if node.__class__ is not list:
                return self.find(Place([made], 0), path[1:])  # as in `_field`
            node.append(made)
            count += 1
        if count < at + 1:
            raise KustomizeError(f"index {at} specified but only {count} elements found")
        return self.find(Place(node, at), path[1:])

    def _elements(self, node: Any, path: list[str]) -> list[Place]:
        name, pattern = _split_element(path[0])
        _demand_list(node)
        found = self._matching(node, name, pattern, path)
        if found or not self._create:
            return found
        node.append({name: plain(pattern)} if name else plain(pattern))
        return self._matching(node, name, pattern, path)

    def _matching(self, node: Any, name: str, pattern: str, path: list[str]) -> list[Place]:
        found: list[Place] = []
        test = search_pattern(pattern)
        for at, item in enumerate(node or ()):
            if not name:
                if test(render(item).strip()):
                    found.append(Place(node, at))
                continue
            if item.__class__ is dict and item.get(name) is not None and test(render(item[name]).strip()):
                found += self.find(Place(node, at), path[1:])
        return found


def _demand_list(node: Any) -> None:
    if not is_null(node) and node.__class__ is not list:
        raise wrong_kind("SequenceNode", node)


def _kind_for(following: str, last: str) -> str:
    if _is_element(following) or is_index(following):
        return LIST
    return MAPPING if following else last


def _empty(kind: str) -> Any:
    if kind == LIST:
        return []
    return {} if kind == MAPPING else Scalar("", "")


def kind_of(node: Any) -> str:
    """Return what kind of node *node* is."""
    node = peel(node)
    if node.__class__ is dict:
        return MAPPING
    return LIST if node.__class__ is list else SCALAR


def put(place: Place, node: Any) -> None:
    """Replace what stands at *place*."""
    if place.holder.__class__ is dict:
        set_node(place.holder, place.key, node)
    else:
        place.holder[place.key] = node
