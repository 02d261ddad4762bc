"""Values inside a field that is itself a YAML or JSON text, as replacements may change them.

Source: kustomize api v0.21.2 filters/replacement/replacement.go (setValueInStructuredData).
"""

from __future__ import annotations

import yaml
from yaml.error import YAMLError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from fairlead.base import gojson
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.nodes import NULL, STR, Scalar, tag_of, text_of, to_value
from fairlead.engines.kustomize.reader import read_one

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any

_WIDTH = 2**31 - 1
_TAG = "tag:yaml.org,2002:"


def parse(text: str) -> Any:
    """Return the nodes of *text*. Raises: KustomizeError."""
    document = read_one(text)
    return None if document is None else document.node


def rewrite(text: str, tree: Any) -> str:
    """Return *text* with what *tree*, its changed nodes, hold. Raises: KustomizeError."""
    first = text.strip()[:1]
    if first in ("{", "["):
        return _as_json(text, tree)
    return _as_yaml(text, tree)


def _as_json(text: str, tree: Any) -> str:
    value = to_value(_in_flow(tree))
    if "\n" in text and "  " in text:
        return gojson.dumps_indent(value, "  ").decode()
    return gojson.dumps_text(value)


def _in_flow(node: Any) -> Any:
    """Return *node* as it is read again from between braces, where nothing is an empty text.

    Raises: KustomizeError where a replacement put a word in the place of a null, which stays a null by its tag.
    """
    if node.__class__ is dict:
        return {key: _in_flow(item) for key, item in node.items()}
    if node.__class__ is list:
        return [_in_flow(item) for item in node]
    if node.__class__ is not Scalar:
        return node
    if not node.text and node.tag in ("", NULL):
        return ""
    if node.tag == NULL and tag_of(node.text) != NULL:
        raise KustomizeError(f"yaml: cannot decode {tag_of(node.text)} `{node.text}` as a {NULL}")
    return node


def _as_yaml(text: str, tree: Any) -> str:
    try:
        root: Any = yaml.compose(text, Loader=yaml.CSafeLoader)
    except YAMLError as error:
        raise KustomizeError(f"failed to serialize YAML data: {error}") from error
    if root is None:
        return ""
    changed = _follow(root, tree)
    written: str = yaml.serialize(
        changed, Dumper=yaml.CSafeDumper, width=_WIDTH, indent=2, allow_unicode=True, encoding=None
    )
    written = written.removesuffix("...\n").strip()
    if "#" not in text:
        return written
    from fairlead.engines.kustomize.comments import keep_comments

    return keep_comments(text, written).strip()


def _follow(old: Node | None, node: Any) -> Node:
    """Return the written node of *node*, with the styles of *old*."""
    if node.__class__ is dict:
        if not isinstance(old, MappingNode):
            pairs = [(_scalar(None, key), _follow(None, item)) for key, item in node.items()]
            return MappingNode(f"{_TAG}map", pairs, flow_style=not pairs)
        known = {key.value: (key, item) for key, item in old.value}
        old.value = [
            (known[key][0], _follow(known[key][1], item)) if key in known else (_scalar(None, key), _follow(None, item))
            for key, item in node.items()
        ]
        return old
    if node.__class__ is list:
        if not isinstance(old, SequenceNode):
            return SequenceNode(f"{_TAG}seq", [_follow(None, item) for item in node], flow_style=not node)
        before = old.value
        old.value = [_follow(before[at] if at < len(before) else None, item) for at, item in enumerate(node)]
        return old
    if isinstance(old, ScalarNode) and old.value == text_of(node):
        return old
    return _scalar(old if isinstance(old, ScalarNode) else None, node)


def _scalar(old: ScalarNode | None, node: Any) -> ScalarNode:
    text = text_of(node)
    style = (old.style or None) if old is not None else None  # the C reader has "" for unquoted ones
    if isinstance(node, Scalar) and node.tag.startswith("!!") and tag_of(text) != node.tag:
        return ScalarNode(_TAG + node.tag[2:], text, style=style or ("|" if "\n" in text else None))
    if style is None and "\n" in text:
        style = "|"
    elif style is None and isinstance(node, str) and tag_of(text) != STR:
        style = '"'
    return ScalarNode(f"{_TAG}str" if style else _plain_tag(text), text, style=style)


def _plain_tag(text: str) -> str:
    """Return the tag that PyYAML gives an unquoted word, so that none is written."""
    if not text:
        return f"{_TAG}null"
    try:
        composed: Any = yaml.compose(f"- {text}\n", Loader=yaml.CSafeLoader)
    except YAMLError:
        return f"{_TAG}str"
    item = composed.value[0] if isinstance(composed, SequenceNode) and len(composed.value) == 1 else None
    if not isinstance(item, ScalarNode) or item.value != text:
        return f"{_TAG}str"
    return str(item.tag)
