"""The order in which go-yaml v2 writes the keys of a map: numbers inside them count as numbers.

Source: go.yaml.in/yaml v2.4.4, sorter.go (keyList.Less).
"""

from __future__ import annotations

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping

_SIMPLE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz./-")
_MASK = 2**64 - 1
_ORDER_LIMIT = 4_000

_orders: dict[tuple[str, ...], list[str]] = {}


def ordered_keys(mapping: Mapping[str, object]) -> list[str]:
    """Return the keys of *mapping* in go-yaml's order. The list is shared: do not change it."""
    shape = tuple(mapping)
    keys = _orders.get(shape)
    if keys is None:
        if len(_orders) >= _ORDER_LIMIT:
            _orders.clear()
        keys = sorted_keys(list(shape))
        if len(shape) <= 32:
            _orders[shape] = keys
    return keys


def sorted_keys(keys: list[str]) -> list[str]:
    """Return *keys* sorted. Keys of letters, dots, slashes and dashes compare as text."""
    if _SIMPLE.issuperset("".join(keys)):
        return sorted(keys)
    return sorted(keys, key=_Key)


class _Key:
    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __lt__(self, other: _Key) -> bool:
        return _less(self.text, other.text)


def _less(left: str, right: str) -> bool:
    shorter = min(len(left), len(right))
    at = 0
    while at < shorter and left[at] == right[at]:
        at += 1
    if at == shorter:
        return len(left) < len(right)
    a, b = left[at], right[at]
    if a.isalpha() or b.isalpha():
        return a < b if a.isalpha() and b.isalpha() else b.isalpha()
    start = 0
    if a == "0" or b == "0":
        start = _has_number_before(left, at)
    a_value, a_end = _number_at(left, at, start)
    b_value, b_end = _number_at(right, at, start)
    if a_value != b_value:
        return a_value < b_value
    if a_end != b_end:
        return a_end < b_end
    return a < b


def _has_number_before(text: str, at: int) -> int:
    """Return 1 when the digits that end just before *at* hold one that is not zero."""
    while at > 0 and text[at - 1].isdecimal():
        at -= 1
        if text[at] != "0":
            return 1
    return 0


def _number_at(text: str, at: int, value: int) -> tuple[int, int]:
    """Read digits from *at*, with Go's wrap-around at 64 bits; return the number and where it ends."""
    while at < len(text) and text[at].isdecimal():
        value = (value * 10 + ord(text[at]) - 48) & _MASK
        at += 1
    return (value - 2**64 if value > 2**63 - 1 else value), at
