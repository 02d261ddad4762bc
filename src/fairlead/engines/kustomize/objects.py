"""Objects in YAML files: what kustomize takes from a resource file, a patch or a plugin's configuration.

Source: kustomize api v0.21.2 resource/factory.go; kyaml v0.21.2 kio/byteio_reader.go, yaml/rnode.go.
"""

from __future__ import annotations

from fairlead.base import yaml as goyaml
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.nodes import copied, is_empty, is_null, text_of, to_value
from fairlead.engines.kustomize.reader import Document, MalformedYamlError, read_documents
from fairlead.engines.kustomize.resource import INTERNAL, UNEQUAL_HISTORY, Resource, Source

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any

_CACHE_BYTES = 64 * 1024 * 1024
_cache: dict[bytes, list[Document] | None] = {}
_cached_bytes = 0


def objects_in(data: bytes, path: str, *, role: str = "base", keep_faults: bool = False) -> list[Resource]:
    """Return the objects in *data*, the content of the file *path*, with lists opened.

    *keep_faults* lets a key that stands twice pass: the first counts. Raises: KustomizeError.
    """
    try:
        documents = _documents(data)
    except MalformedYamlError as error:
        raise MalformedYamlError(f"{error} in File: {path}") from error
    nodes: list[Document] = []
    for document in documents:
        if document.fault and not keep_faults:
            raise KustomizeError(f"{path}: yaml: unmarshal errors: {document.fault}")
        nodes += _unwrapped(document, len(documents))
    found: list[Resource] = []
    queue = [document for document in nodes if _is_good(document.node, path)]
    at = 0
    while at < len(queue):
        document = queue[at]
        at += 1
        node = document.node
        if text_of(node.get("kind")).endswith("List") and "items" in node:
            queue += _inlined(document, path)
            continue
        resource = Resource(node)
        resource.sources.append(Source(role, path, document.line))
        _adopt_history(resource)
        found.append(resource)
    return found


def _documents(data: bytes) -> list[Document]:
    """Return fresh nodes of *data*. What is read a second time is kept, and copied from then on."""
    global _cached_bytes
    known = _cache.get(data)
    if known is None:
        fresh = read_documents(data)
        if data not in _cache:
            if _cached_bytes + len(data) > _CACHE_BYTES:
                _cache.clear()
                _cached_bytes = 0
            _cache[data] = None
            _cached_bytes += len(data)
            return fresh
        known = _cache[data] = fresh
    return [Document(copied(document.node), document.line, document.fault) for document in known]


def _unwrapped(document: Document, count: int) -> list[Document]:
    node = document.node
    if (
        count == 1
        and node.__class__ is dict
        and text_of(node.get("kind")) in ("List", "ResourceList")
        and ("items" in node or "functionConfig" in node)
    ):
        items = node.get("items")
        if items.__class__ is list:
            return [Document(item, document.line, "") for item in items]
        return []
    return [document]


def _is_good(node: Any, path: str) -> bool:
    if is_empty(node):
        return False
    problem = fault_of(node)
    if problem:
        raise KustomizeError(f"{path}: {problem}")
    return True


def fault_of(node: Any) -> str:
    """Return what an object lacks to be one: a kind or a name; "" when it lacks nothing."""
    if node.__class__ is not dict:
        return "missing Resource metadata"
    kind = text_of(node.get("kind"))
    if not kind:
        return f"missing kind in object {_meta(node)}"
    if kind.endswith("List"):
        return ""
    metadata = node.get("metadata")
    name = metadata.get("name") if metadata.__class__ is dict else None
    if is_null(name) or not text_of(name):
        return f"missing metadata.name in object {_meta(node)}"
    return ""


def _meta(node: Any) -> str:
    metadata = node.get("metadata")
    metadata = metadata if metadata.__class__ is dict else {}
    marks = []
    for part in ("labels", "annotations"):
        values = metadata.get(part)
        pairs = sorted(values.items()) if values.__class__ is dict else ()
        marks.append(f"map[{' '.join(f'{key}:{text_of(value)}' for key, value in pairs)}]")
    name, namespace = text_of(metadata.get("name")), text_of(metadata.get("namespace"))
    version, kind = text_of(node.get("apiVersion")), text_of(node.get("kind"))
    return f"{{{{{version} {kind}}} {{{{{name} {namespace}}} {marks[0]} {marks[1]}}}}}"


def _inlined(document: Document, path: str) -> list[Document]:
    """Return the objects of a list that stands among others, as they look after a way through JSON."""
    items = document.node["items"]
    if is_null(items):
        return []
    if items.__class__ is not list:
        raise KustomizeError(f"expected array in {text_of(document.node.get('kind'))}/items in {path}")
    found = []
    for item in items:
        text = goyaml.dump(to_value(item)).encode()
        for inner in read_documents(text):
            if _is_good(inner.node, path):
                found.append(Document(inner.node, document.line, ""))
    return found


def _adopt_history(resource: Resource) -> None:
    """Take over what kustomize's own annotations in a file say."""
    metadata = resource.node.get("metadata")
    annotations = metadata.get("annotations") if metadata.__class__ is dict else None
    if annotations.__class__ is not dict:
        return
    for key in annotations:
        if key.startswith(INTERNAL):
            break
    else:
        return
    values = resource.strings("annotations")
    resource.needs_hash = values.get(f"{INTERNAL}needsHashSuffix") == "enabled"
    resource.behavior = values.get(f"{INTERNAL}generatorBehavior", "")
    resource.allow_name_change = values.get(f"{INTERNAL}allowNameChange") == "enabled"
    resource.allow_kind_change = values.get(f"{INTERNAL}allowKindChange") == "enabled"
    names, namespaces, kinds = (
        values.get(f"{INTERNAL}{part}", "").split(",")
        for part in ("previousNames", "previousNamespaces", "previousKinds")
    )
    if f"{INTERNAL}previousNames" in values:
        if not len(names) == len(namespaces) == len(kinds):
            raise KustomizeError(UNEQUAL_HISTORY)
        resource.previous = list(zip(names, namespaces, kinds, strict=True))
    if f"{INTERNAL}prefixes" in values:
        resource.prefixes = values[f"{INTERNAL}prefixes"].split(",")
    if f"{INTERNAL}suffixes" in values:
        resource.suffixes = values[f"{INTERNAL}suffixes"].split(",")
