"""Which vCenter a name means: the simulated one in this process, or a real one over SOAP."""

from __future__ import annotations

from collections.abc import Collection

from fairlead.lab.vcenter import DirectConnector, endpoint
from fairlead.vsphere.port import Session


class OwnFirst:
    """Implements `vsphere.port.Connector`; `hosts` are the addresses (host:port) of the simulated vCenter."""

    def __init__(self, own: DirectConnector, hosts: Collection[str]) -> None:
        self._own = own
        self._hosts = frozenset(hosts)

    async def connect(self, server: str, username: str, password: str, thumbprint: str = "") -> Session:
        """See `port.Connector.connect`."""
        if endpoint(server)[1] in self._hosts:
            return await self._own.connect(server, username, password, thumbprint)
        from fairlead.vsphere.pyvmomi.connector import PyvmomiConnector  # slow to load, and seldom needed in a lab

        return await PyvmomiConnector().connect(server, username, password, thumbprint)
