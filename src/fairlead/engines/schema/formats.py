"""String formats that custom resource schemas may ask for.

Source: k8s.io/apiextensions-apiserver v0.36 pkg/apiserver/validation/formats.go (which formats count) and
kube-openapi pkg/validation/strfmt (what they accept). Any other format is ignored.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from typing import Final
from urllib.parse import urlsplit

# One label that may hold one hyphen behind its first character, or labels with hyphens before a domain of letters.
_HOSTNAME: Final = re.compile(
    r"[a-zA-Z0-9](-?[a-zA-Z0-9]{0,62})?|([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{2,63}"
)
_PLAIN_HOST: Final = re.compile(r"[a-zA-Z0-9.-]*")
_DATE_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[tT ]?[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([zZ]|[+-][0-9]{2}:?[0-9]{2})?"
)
_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})")
_MAC: Final = re.compile(
    r"([0-9a-fA-F]{2}([:-])[0-9a-fA-F]{2}(\2[0-9a-fA-F]{2}){4}(\2[0-9a-fA-F]{2}\2[0-9a-fA-F]{2})?)"
)
_EMAIL: Final = re.compile(r"(?:[^<>@,;:\"\\\[\]]*<)?[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[^\s@<>]+>?")
_GO_DURATION: Final = re.compile(r"[-+]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)")
_WORD_DURATION: Final = re.compile(
    r"\s*[0-9]+\s*(ns|nanos?|nanoseconds?|us|µs|micros?|microseconds?|ms|millis?|milliseconds?"
    r"|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)\s*"
)


def matches_format(name: str, text: str) -> bool:
    """Tell whether *text* has the format *name*; every text has an unknown format."""
    check = _CHECKS.get(name.replace("-", "") if name not in _CHECKS else name)
    return check is None or check(text)


def is_known_format(name: str) -> bool:
    """Tell whether the format *name* is checked at all."""
    return name in _CHECKS or name.replace("-", "") in _CHECKS


def _full(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> Callable[[str], bool]:
    compiled = re.compile(pattern, flags)
    return lambda text: compiled.fullmatch(text) is not None


def _sloppy(text: str) -> str:
    return ".".join(part.lstrip("0") or "0" for part in text.split(".")) if ":" not in text else text


def _is_ipv4(text: str) -> bool:
    try:
        return "." in text and ipaddress.ip_address(_sloppy(text)) is not None
    except ValueError:
        return False


def _is_ipv6(text: str) -> bool:
    try:
        return ":" in text and "%" not in text and ipaddress.ip_address(text) is not None
    except ValueError:
        return False


def is_cidr(text: str) -> bool:
    """Tell whether *text* is an address with a prefix length, host bits allowed."""
    address, slash, length = text.partition("/")
    if not slash or not length.isascii() or not length.isdigit() or (len(length) > 1 and length[0] == "0"):
        return False
    try:
        ipaddress.ip_interface(f"{_sloppy(address)}/{length}")
    except ValueError:
        return False
    return "%" not in address


def _is_hostname(text: str) -> bool:
    """Tell whether *text* is a host's name; other letters and symbols stand where a letter or a digit may stand."""
    if not text.isascii() or not _PLAIN_HOST.fullmatch(text):
        text = "".join(map(_host_char, text))
    parts = text.split(".")
    return len(text) <= 255 and _HOSTNAME.fullmatch(text) is not None and all(len(part) <= 63 for part in parts)


def _host_char(char: str) -> str:
    """Return what *char* counts as, as often as it takes bytes."""
    if char.isascii() and (char.isalnum() or char in "-."):
        return char
    kind = unicodedata.category(char)[0]
    return {"L": "a", "S": "0"}.get(kind, "_") * len(char.encode())


