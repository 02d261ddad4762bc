"""Paths to fields that a definition names: ``.spec.names['a.b']``.

Source: k8s.io/apiextensions-apiserver v0.36 pkg/apiserver/schema/cel/validation.go, ValidFieldPath.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(r"'(?:[^'\\]|\\.)*'|[.\[\]]|[^.\[\]]+")

Raw = Mapping[str, Any]


def field_path_error(path: str, raw: Raw, *, brackets: bool = True) -> str:
    """What is wrong with *path* within the schema *raw*; empty when it leads to a field."""
    return resolve(path, raw, brackets=brackets)[0]


def resolve(path: str, raw: Raw, *, brackets: bool = True) -> tuple[str, list[str], Raw]:
    """What is wrong with *path*, its parts as far as they were read, and the schema they lead to."""
    tokens = _TOKEN.findall(path)
    parts: list[str] = []
    position = 0
    while position < len(tokens):
        sign = tokens[position]
        if sign == "[" and not brackets:
            return "array notation is not allowed", parts, raw
        if sign not in ("[", "."):
            return f"expected [ or . but got: {sign}", parts, raw
        problem, name, used = _name(tokens, position + 1, sign)
        if problem:
            return problem, parts, raw
        properties, additional = raw.get("properties"), raw.get("additionalProperties")
        found = (properties or {}).get(name) if properties else additional
        if not isinstance(found, Mapping):
            return "does not refer to a valid field", parts, raw
        parts.append(name)
        raw = found
        position += 1 + used
    return "", parts, raw


def _name(tokens: list[str], position: int, sign: str) -> tuple[str, str, int]:
    """What is wrong, or the name at *position* after *sign* and how many tokens it took."""
    if position >= len(tokens):
        return "unexpected end of JSON path", "", 0
    token = tokens[position]
    if sign == ".":
        return "", token, 1
    if len(token) < 2 or token[0] != "'" or token[-1] != "'":
        return f"expected single quoted string but got {token}", "", 0
    if position + 1 >= len(tokens):
        return "unexpected end of JSON path", "", 0
    if tokens[position + 1] != "]":
        return f"expected ] but got {tokens[position + 1]}", "", 0
    return "", re.sub(r"\\(.)", r"\1", token[1:-1]), 2
