"""Which addresses of a pool are given out, kept in memory, so that the next claim does not count all of them again.

The API has the truth. What is kept here may hold an address that is free again, never the other way round: any news
that does not agree with it drops the pool's page, and the next question reads the API afresh.
"""

from collections import Counter
from collections.abc import Container

from fairlead.base.objects import Json, Key, is_deleting
from fairlead.controllers.ipam.pools import PoolId, addresses_of
from fairlead.engines.ipranges import IPRangeError, Number, number_of, parse_address
from fairlead.runtime.client import Client


class Ledger:
    """The addresses in use, by pool."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._pages: dict[PoolId, _Page] = {}

    async def used(self, pool: PoolId) -> Container[Number]:
        """The addresses of *pool* that are given out."""
        page = self._pages.get(pool)
        if page is None:
            page = self._pages[pool] = _Page()
            for address in await addresses_of(self._client, pool):
                page.put(address)
        return page.numbers

    def give(self, pool: PoolId, address: Json) -> None:
        """An IPAddress is about to be stored; `forget` the pool when that fails."""
        page = self._pages.get(pool)
        if page is not None:
            page.put(address)

    def took(self, address: Json) -> None:
        """An IPAddress is gone for good."""
        pool = PoolId.referred(address)
        page = self._pages.get(pool) if pool is not None else None
        if page is not None:
            page.drop(Key.of(address))

    def forget(self, pool: PoolId) -> None:
        """Read the API again before the next answer."""
        self._pages.pop(pool, None)

    def heard(self, address: Json) -> None:
        """News of an IPAddress, which may be old: drop what does not agree with it."""
        pool = PoolId.referred(address)
        page = self._pages.get(pool) if pool is not None else None
        if pool is None or page is None or page.agrees(address):
            return
        self.forget(pool)


class _Page:
    """One pool."""

    def __init__(self) -> None:
        self._given: dict[Key, Number | None] = {}  # by IPAddress; None for what is no address
        self.numbers: Counter[Number] = Counter()  # one made by hand may have an address that another one has

    def put(self, address: Json) -> None:
        key, number = Key.of(address), _number(address)
        self.drop(key)
        self._given[key] = number
        if number is not None:
            self.numbers[number] += 1

    def drop(self, key: Key) -> None:
        number = self._given.pop(key, None)
        if number is not None:
            self.numbers[number] -= 1
            if not self.numbers[number]:
                del self.numbers[number]

    def agrees(self, address: Json) -> bool:
        key = Key.of(address)
        if key not in self._given:
            return is_deleting(address)  # what goes is taken from the page before its last news comes
        return self._given[key] == _number(address)


def _number(address: Json) -> Number | None:
    try:
        return number_of(parse_address(address["spec"]["address"]))
    except IPRangeError:
        return None
