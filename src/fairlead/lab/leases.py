"""The lab's DHCP: an address for each network card, the same one as long as the card exists."""

import ipaddress
from collections.abc import Iterable
from itertools import chain

DEFAULT_SUBNET = ipaddress.ip_network("10.10.0.0/16")
FIRST_HOST = 10


class AddressPoolEmptyError(Exception):
    """No address is left in a network."""


class Leases:
    """Addresses by MAC. Each network has a /16 of its own, in the order in which networks are first seen."""

    def __init__(self) -> None:
        self._networks: dict[str, int] = {}
        self._by_mac: dict[str, str] = {}
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def lease(self, network: str, mac: str) -> str:
        """The address of *mac*. Raises: AddressPoolEmptyError."""
        known = self._by_mac.get(mac)
        if known is not None:
            return known
        index = self._networks.setdefault(network, len(self._networks))
        base = int(DEFAULT_SUBNET.network_address) + (index << 16)
        start = self._next.get(network, FIRST_HOST)
        for number in chain(range(start, 65534), range(FIRST_HOST, start)):
            address = str(ipaddress.ip_address(base + number))
            if address not in self._taken:
                self._next[network] = number + 1
                self.restore(mac, address)
                return address
        raise AddressPoolEmptyError(f"network {network!r} has no free address left")

    def restore(self, mac: str, address: str) -> None:
        """Remember a lease that was given before."""
        self._by_mac[mac] = address
        self._taken.add(address)

    def release(self, macs: Iterable[str]) -> None:
        """The cards are gone."""
        for mac in macs:
            self._taken.discard(self._by_mac.pop(mac, ""))
