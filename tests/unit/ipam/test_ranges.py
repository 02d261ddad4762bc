"""Sets of addresses: how they are written, counted and searched, and in which words they are refused."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.engines.ipranges import (
    MOST_COUNTED,
    IPRange,
    IPRangeError,
    IPSet,
    parse_address,
    parse_set,
    parse_sets,
    reserved,
    single,
    union,
)


@pytest.mark.parametrize(
    ("texts", "ranges", "count"),
    [
        pytest.param(["10.0.0.7"], "10.0.0.7-10.0.0.7", 1, id="one"),
        pytest.param(["10.0.0.7-10.0.0.9"], "10.0.0.7-10.0.0.9", 3, id="range"),
        pytest.param(["10.0.0.130/25"], "10.0.0.128-10.0.0.255", 128, id="block-from-any-address-in-it"),
        pytest.param(["10.0.0.5", "10.0.0.4", "10.0.0.5-10.0.0.6"], "10.0.0.4-10.0.0.6", 3, id="overlaps-merge"),
        pytest.param(["10.0.1.0-10.0.1.1", "10.0.0.255"], "10.0.0.255-10.0.1.1", 3, id="neighbours-merge"),
        pytest.param(["fd00::10-fd00::1f"], "fd00::10-fd00::1f", 16, id="ipv6"),
        pytest.param(["fd00::/64"], "fd00::-fd00::ffff:ffff:ffff:ffff", MOST_COUNTED, id="more-than-can-be-counted"),
    ],
)
def test_forms(texts: list[str], ranges: str, count: int) -> None:
    """Single addresses, ranges and blocks, in any order."""
    found = parse_sets(texts)
    assert " ".join(map(str, found.ranges)) == ranges
    assert found.count == count


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.0.0",
        "10.0.0.01",
        "10.0.0.256",
        "10.0.0.1/33",
        "10.0.0.1/024",
        "10.0.0.1/-1",
        "10.0.0.1/",
        "10.0.0.9-10.0.0.1",
        "10.0.0.1-fd00::1",
        "10.0.0.1-10.0.0.2-10.0.0.3",
        "10.0.0.1-",
        "fe80::1%eth0",
        "pool",
    ],
)
def test_what_is_no_address(text: str) -> None:
    """Anything else is refused, never guessed at."""
    with pytest.raises(IPRangeError):
        parse_set(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gateway", 'ParseAddr("gateway"): unable to parse IP'),
        ("10.0.1", 'ParseAddr("10.0.1"): IPv4 address too short'),
        ("10.0.0.1.2", 'ParseAddr("10.0.0.1.2"): IPv4 address too long'),
        ("10.0.0.300", 'ParseAddr("10.0.0.300"): IPv4 field has value >255'),
        ("10.0.0.07", 'ParseAddr("10.0.0.07"): IPv4 field has octet with leading zero'),
        ("10..0.1", 'ParseAddr("10..0.1"): IPv4 field must have at least one digit (at ".0.1")'),
        ("10.0.0.x", 'ParseAddr("10.0.0.x"): unexpected character (at "x")'),
        ("%eth0", 'ParseAddr("%eth0"): missing IPv6 address'),
    ],
)
def test_words_of_go(text: str, message: str) -> None:
    """Users read why in the words of Go's netip.ParseAddr."""
    with pytest.raises(IPRangeError) as refused:
        parse_address(text)
    assert str(refused.value) == message


def test_reserved_addresses() -> None:
    """Network and broadcast of the IPv4 subnet around the lowest address; the anycast address of IPv6."""
    assert reserved(parse_set("10.0.0.10-10.0.0.20"), 24) == parse_sets(["10.0.0.0", "10.0.0.255"])
    assert reserved(parse_set("fd00::10"), 64) == parse_set("fd00::")


numbers = st.integers(0, 40)
spans = st.lists(st.tuples(numbers, numbers).map(sorted), max_size=6)


def _set(parts: list[list[int]]) -> IPSet:
    return union(IPSet((IPRange(4, first, last),)) for first, last in parts)


def _numbers(parts: list[list[int]]) -> set[int]:
    return {number for first, last in parts for number in range(first, last + 1)}


@given(spans, spans)
def test_sets_are_sets(left: list[list[int]], right: list[list[int]]) -> None:
    """Union, difference, count and lowest agree with sets of numbers; ranges stay sorted and apart."""
    mine, other = _set(left), _set(right)
    rest, expected = mine.without(other), _numbers(left) - _numbers(right)
    assert _numbers([[r.first, r.last] for r in rest.ranges]) == expected
    assert rest.count == len(expected)
    assert mine.covers(other) == (_numbers(right) <= _numbers(left))
    assert all(a.last + 1 < b.first for a, b in zip(mine.ranges, mine.ranges[1:], strict=False))
    if expected:
        assert int(rest.lowest) == min(expected)


def test_families_stay_apart() -> None:
    """The same number is another address in the other family."""
    four = single(ipaddress.ip_address("0.0.0.1"))
    six = single(ipaddress.ip_address("::1"))
    assert union((six, four)).count == 2
    assert four.without(six) == four
