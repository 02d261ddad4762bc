"""Turn YAML text into plain values, the way sigs.k8s.io/yaml does.

Source: sigs.k8s.io/yaml v1.6.0 (YAMLToJSON) over go.yaml.in/yaml v2.4.4 (decode.go).
Ways it would surprise a Python reader:

- Only the first document is read by `load`; what follows is not even parsed.
- `<<` merges at the place where it stands, so a later `<<` overrides earlier keys.
- Keys become strings (`1: a` is "1"); a null key is an error, as is `.nan` as a value.
- An aliased value is copied at each use, and the copies are counted against Go's cap.

Plain text is read by `quick`; all else, and all that is wrong, by `compose` over libyaml, which is loaded then.
"""

from __future__ import annotations

from fairlead.base.yaml.quick import quick_documents
from fairlead.base.yaml.quick_scalars import Rules, Unsure
from fairlead.base.yaml.resolve import key_text, resolve

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from fairlead.base.yaml.lines import Lines

_SPECIAL_NUMBERS = (float("inf"), float("-inf"))


def _plain(text: str) -> Any:
    value = resolve(text)
    if value.__class__ is float and (value != value or value in _SPECIAL_NUMBERS):
        raise Unsure
    return value


def _same(text: str) -> Any:
    return text


def _key(text: str, quoted: bool) -> Any:
    key = text if quoted else key_text(_plain(text))
    if key is None:
        raise Unsure
    return key


_RULES = Rules(_plain, _same, _same, _key)
_GIVE_UP = (Unsure, RecursionError)


def load(text: str | bytes, *, source: str = "", strict: bool = False) -> Any:
    """Return the first document of *text*, None when there is none.

    *source* names the text in errors; *strict* refuses a key given twice.
    Raises: YamlError.
    """
    try:
        for value, _, _ in quick_documents(text, _RULES):
            return value
        return None
    except _GIVE_UP:
        from fairlead.base.yaml import compose

    return compose.load(text, source=source, strict=strict)


def load_all(text: str | bytes, *, source: str = "", strict: bool = False) -> list[Any]:
    """Return the documents of *text*, empty ones as None.

    Raises: YamlError.
    """
    try:
        return [value for value, _, _ in quick_documents(text, _RULES)]
    except _GIVE_UP:
        from fairlead.base.yaml import compose

    return compose.load_all(text, source=source, strict=strict)


def load_all_with_lines(text: str | bytes, *, source: str = "", strict: bool = False) -> list[tuple[Any, Lines]]:
    """Return the documents of *text*, each with the line on which every part of it stands.

    Raises: YamlError.
    """
    try:
        return [(value, lines) for value, lines, _ in quick_documents(text, _RULES, track=True) if lines is not None]
    except _GIVE_UP:
        from fairlead.base.yaml import compose

    return list(compose.iterate_with_lines(text, source=source, strict=strict))


def iterate_with_lines(text: str | bytes, *, source: str = "", strict: bool = False) -> Iterator[tuple[Any, Lines]]:
    """Yield the documents of *text* with their lines, one at a time.

    Raises: YamlError, when the faulty document is reached.
    """
    done = 0
    try:
        for value, lines, _ in quick_documents(text, _RULES, track=True):
            if lines is not None:
                yield value, lines
                done += 1
        return
    except _GIVE_UP:
        from fairlead.base.yaml import compose

    for number, found in enumerate(compose.iterate_with_lines(text, source=source, strict=strict)):
        if number >= done:
            yield found
