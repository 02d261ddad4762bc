"""The port's contract, kept by the direct adapter in virtual time."""

import random
from datetime import timedelta

import pytest

from fairlead.lab.vcenter import DirectConnector
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.virtual import run_virtual
from fairlead.testing.vcenter_contract import Site, check_vcenter
from fairlead.vcenter.simulator import VCenter
from fairlead.vcenter.tasks import Delays

SITE = Site(
    server="https://vcenter.test",
    username="administrator@vsphere.local",
    password="fairlead",
    template="ubuntu-2404-kube-v1.35.0",
    thumbprint=":".join(["AB"] * 32),
    closed_server="other.test",
)


@pytest.mark.parametrize("seconds", [0, 90], ids=["at-once", "slow"])
def test_direct_adapter_keeps_the_contract(seconds: int) -> None:
    """With and without delays, each operation tells its end through the watch."""

    async def main() -> None:
        delay = timedelta(seconds=seconds)
        delays = Delays(clone=delay / 10, power_on=delay / 20, destroy=delay / 20)
        vcenter = VCenter(LoopClock(), random.Random(7), delays=delays)
        connector = DirectConnector(vcenter, hosts={"vcenter.test:443"}, thumbprints=["AB" * 20, "AB" * 32])
        await check_vcenter(connector, SITE)

    run_virtual(main())
