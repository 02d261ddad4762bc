"""Which objects a patch or a replacement is for.

Source: kustomize api v0.21.2 types/selector.go, resmap/reswrangler.go (Select). Patterns are RE2's.
"""

from __future__ import annotations

from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.resource import Id, Resource

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

_LITERAL = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/ -")
_CHOICES = _LITERAL | frozenset(".|")
_SIMPLE = r"(?:[A-Za-z0-9_/:@ .*+?|()-]|\\[.\-/])*\Z"
_RISKY = r"\)[*+?{]|[*+?][*+?]|\(\?|^[*+?]|[(|][*+?]"
_CACHE_LIMIT = 4096
FIELDS = ("group", "version", "kind", "name", "namespace")


_patterns: dict[str, Callable[[str], bool]] = {}


def pattern(text: str) -> Callable[[str], bool]:
    """Return the test for a pattern that must fit all of a text; "" fits any.

    Raises: KustomizeError.
    """
    known = _patterns.get(text)
    if known is None:
        if len(_patterns) >= _CACHE_LIMIT:
            _patterns.clear()
        known = _patterns[text] = _pattern(text)
    return known


def _pattern(text: str) -> Callable[[str], bool]:
    if not text or text == ".*":
        return lambda value: "\n" not in value or not text
    if _LITERAL.issuperset(text):
        return text.__eq__
    if _CHOICES.issuperset(text):
        return _any_of(text.split("|"))
    start = text.removesuffix(".*")
    if _LITERAL.issuperset(start):
        return lambda value: value.startswith(start) and "\n" not in value[len(start) :]
    import re

    if re.match(_SIMPLE, text) and not re.search(_RISKY, text) and text.count("(") == text.count(")"):
        compiled = re.compile(f"(?:{text})\\Z")
        return lambda value: compiled.match(value) is not None
    from fairlead.engines.gotemplate.errors import FuncError
    from fairlead.engines.helm.functions.regexes import compile_pattern

    try:
        general = compile_pattern(f"^(?:{text})$")
    except FuncError as error:
        raise KustomizeError(str(error)) from error
    return lambda value: general.search(value.encode()) is not None


def _any_of(choices: list[str]) -> Callable[[str], bool]:
    """Return the test for texts in which a dot fits any character."""
    return lambda value: any(
        value == choice
        or (
            "." in choice
            and len(value) == len(choice)
            and all(wanted in (".", char) and char != "\n" for wanted, char in zip(choice, value, strict=True))
        )
        for choice in choices
    )


class Selector:
    """A selector by type, name, namespace, labels and annotations."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.spec = spec
        self.parts = {field: pattern(spec[field]) for field in FIELDS if spec.get(field)}
        self.labels = str(spec.get("labelSelector") or "")
        self.annotations = str(spec.get("annotationSelector") or "")

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said about the id."""
        return not self.parts

    def selects_id(self, wanted: Id) -> bool:
        """Whether the id fits."""
        return all(test(getattr(wanted, field)) for field, test in self.parts.items())

    def selects(self, item: Resource) -> bool:
        """Whether an object fits, by its first or its present name and namespace. Raises: KustomizeError."""
        parts = self.parts
        if parts:
            now = item.current_id()
            first = item.original_id() if item.previous else now
            for field in ("group", "version", "kind"):
                test = parts.get(field)
                if test is not None and not test(getattr(now, field)):
                    return False
            test = parts.get("namespace")
            if test is not None and not test(first.effective_namespace) and not test(now.effective_namespace):
                return False
            test = parts.get("name")
            if test is not None and not test(first.name) and not test(now.name):
                return False
        return self.selects_marks(item)

    def selects_marks(self, item: Resource) -> bool:
        """Whether labels and annotations fit. Raises: KustomizeError."""
        if self.labels and not _matches(self.labels, item.strings("labels")):
            return False
        return not self.annotations or _matches(self.annotations, item.strings("annotations"))


def _matches(selector: str, values: dict[str, str]) -> bool:
    from fairlead.engines.selectors import SelectorError, parse_labels

    try:
        return parse_labels(selector).matches(values)
    except SelectorError as error:
        raise KustomizeError(str(error)) from error


def search_pattern(text: str) -> Callable[[str], bool]:
    """Return the test for a pattern that must fit some part of a text. Raises: KustomizeError."""
    if _LITERAL.issuperset(text):
        return lambda value: text in value
    from fairlead.engines.gotemplate.errors import FuncError
    from fairlead.engines.helm.functions.regexes import compile_pattern

    try:
        general = compile_pattern(text)
    except FuncError as error:
        raise KustomizeError(str(error)) from error
    return lambda value: general.search(value.encode()) is not None
