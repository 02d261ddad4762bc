"""What may be a name, a label key, a label value: the checks and their texts.

Source: k8s.io/apimachinery v0.36 pkg/util/validation and pkg/api/validate/content. Each check returns what is
wrong with the value, an empty list when nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

NameCheck = Callable[[str], list[str]]

_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = _LABEL + r"(\." + _LABEL + ")*"
_DNS1035: Final = "[a-z]([-a-z0-9]*[a-z0-9])?"
_KEY: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE: Final = f"({_KEY})?"
_CONFIG_KEY: Final = "[-._a-zA-Z0-9]+"

_LABEL_TEXT: Final = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character"
)
_SUBDOMAIN_TEXT: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character"
)
_DNS1035_TEXT: Final = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
    "start with an alphabetic character, and end with an alphanumeric character"
)
_KEY_TEXT: Final = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
)
_VALUE_TEXT: Final = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character"
)
_CONFIG_KEY_TEXT: Final = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"


def regex_error(text: str, pattern: str, *examples: str) -> str:
    """Return *text* with the examples and the pattern, as Kubernetes appends them."""
    if not examples:
        return f"{text} (regex used for validation is '{pattern}')"
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{text} (e.g. {shown}regex used for validation is '{pattern}')"


def _too_long(limit: int) -> str:
    return f"must be no more than {limit} bytes"


@lru_cache(maxsize=8192)
def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text) is not None


def _plain(text: str, limit: int, pattern: str, message: str, *examples: str) -> list[str]:
    found = [_too_long(limit)] if len(text.encode()) > limit else []
    if not _matches(pattern, text):
        found.append(regex_error(message, pattern, *examples))
    return found


def check_dns1123_label(text: str) -> list[str]:
    """Check a name such as a namespace's."""
    return _plain(text, 63, _LABEL, _LABEL_TEXT, "my-name", "123-abc")


def check_dns1123_subdomain(text: str) -> list[str]:
    """Check the name that most objects have."""
    return _plain(text, 253, _SUBDOMAIN, _SUBDOMAIN_TEXT, "example.com")


def check_dns1035_label(text: str) -> list[str]:
    """Check a name such as a Service's."""
    return _plain(text, 63, _DNS1035, _DNS1035_TEXT, "my-name", "abc-123")


def check_config_key(text: str) -> list[str]:
    """Check a key of a ConfigMap's or a Secret's data."""
    found = [_too_long(253)] if len(text.encode()) > 253 else []
    if not _matches(_CONFIG_KEY, text):
        found.append(regex_error(_CONFIG_KEY_TEXT, _CONFIG_KEY, "key.name", "KEY_NAME", "key-name"))
    if text == ".":
        found.append("must not be '.'")
    elif text == "..":
        found.append("must not be '..'")
    elif text.startswith(".."):
        found.append("must not start with '..'")
    return found


def check_path_segment(text: str) -> list[str]:
    """Check the name of a custom or an RBAC object: anything that fits into a URL path."""
    if text in (".", ".."):
        return [f"may not be '{text}'"]
    return [f"may not contain '{char}'" for char in "/%" if char in text]


def check_label_key(text: str) -> list[str]:
    """Check a label key (``[prefix/]name``); annotations and finalizers follow the same rule."""
    parts = text.split("/")
    found: list[str] = []
    if len(parts) > 2:
        shown = regex_error(_KEY_TEXT, _KEY, "MyName", "my.name", "123-abc")
        return [f"a valid label key {shown} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    if len(parts) == 2:
        if not parts[0]:
            found.append("prefix part must be non-empty")
        else:
            found.extend(f"prefix part {text}" for text in check_dns1123_subdomain(parts[0]))
    name = parts[-1]
    if not name:
        found.append("name part must be non-empty")
    elif len(name.encode()) > 63:
        found.append("name part " + _too_long(63))
    if not _matches(_KEY, name):
        found.append("name part " + regex_error(_KEY_TEXT, _KEY, "MyName", "my.name", "123-abc"))
    return found


def check_label_value(text: str) -> list[str]:
    """Check a label value."""
    return _plain(text, 63, _VALUE, _VALUE_TEXT, "MyValue", "my_value", "12345")
