"""The port's contract, kept by the pyVmomi adapter against our simulator over HTTPS on loopback."""

import asyncio
import random
import socket

import pytest

from fairlead.runtime.clock import WallClock
from fairlead.testing.vcenter_contract import Site, check_vcenter
from fairlead.vcenter.simulator import VCenter
from fairlead.vcenter.soap.server import SoapServer
from fairlead.vsphere.pyvmomi import PyvmomiConnector


def closed_port() -> int:
    """Return a port of loopback where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
def test_pyvmomi_adapter_keeps_the_contract(digest: str) -> None:
    """Both lengths of thumbprint are accepted, and all the port's calls work over the wire."""

    async def main() -> None:
        vcenter = VCenter(WallClock(), random.Random(3))
        server = SoapServer(vcenter)
        await server.start()
        try:
            site = Site(
                server=server.url,
                username="administrator@vsphere.local",
                password="fairlead",
                template="ubuntu-2404-kube-v1.35.0",
                thumbprint=server.certificate.thumbprint(digest),
                closed_server=f"127.0.0.1:{closed_port()}",
            )
            await check_vcenter(PyvmomiConnector(), site)
        finally:
            await server.stop()
            await vcenter.stop()

    asyncio.run(main())
