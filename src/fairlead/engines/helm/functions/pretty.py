"""toYamlPretty: go-yaml v3's encoder with an indent of two.

Source: Helm v4.3 pkg/engine/funcs.go (toYAMLPretty); sigs.k8s.io/yaml/goyaml.v3
differs from the v2 writer in that lists inside maps are indented.
"""

from __future__ import annotations

from functools import cmp_to_key

from fairlead.base import yaml
from fairlead.base.yaml.order import sorted_keys
from fairlead.engines.gotemplate.errors import FuncError, LimitError
from fairlead.engines.gotemplate.gofmt import TOO_DEEP
from fairlead.engines.gotemplate.strconv import format_float
from fairlead.engines.helm.functions.encoding import plain

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any


def to_yaml_pretty(value: object) -> str:
    try:
        found = plain(list(value) if isinstance(value, bytes) else value)
    except RecursionError:
        raise LimitError(TOO_DEEP) from None
    if _has_complex(found):
        raise FuncError("cannot marshal type: complex128")
    try:
        out: list[str] = []
        _write(out, found, 0, False)
        return "".join(out).removesuffix("\n")
    except (yaml.YamlError, FuncError):
        return ""


def _has_complex(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_has_complex, value.values()))
    return isinstance(value, complex) or (isinstance(value, list) and any(map(_has_complex, value)))


def _scalar(value: Any) -> str:
    if isinstance(value, float):
        return format_float(value)
    text = yaml.dump(value).removesuffix("\n")
    if "\n" in text and isinstance(value, str) and "\n" not in value:
        first, *others = text.split("\n")  # go-yaml v3 writes as far as it goes
        text = " ".join([first, *(line.lstrip(" ").removeprefix("\\") for line in others)])
    return text


def _compare(left: tuple[str, object], right: tuple[str, object]) -> int:
    """Compare keys as go-yaml v3 does: as v2, but that a letter after equal digits comes first."""
    a, b = left[0], right[0]
    at = next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), -1)
    if at > 0 and a[at - 1].isdecimal() and a[at].isalpha() != b[at].isalpha():
        return -1 if a[at].isalpha() else 1
    return -1 if sorted_keys([a, b])[0] == a else 1


_ORDER = cmp_to_key(_compare)


def _write(out: list[str], value: Any, depth: int, inline: bool) -> None:
    pad = " " * depth
    if isinstance(value, dict) and value:
        for key, item in sorted(value.items(), key=_ORDER):
            out.append(f"{'' if inline else pad}{_key(key)}:")
            inline = False
            _nested(out, item, depth)
    elif isinstance(value, list) and value:
        for item in value:
            out.append(f"{'' if inline else pad}-")
            inline = False
            if isinstance(item, dict | list) and item:
                out.append(" ")
                _write(out, item, depth + 2, True)
            else:
                out.append(_text(item, depth))
    else:
        out.append(f"{_text(value, depth).removeprefix(' ')}")


def _nested(out: list[str], item: Any, depth: int) -> None:
    if isinstance(item, dict | list) and item:
        out.append("\n")
        _write(out, item, depth + 2, False)
    else:
        out.append(_text(item, depth))


def _key(key: str) -> str:
    return yaml.dump({key: 0}).removesuffix(": 0\n")


def _text(value: Any, depth: int) -> str:
    """Return a scalar with its leading space and newline, continued at *depth*."""
    if isinstance(value, dict):
        return " {}\n"
    if isinstance(value, list):
        return " []\n"
    if not isinstance(value, str) or "\n" not in value:
        return f" {_scalar(value)}\n"
    lines = yaml.dump({"k": value}).removeprefix("k: ").removesuffix("\n").split("\n")
    pad = " " * depth
    return " " + "\n".join([lines[0], *(pad + line if line else line for line in lines[1:])]) + "\n"
