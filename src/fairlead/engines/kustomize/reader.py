"""From YAML text to nodes, the way kyaml reads resources.

Source: kyaml v0.21.2 kio/byteio_reader.go (splitDocuments, Read).
Ways it would surprise a reader:

- A line that begins with `---` ends a document; only what follows up to the next one's end is read, so text after
  `...` is skipped, and `--- # note` is fine where `--- text` is an error.
- Plain documents are read by `base.yaml.quick`, all others by `composer`.
"""

from __future__ import annotations

from fairlead.base.yaml.quick import quick_documents
from fairlead.base.yaml.quick_scalars import Rules, Unsure
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.nodes import Folded, Key, Quoted, is_null, plain

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any
    from typing import NamedTuple as Record
else:
    from fairlead.base.records import Record


class Document(Record):
    """One document: its node, the line it begins on, and what is wrong with it for whoever prints it."""

    node: Any
    line: int
    fault: str


class MalformedYamlError(KustomizeError):
    """Text that is not YAML."""


def _key(text: str, quoted: bool) -> Any:
    if quoted:
        return Quoted(text)
    return text if plain(text).__class__ is str else Key(text)


_RULES = Rules(plain, Quoted, Folded, _key)


def read_documents(text: bytes) -> list[Document]:
    """Return the documents of *text* that are not null. Raises: MalformedYamlError."""
    try:
        content = text.decode()
    except UnicodeDecodeError as error:
        if b"\x00" not in text[:4] and text[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            raise MalformedYamlError(
                f"MalformedYAMLError: yaml: invalid leading UTF-8 octet: {error.reason}"
            ) from error
        content = text.decode("utf-16", "replace")
    if "\r\n" in content:
        content = content.replace("\r\n", "\n")
    documents = []
    for part, line in split_documents(content):
        document = read_one(part, line)
        if document is not None and not is_null(document.node):
            documents.append(document)
    return documents


def split_documents(text: str) -> Iterator[tuple[str, int]]:
    """Yield each document of *text* and the line it begins on. Raises: KustomizeError."""
    start, line = 0, 1
    at = text.find("\n---")
    while at >= 0:
        end = text.find("\n", at + 1)
        if end < 0:
            break
        rest = text[at + 4 : end].strip()
        if rest and not rest.startswith("#"):
            raise KustomizeError(f"invalid document separator: {text[at:end].strip()}")
        yield text[start:at] + "\n", line
        line += text.count("\n", start, end + 1)
        start = end + 1
        at = text.find("\n---", start)
    yield text[start:], line


def read_one(text: str, line: int = 1) -> Document | None:
    """Return the first document of *text*, None when there is none. Raises: MalformedYamlError."""
    if not text.strip():
        return None
    try:
        for node, _, at in quick_documents(text, _RULES):
            return Document(node, line + at, "")
        return None
    except (Unsure, RecursionError):
        from fairlead.engines.kustomize.composer import compose_one

    return compose_one(text, line)
