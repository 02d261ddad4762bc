"""A document as a tree that knows how it was written.

Source: go.yaml.in/yaml v3.0.5 (Node), kyaml v0.21.2 yaml/kfns.go (annotations).
"""

from __future__ import annotations

from fairlead.engines.kustomize.nodes import NULL, STR, tag_of

DOCUMENT, MAPPING, SEQUENCE, SCALAR, ALIAS = "document", "mapping", "sequence", "scalar", "alias"
PLAIN, SINGLE, DOUBLE, LITERAL, FOLDED = "", "'", '"', "|", ">"


class Node:
    """One value: *content* are the items of a list, or keys and values in turn; *value* the text of a scalar."""

    __slots__ = ("anchor", "content", "flow", "foot", "head", "kind", "line", "style", "tag", "value")

    def __init__(self, kind: str, value: str = "", style: str = PLAIN) -> None:
        self.kind = kind
        self.value = value
        self.style = style
        self.tag = ""  # as it was written; "" for none
        self.anchor = ""
        self.flow = False
        self.content: list[Node] = []
        self.head = self.line = self.foot = ""  # comments


def body(node: Node) -> Node:
    """Return what a document holds; any other node as it is."""
    return node.content[0] if node.kind == DOCUMENT else node


def is_null(node: Node) -> bool:
    """Whether *node* is null."""
    node = body(node)
    if node.kind != SCALAR:
        return False
    return (node.tag or (tag_of(node.value) if node.style == PLAIN else STR)) == NULL


def is_empty(node: Node | None) -> bool:
    """Whether *node* is missing, null or a container with nothing in it."""
    return node is None or is_null(node) or (node.kind in (MAPPING, SEQUENCE) and not node.content)


def get(node: Node, name: str) -> Node | None:
    """Return the value of the field *name*, None when there is none."""
    node = body(node)
    if node.kind == MAPPING:
        for at in range(0, len(node.content), 2):
            if node.content[at].value == name:
                return node.content[at + 1]
    return None


def clear(node: Node, name: str) -> None:
    """Remove the field *name*."""
    node = body(node)
    for at in range(0, len(node.content), 2):
        if node.content[at].value == name:
            del node.content[at : at + 2]
            return


def _put(node: Node, name: str, value: Node) -> Node:
    node = body(node)
    node.content += (Node(SCALAR, name), value)
    return value


def annotation(node: Node, name: str) -> str:
    """Return the annotation *name*, "" when it is not there."""
    metadata = get(node, "metadata")
    found = get(metadata, "annotations") if metadata else None
    value = get(found, name) if found else None
    return value.value if value else ""


def set_annotation(node: Node, name: str, value: str) -> None:
    """Set an annotation in single quotes; one that is there keeps its style."""
    clear_empty_annotations(node)
    metadata = get(node, "metadata") or _put(node, "metadata", Node(MAPPING))
    annotations = get(metadata, "annotations") or _put(metadata, "annotations", Node(MAPPING))
    old = get(annotations, name)
    if old is None:
        _put(annotations, name, Node(SCALAR, value, SINGLE))
    else:
        old.value = value
        old.head = old.line = old.foot = ""


def clear_annotation(node: Node, name: str) -> None:
    """Remove an annotation; what held it stays, even when it is empty."""
    metadata = get(node, "metadata")
    annotations = get(metadata, "annotations") if metadata else None
    if annotations:
        clear(annotations, name)


def clear_empty_annotations(node: Node) -> None:
    """Remove annotations, and metadata, that hold nothing."""
    metadata = get(node, "metadata")
    if metadata is None:
        return
    annotations = get(metadata, "annotations")
    if annotations is not None and is_empty(annotations):
        clear(metadata, "annotations")
    if is_empty(metadata):
        clear(node, "metadata")
