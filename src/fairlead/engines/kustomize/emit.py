"""Nodes as text, for messages and for patterns that are matched against it."""

from __future__ import annotations

from fairlead.base import yaml as goyaml
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.nodes import Quoted, is_scalar, peel, text_of, to_value

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any


def render(node: Any) -> str:
    """Return *node* as YAML that ends in a newline; a scalar with the text it has in its file."""
    node = peel(node)
    if is_scalar(node):
        text = text_of(node)
        return f'"{text}"\n' if isinstance(node, Quoted) and "\n" not in text else f"{text}\n"
    try:
        return goyaml.dump(to_value(node))
    except (KustomizeError, goyaml.YamlError) as error:
        return f"({error})\n"
