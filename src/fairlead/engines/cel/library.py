"""What Kubernetes adds to CEL: lists, regular expressions, URLs, quantities, addresses, versions, formats.

Source: k8s.io/apiserver v0.36 pkg/cel/library (lists.go, regex.go, urls.go, quantity.go, ip.go, cidr.go,
semverlib.go, format.go).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import total_ordering
from itertools import pairwise
from typing import Any, ClassVar, Final
from urllib.parse import SplitResult, parse_qs, urlsplit

from fairlead.base.quantity import Quantity, QuantityError, parse_quantity
from fairlead.engines.cel import values as v
from fairlead.engines.cel.errors import CelError
from fairlead.engines.cel.functions import Function, compiled_pattern
from fairlead.engines.cel.values import NONE, no_overload, optional_of
from fairlead.engines.schema import formats, names


@dataclass(frozen=True, slots=True)
class CelQuantity:
    """A quantity as a CEL value."""

    cel_type: ClassVar[str] = "kubernetes.Quantity"
    quantity: Quantity

    def __str__(self) -> str:
        return str(self.quantity)


@dataclass(frozen=True, slots=True)
class Url:
    """An absolute URL or an absolute path."""

    cel_type: ClassVar[str] = "kubernetes.URL"
    text: str
    parts: SplitResult

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Ip:
    """An IP address."""

    cel_type: ClassVar[str] = "net.IP"
    address: ipaddress.IPv4Address | ipaddress.IPv6Address

    def __str__(self) -> str:
        return str(self.address)


@dataclass(frozen=True, slots=True)
class Cidr:
    """An address with a prefix length; host bits are kept."""

    cel_type: ClassVar[str] = "net.CIDR"
    interface: ipaddress.IPv4Interface | ipaddress.IPv6Interface

    def __str__(self) -> str:
        return self.interface.with_prefixlen


@total_ordering
@dataclass(frozen=True, slots=True)
class Semver:
    """A semantic version; build metadata does not order."""

    cel_type: ClassVar[str] = "kubernetes.Semver"
    major: int
    minor: int
    patch: int
    pre: tuple[str, ...] = ()
    build: str = ""

    def _rank(self) -> tuple[Any, ...]:
        parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in self.pre)
        return (self.major, self.minor, self.patch, not self.pre, parts)

    def __lt__(self, other: Semver) -> bool:
        return self._rank() < other._rank()

    def __str__(self) -> str:
        text = f"{self.major}.{self.minor}.{self.patch}"
        text += f"-{'.'.join(self.pre)}" if self.pre else ""
        return text + (f"+{self.build}" if self.build else "")


def _typed(name: str, kind: type, act: Callable[..., Any]) -> Function:
    def call(target: Any, *args: Any) -> Any:
        if not isinstance(target, kind):
            raise no_overload(name, target, *args)
        return act(target, *args)

    return call


def _parses(parse: Callable[..., Any]) -> Function:
    def call(text: Any, *args: Any) -> bool:
        if not isinstance(text, str):
            raise no_overload("is", text)
        try:
            parse(text, *args)
        except CelError:
            return False
        return True

    return call


def _quantity(text: Any) -> CelQuantity:
    if not isinstance(text, str):
        raise no_overload("quantity", text)
    try:
        return CelQuantity(parse_quantity(text))
    except QuantityError as error:
        raise CelError(str(error)) from None


def _as_integer(value: CelQuantity) -> int:
    if not value.quantity.is_integer:
        raise CelError("cannot convert value to integer")
    return int(value.quantity.value)


def _operand(value: Any) -> Quantity:
    if isinstance(value, CelQuantity):
        return value.quantity
    if isinstance(value, int) and not isinstance(value, bool):
        return parse_quantity(str(value))
    raise no_overload("quantity", value)


def _url(text: Any) -> Url:
    if not isinstance(text, str):
        raise no_overload("url", text)
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    absolute = bool(parts.scheme and (parts.netloc or parts.path)) or (text.startswith("/") and not parts.fragment)
    if not absolute or any(ord(char) <= 32 for char in text):
        raise CelError(f'URL parse error during conversion from string: parse "{text}": invalid URI for request')
    return Url(text, parts)


def _host(url: Url) -> str:
    return url.parts.netloc.rpartition("@")[2]


def _hostname(url: Url) -> str:
    host = _host(url)
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _query(url: Url) -> dict[str, list[str]]:
    return parse_qs(url.parts.query, keep_blank_values=True)


def _ip(text: Any) -> Ip:
    if isinstance(text, Cidr):
        return Ip(text.interface.ip)
    if not isinstance(text, str):
        raise no_overload("ip", text)
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise CelError(f'IP Address "{text}" parse error during conversion from string: unable to parse IP') from None
    if "%" in text:
        raise CelError(f'IP Address "{text}" with zone value is not allowed')
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        raise CelError(f'IPv4-mapped IPv6 address "{text}" is not allowed')
    return Ip(address)


def _is_canonical(text: Any) -> bool:
    return bool(str(_ip(text)) == text)


def _bad_cidr(text: str) -> CelError:
    return CelError(f'network address parse error during conversion from string: netip.ParsePrefix("{text}")')


def _cidr(text: Any) -> Cidr:
    if not isinstance(text, str):
        raise no_overload("cidr", text)
    if not formats.is_cidr(text):
        raise _bad_cidr(text)
    try:
        return Cidr(ipaddress.ip_interface(text))
    except ValueError:
        raise _bad_cidr(text) from None


def _contains_ip(cidr: Cidr, other: Any) -> bool:
    address = (other if isinstance(other, Ip) else _ip(other)).address
    return address.version == cidr.interface.version and address in cidr.interface.network


def _contains_cidr(cidr: Cidr, other: Any) -> bool:
    inner = (other if isinstance(other, Cidr) else _cidr(other)).interface
    outer = cidr.interface.network
    if inner.version != outer.version or inner.network.prefixlen < outer.prefixlen:
        return False
    return inner.ip in outer


def _multicast_link_local(ip: Ip) -> bool:
    network = "224.0.0.0/24" if ip.address.version == 4 else "ff02::/16"
    return ip.address in ipaddress.ip_network(network)


def _global_unicast(ip: Ip) -> bool:
    address = ip.address
    broadcast = address == ipaddress.IPv4Address("255.255.255.255")
    return not (
        address.is_unspecified or address.is_loopback or address.is_multicast or address.is_link_local or broadcast
    )


_SEMVER: Final = re.compile(
    r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
    r"(?:-((?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*))?"
    r"(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)


def _semver(text: Any, normalize: Any = False) -> Semver:
    if not isinstance(text, str):
        raise no_overload("semver", text)
    given = text
    if normalize is True:
        core, mark, rest = text.removeprefix("v").partition("-" if "-" in text else "+")
        numbers = [part.lstrip("0") or "0" for part in core.split(".")]
        text = ".".join([*numbers, "0", "0"][: max(3, len(numbers))]) + mark + rest
    found = _SEMVER.fullmatch(text)
    if found is None:
        raise CelError(f'failed to parse version "{given}"')
    major, minor, patch, pre, build = found.groups()
    return Semver(int(major), int(minor), int(patch), tuple(pre.split(".")) if pre else (), build or "")


def _three_way(left: Any, right: Any) -> int:
    return 0 if left == right else -1 if left < right else 1


def _sum(items: Any) -> Any:
    if not isinstance(items, list):
        raise no_overload("sum", items)
    total: Any = items[0] if items else 0
    for item in items[1:]:
        total = v.add(total, item)
    return total


def _extreme(name: str, sign: int) -> Function:
    def call(items: Any) -> Any:
        if not isinstance(items, list):
            raise no_overload(name, items)
        if not items:
            raise CelError(f"{name} called on empty list")
        best = items[0]
        for item in items[1:]:
            if v.compare(name, item, best) == sign:
                best = item
        return best

    return call


def _is_sorted(items: Any) -> bool:
    if not isinstance(items, list):
        raise no_overload("isSorted", items)
    return all(v.compare("isSorted", a, b) <= 0 for a, b in pairwise(items))


def _find(text: Any, pattern: Any) -> str:
    if not isinstance(text, str) or not isinstance(pattern, str):
        raise no_overload("find", text, pattern)
    found = compiled_pattern(pattern).search(text)
    return "" if found is None else str(found.group())


def _find_all(text: Any, pattern: Any, limit: Any = -1) -> list[str]:
    if not isinstance(text, str) or not isinstance(pattern, str):
        raise no_overload("findAll", text, pattern)
    found = [match.group() for match in compiled_pattern(pattern).finditer(text)]
    return found if limit < 0 else found[:limit]


@dataclass(frozen=True, slots=True)
class Format:
    """A named format; ``validate`` returns none, or the list of what is wrong."""

    cel_type: ClassVar[str] = "kubernetes.NamedFormat"
    name: str
    check: names.NameCheck


def _prefixed(check: names.NameCheck) -> names.NameCheck:
    return lambda text: check(text[:-1] + "a" if text.endswith("-") else text)


def _by_format(name: str, message: str) -> names.NameCheck:
    return lambda text: [] if formats.matches_format(name, text) else [message]


_FORMATS: Final[dict[str, names.NameCheck]] = {
    "dns1123Label": names.check_dns1123_label,
    "dns1123Subdomain": names.check_dns1123_subdomain,
    "dns1035Label": names.check_dns1035_label,
    "qualifiedName": names.check_label_key,
    "labelValue": names.check_label_value,
    "dns1123LabelPrefix": _prefixed(names.check_dns1123_label),
    "dns1123SubdomainPrefix": _prefixed(names.check_dns1123_subdomain),
    "dns1035LabelPrefix": _prefixed(names.check_dns1035_label),
    "uri": _by_format("uri", "invalid URI"),
    "uuid": _by_format("uuid", "does not match the UUID format"),
    "byte": _by_format("byte", "invalid base64"),
    "date": _by_format("date", "invalid date"),
    "datetime": _by_format("datetime", "invalid datetime"),
}


def _named_format(name: Any) -> Any:
    check = _FORMATS.get(name)
    return NONE if check is None else optional_of(Format(name, check))


def _validate(target: Format, text: Any) -> Any:
    if not isinstance(text, str):
        raise no_overload("validate", target, text)
    wrong = target.check(text)
    return optional_of(wrong) if wrong else NONE


def _format_maker(name: str) -> Function:
    return lambda: Format(name, _FORMATS[name])


FUNCTIONS: Final[dict[str, Function]] = {
    "quantity": _quantity,
    "isQuantity": _parses(_quantity),
    "url": _url,
    "isURL": _parses(_url),
    "ip": _ip,
    "isIP": _parses(_ip),
    "ip.isCanonical": _is_canonical,
    "cidr": _cidr,
    "isCIDR": _parses(_cidr),
    "semver": _semver,
    "isSemver": _parses(_semver),
    "format.named": _named_format,
    **{f"format.{name}": _format_maker(name) for name in _FORMATS},
}

_COMPARED: Final = (CelQuantity, Semver)


def _compared(name: str, judge: Callable[[int], Any]) -> Function:
    def call(left: Any, right: Any) -> Any:
        if isinstance(left, CelQuantity) and isinstance(right, CelQuantity):
            return judge(_three_way(left.quantity, right.quantity))
        if isinstance(left, Semver) and isinstance(right, Semver):
            return judge(_three_way(left, right))
        raise no_overload(name, left, right)

    return call


def _sign(value: CelQuantity) -> int:
    return _three_way(value.quantity.value, 0)


METHODS: Final[dict[str, Function]] = {
    "sign": _typed("sign", CelQuantity, _sign),
    "isInteger": _typed("isInteger", CelQuantity, lambda q: q.quantity.is_integer),
    "asInteger": _typed("asInteger", CelQuantity, _as_integer),
    "asApproximateFloat": _typed("asApproximateFloat", CelQuantity, lambda q: q.quantity.as_float()),
    "add": _typed("add", CelQuantity, lambda q, other: CelQuantity(q.quantity + _operand(other))),
    "sub": _typed("sub", CelQuantity, lambda q, other: CelQuantity(q.quantity - _operand(other))),
    "isGreaterThan": _compared("isGreaterThan", lambda sign: sign > 0),
    "isLessThan": _compared("isLessThan", lambda sign: sign < 0),
    "compareTo": _compared("compareTo", lambda sign: sign),
    "major": _typed("major", Semver, lambda s: s.major),
    "minor": _typed("minor", Semver, lambda s: s.minor),
    "patch": _typed("patch", Semver, lambda s: s.patch),
    "getScheme": _typed("getScheme", Url, lambda u: u.parts.scheme),
    "getHost": _typed("getHost", Url, _host),
    "getHostname": _typed("getHostname", Url, _hostname),
    "getPort": _typed("getPort", Url, lambda u: _host(u).rpartition("]")[2].partition(":")[2]),
    "getEscapedPath": _typed("getEscapedPath", Url, lambda u: u.parts.path),
    "getQuery": _typed("getQuery", Url, _query),
    "family": _typed("family", Ip, lambda ip: ip.address.version),
    "isUnspecified": _typed("isUnspecified", Ip, lambda ip: ip.address.is_unspecified),
    "isLoopback": _typed("isLoopback", Ip, lambda ip: ip.address.is_loopback),
    "isLinkLocalMulticast": _typed("isLinkLocalMulticast", Ip, _multicast_link_local),
    "isLinkLocalUnicast": _typed("isLinkLocalUnicast", Ip, lambda ip: ip.address.is_link_local),
    "isGlobalUnicast": _typed("isGlobalUnicast", Ip, _global_unicast),
    "containsIP": _typed("containsIP", Cidr, _contains_ip),
    "containsCIDR": _typed("containsCIDR", Cidr, _contains_cidr),
    "ip": _typed("ip", Cidr, _ip),
    "masked": _typed("masked", Cidr, lambda c: Cidr(ipaddress.ip_interface(str(c.interface.network)))),
    "prefixLength": _typed("prefixLength", Cidr, lambda c: c.interface.network.prefixlen),
    "validate": _typed("validate", Format, _validate),
    "sum": _sum,
    "min": _extreme("min", -1),
    "max": _extreme("max", 1),
    "isSorted": _is_sorted,
    "find": _find,
    "findAll": _find_all,
}
