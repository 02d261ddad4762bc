"""Sets of IP addresses: written as single addresses, `first-last` and CIDR blocks; counted, cut and searched. Pure.

A set is a sorted sequence of ranges that neither touch nor overlap, so that a /8 costs what one address costs.

Source: go4.org/netipx v0.0.0 ipset.go (one set for both families, IPv4 before IPv6), Go 1.26 net/netip (what an address
is, and the words in which one is refused). Differences: IPv6 texts are refused with one message instead of a dozen.
"""

import ipaddress
from collections.abc import Container, Iterable
from dataclasses import dataclass

from fairlead.base import gojson

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Number = tuple[int, int]  # an address as its family and its number
MOST_COUNTED = (1 << 63) - 1  # a count beyond Go's int is told as its largest


class IPRangeError(ValueError):
    """A text is no address, range or block."""


@dataclass(frozen=True, slots=True)
class IPRange:
    """All addresses of one family (4 or 6) from `first` to `last`, both included, as numbers."""

    version: int
    first: int
    last: int

    def __str__(self) -> str:
        return f"{address_of(self.version, self.first)}-{address_of(self.version, self.last)}"

    @property
    def size(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class IPSet:
    """A set of addresses."""

    ranges: tuple[IPRange, ...] = ()

    def __contains__(self, address: Address) -> bool:
        number = int(address)
        return any(r.version == address.version and r.first <= number <= r.last for r in self.ranges)

    def covers(self, other: "IPSet") -> bool:
        """Whether all of *other* is in this set."""
        return not other.without(self).ranges

    @property
    def count(self) -> int:
        """How many addresses there are, at most `MOST_COUNTED`."""
        return min(sum(r.size for r in self.ranges), MOST_COUNTED)

    @property
    def lowest(self) -> Address:
        """Its first address; there must be one."""
        return address_of(self.ranges[0].version, self.ranges[0].first)

    @property
    def versions(self) -> frozenset[int]:
        """The families of its addresses."""
        return frozenset(r.version for r in self.ranges)

    def without(self, other: "IPSet") -> "IPSet":
        """What is left when *other* is taken out."""
        left: list[IPRange] = []
        for mine in self.ranges:
            first = mine.first
            for cut in other.ranges:
                if cut.version != mine.version or cut.last < first or cut.first > mine.last:
                    continue
                if cut.first > first:
                    left.append(IPRange(mine.version, first, cut.first - 1))
                first = cut.last + 1
                if first > mine.last:
                    break
            if first <= mine.last:
                left.append(IPRange(mine.version, first, mine.last))
        return IPSet(tuple(left))

    def lowest_free(self, used: Container[Number]) -> Address | None:
        """The lowest address that is not in *used*; None when all are."""
        for r in self.ranges:
            for number in range(r.first, r.last + 1):
                if (r.version, number) not in used:
                    return address_of(r.version, number)
        return None


def address_of(version: int, number: int) -> Address:
    """The address of a family with this number."""
    return ipaddress.IPv4Address(number) if version == 4 else ipaddress.IPv6Address(number)


def number_of(address: Address) -> Number:
    """The family and the number of an address."""
    return address.version, int(address)


def union(sets: Iterable[IPSet]) -> IPSet:
    """All addresses of *sets*."""
    merged: list[IPRange] = []
    for r in sorted((r for each in sets for r in each.ranges), key=lambda r: (r.version, r.first)):
        before = merged[-1] if merged else None
        if before is not None and before.version == r.version and r.first <= before.last + 1:
            merged[-1] = IPRange(r.version, before.first, max(before.last, r.last))
        else:
            merged.append(r)
    return IPSet(tuple(merged))


def single(address: Address) -> IPSet:
    """The set of one address."""
    return IPSet((IPRange(address.version, int(address), int(address)),))


def parse_set(text: str) -> IPSet:
    """The addresses that *text* names: one address, `first-last`, or a CIDR block. Raises: IPRangeError."""
    if "-" in text:
        first, _, last = text.partition("-")
        low, high = _plain(first), _plain(last)
        if low.version != high.version or int(low) > int(high):
            raise IPRangeError(f"{text!r} is no range: the first address must not come after the last one")
        return IPSet((IPRange(low.version, int(low), int(high)),))
    if "/" in text:
        return block_of(text)
    return single(_plain(text))


def parse_sets(texts: Iterable[str]) -> IPSet:
    """The addresses that any of *texts* names. Raises: IPRangeError."""
    return union(parse_set(text) for text in texts)


def block_of(text: str) -> IPSet:
    """The whole block to which `address/length` belongs. Raises: IPRangeError."""
    written, _, length = text.rpartition("/")
    address = _plain(written)
    if not length.isascii() or not length.isdigit() or (len(length) > 1 and length[0] == "0"):
        raise IPRangeError(f"{text!r} is no block: bad bits after slash")
    host_bits = address.max_prefixlen - int(length)
    if host_bits < 0:
        raise IPRangeError(f"{text!r} is no block: prefix length out of range")
    first = int(address) >> host_bits << host_bits
    return IPSet((IPRange(address.version, first, first + (1 << host_bits) - 1),))


def _plain(text: str) -> Address:
    """An address without a zone. Raises: IPRangeError."""
    address = parse_address(text)
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None:
        raise IPRangeError(f"{text!r} has a zone")
    return address


def parse_address(text: str) -> Address:
    """One address. Raises: IPRangeError, in the words of Go's netip.ParseAddr."""
    kind = next((char for char in text if char in ".:%"), "")
    if kind == ".":
        _check_octets(text)
        return ipaddress.IPv4Address(text)
    try:
        if kind == ":":
            return ipaddress.IPv6Address(text)
    except ValueError as error:
        raise _refused(text, "unable to parse IP") from error
    raise _refused(text, "missing IPv6 address" if kind else "unable to parse IP")


def _check_octets(text: str) -> None:
    """Raises: IPRangeError for what Go does not take as an IPv4 address, at the place where Go stops."""
    fields, value, digits = 0, 0, 0
    for index, char in enumerate(text):
        if char in "0123456789":
            if digits == 1 and value == 0:
                raise _refused(text, "IPv4 field has octet with leading zero")
            value, digits = value * 10 + int(char), digits + 1
            if value > 255:
                raise _refused(text, "IPv4 field has value >255")
        elif char == ".":
            if index in (0, len(text) - 1) or text[index - 1] == ".":
                raise _refused(text, "IPv4 field must have at least one digit", text[index:])
            if fields == 3:
                raise _refused(text, "IPv4 address too long")
            fields, value, digits = fields + 1, 0, 0
        else:
            raise _refused(text, "unexpected character", text[index:])
    if fields < 3:
        raise _refused(text, "IPv4 address too short")


def _refused(text: str, cause: str, at: str = "") -> IPRangeError:
    place = f" (at {_quoted(at)})" if at else ""
    return IPRangeError(f"ParseAddr({_quoted(text)}): {cause}{place}")


def _quoted(text: str) -> str:
    return gojson.dumps(text).decode()


def reserved(addresses: IPSet, prefix: int) -> IPSet:
    """What hosts do not get of the subnet of *prefix* bits around the lowest address: the ends of an IPv4 subnet
    (network and broadcast), the first address of an IPv6 one (anycast). Raises: IPRangeError.
    """
    [subnet] = block_of(f"{addresses.lowest}/{prefix}").ranges
    ends = (subnet.first, subnet.last) if subnet.version == 4 else (subnet.first,)
    return union(IPSet((IPRange(subnet.version, end, end),)) for end in ends)
