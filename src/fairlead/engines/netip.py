"""Addresses of hosts, judged as Go does. Source: Go 1.26 net/netip (ParseAddr)."""

from __future__ import annotations

from fairlead.engines.gotemplate.strconv import quote

_DIGITS = "0123456789"
_HEX = f"{_DIGITS}abcdefABCDEF"


def parse_address(text: str) -> str:
    """Return what netip.ParseAddr says is wrong with an address, "" when nothing is."""
    first = next((char for char in text if char in ".:%"), "")
    if first == ".":
        wrong = _ipv4_fields(text)
    elif first == ":":
        wrong = _ipv6(text)
    else:
        wrong = "missing IPv6 address" if first else "unable to parse IP"
    return f"ParseAddr({quote(text)}): {wrong}" if wrong else ""


def _at(what: str, rest: str) -> str:
    return f"{what} (at {quote(rest)})" if rest else what


def _ipv4_fields(text: str) -> str:
    value = place = length = 0
    for index, char in enumerate(text):
        if char in _DIGITS:
            if length == 1 and value == 0:
                return "IPv4 field has octet with leading zero"
            value = value * 10 + int(char)
            length += 1
            if value > 255:
                return "IPv4 field has value >255"
        elif char == ".":
            if index == 0 or index == len(text) - 1 or text[index - 1] == ".":
                return _at("IPv4 field must have at least one digit", text[index:])
            if place == 3:
                return "IPv4 address too long"
            place += 1
            value = length = 0
        else:
            return _at("unexpected character", text[index:])
    return "IPv4 address too short" if place < 3 else ""


def _ipv6(text: str) -> str:
    rest, percent, zone = text.partition("%")
    if percent and not zone:
        return "zone must be a non-empty string"
    has_gap = rest.startswith("::")
    if has_gap:
        rest = rest[2:]
        if not rest:
            return ""
    count = 0
    while count < 16:
        size = len(rest) - len(rest.lstrip(_HEX))
        if size > 4:
            return _at("each group must have 4 or less digits", rest)
        if not size:
            return _at("each colon-separated field must have at least one digit", rest)
        if rest[size : size + 1] == ".":
            wrong = _embedded_ipv4(rest, count, has_gap)
            if wrong:
                return wrong
            count, rest = count + 4, ""
            break
        count += 2
        rest = rest[size:]
        if not rest:
            break
        wrong, rest, ends = _after_field(rest, has_gap)
        if wrong:
            return wrong
        has_gap = has_gap or ends is not None
        if ends:
            break
    if rest:
        return _at("trailing garbage after address", rest)
    if count < 16:
        return "" if has_gap else "address string too short"
    return "the :: must expand to at least one field of zeros" if has_gap else ""


def _embedded_ipv4(rest: str, count: int, has_gap: bool) -> str:
    if not has_gap and count != 12:
        return _at("embedded IPv4 address must replace the final 2 fields of the address", rest)
    if count > 12:
        return _at("too many hex fields to fit an embedded IPv4 at the end of the address", rest)
    return _ipv4_fields(rest)


def _after_field(rest: str, has_gap: bool) -> tuple[str, str, bool | None]:
    """Return what is wrong, what is left, and for a gap whether it ends the address."""
    if rest[0] != ":":
        return _at("unexpected character, want colon", rest), "", None
    if len(rest) == 1:
        return _at("colon must be followed by more characters", rest), "", None
    rest = rest[1:]
    if rest[0] != ":":
        return "", rest, None
    if has_gap:
        return _at("multiple :: in address", rest), "", None
    return "", rest[1:], not rest[1:]
