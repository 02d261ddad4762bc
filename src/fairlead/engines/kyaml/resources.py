"""Streams of resources in and out.

Source: kyaml v0.21.2 kio/byteio_reader.go, byteio_writer.go (ParseAll, StringAll).
"""

from __future__ import annotations

from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.reader import split_documents
from fairlead.engines.kyaml.nodes import (
    MAPPING,
    Node,
    body,
    clear_annotation,
    clear_empty_annotations,
    get,
    is_null,
    set_annotation,
)
from fairlead.engines.kyaml.read import read_document
from fairlead.engines.kyaml.write import write_documents

INDEX = "internal.config.kubernetes.io/index"
LEGACY_INDEX = "config.kubernetes.io/index"
SEQUENCE_INDENT = "internal.config.kubernetes.io/seqindent"


def parse_all(text: str) -> list[Node]:
    """Return the resources of *text*; those in a List that stands alone one by one. Raises: KustomizeError."""
    parts = [part for part, _ in split_documents(text.replace("\r\n", "\n"))] if text else []
    found: list[Node] = []
    count = 0
    for part in parts:
        node = read_document(part)
        if node is None or is_null(node):
            continue
        root = body(node)
        if root.kind != MAPPING:
            raise KustomizeError(
                f"wrong node kind: expected MappingNode but got {root.kind.capitalize()}Node: "
                f"node contents:\n{write_documents([root])}"
            )
        for name in (LEGACY_INDEX, INDEX):
            set_annotation(node, name, str(count))
        kind, items = get(node, "kind"), get(node, "items")
        listed = kind is not None and kind.value in ("List", "ResourceList")
        if len(parts) == 1 and listed and (items or get(node, "functionConfig")):
            found += items.content if items else ()
            continue
        found.append(node)
        count += 1
    return found


def string_all(nodes: list[Node]) -> str:
    """Return *nodes* as one stream, without the annotations of reading them. Raises: KustomizeError."""
    for node in nodes:
        for name in (INDEX, LEGACY_INDEX, SEQUENCE_INDENT):
            clear_annotation(node, name)
        clear_empty_annotations(node)
    try:
        return write_documents(nodes)
    except RecursionError as error:
        raise KustomizeError("yaml: nested too deep to write") from error