def _is_uri(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    if any(char.isspace() for char in text):
        return False
    return bool(parts.scheme and (parts.netloc or parts.path)) or text.startswith("/")


def _is_date(text: str) -> bool:
    try:
        return len(text) == 10 and date.fromisoformat(text) is not None
    except ValueError:
        return False


def _is_date_time(text: str) -> bool:
    if not _DATE_TIME.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(f"{text[:10]}T{text[10:].lstrip('tT ')[:8]}")
    except ValueError:
        return False
    return True


def _is_duration(text: str) -> bool:
    return bool(_GO_DURATION.fullmatch(text) or _WORD_DURATION.fullmatch(text))


def _is_isbn10(text: str) -> bool:
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[0-9]{9}[0-9X]", digits):
        return False
    total = sum((index + 1) * int(char) for index, char in enumerate(digits[:9]))
    return (total + 10 * (10 if digits[9] == "X" else int(digits[9]))) % 11 == 0


def _is_isbn13(text: str) -> bool:
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[0-9]{13}", digits):
        return False
    return sum((3 if index % 2 else 1) * int(char) for index, char in enumerate(digits)) % 10 == 0


def _is_credit_card(text: str) -> bool:
    digits = re.sub(r"[^0-9]", "", text)
    if not 12 < len(digits) < 20:
        return False
    total = 0
    for index, char in enumerate(reversed(digits)):
        value = int(char) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


_HEX: Final = "[0-9a-f]"
_SHORT_NAME: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_BYTE: Final = r"\s*([01]?[0-9]?[0-9]|2[0-4][0-9]|25[0-5])\s*"
_CHECKS: Final[dict[str, Callable[[str], bool]]] = {
    "bsonobjectid": _full(r"[0-9a-fA-F]{24}"),
    "uri": _is_uri,
    "email": lambda text: _EMAIL.fullmatch(text.strip()) is not None,
    "hostname": _is_hostname,
    "ipv4": _is_ipv4,
    "ipv6": _is_ipv6,
    "cidr": is_cidr,
    "mac": lambda text: (
        _MAC.fullmatch(text) is not None or bool(re.fullmatch(r"([0-9a-fA-F]{4}\.){2,3}[0-9a-fA-F]{4}", text))
    ),
    "uuid": _full(rf"{_HEX}{{8}}-?({_HEX}{{4}}-?){{3}}{_HEX}{{12}}", re.IGNORECASE),
    "uuid3": _full(rf"{_HEX}{{8}}-?{_HEX}{{4}}-?3{_HEX}{{3}}-?{_HEX}{{4}}-?{_HEX}{{12}}", re.IGNORECASE),
    "uuid4": _full(rf"{_HEX}{{8}}-?{_HEX}{{4}}-?4{_HEX}{{3}}-?[89ab]{_HEX}{{3}}-?{_HEX}{{12}}", re.IGNORECASE),
    "uuid5": _full(rf"{_HEX}{{8}}-?{_HEX}{{4}}-?5{_HEX}{{3}}-?[89ab]{_HEX}{{3}}-?{_HEX}{{12}}", re.IGNORECASE),
    "isbn": lambda text: _is_isbn10(text) or _is_isbn13(text),
    "isbn10": _is_isbn10,
    "isbn13": _is_isbn13,
    "creditcard": _is_credit_card,
    "ssn": _full(r"[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}"),
    "hexcolor": _full(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})"),
    "rgbcolor": _full(rf"rgb\({_BYTE},{_BYTE},{_BYTE}\)"),
    "byte": lambda text: _BASE64.fullmatch(text) is not None,
    "password": lambda text: True,
    "date": _is_date,
    "duration": _is_duration,
    "datetime": _is_date_time,
    "k8s-short-name": lambda text: len(text) <= 63 and re.fullmatch(_SHORT_NAME, text) is not None,
    "k8s-long-name": lambda text: (
        len(text) <= 253 and re.fullmatch(rf"{_SHORT_NAME}(\.{_SHORT_NAME})*", text) is not None
    ),
}
