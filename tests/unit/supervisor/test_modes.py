"""Where supervisor mode runs, and how VMs are switched off."""

from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.api.vmoperator.kinds import KINDS as VM_OPERATOR_KINDS
from fairlead.api.vmoperator.kinds import VIRTUAL_MACHINE
from fairlead.app.program import Program
from fairlead.app.settings import Settings, VCenterAccess
from fairlead.app.supervisor import LAB_KINDS, has_vm_operator
from fairlead.controllers.contract import CLUSTER
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.ids import Ids
from fairlead.runtime.virtual import run_virtual
from fairlead.server.server import ApiServer

from .site import NAME, NAMESPACE, Site, everything, run


@pytest.mark.parametrize(("kinds", "found"), [((), False), (VM_OPERATOR_KINDS, True)], ids=["plain", "supervisor"])
def test_cluster_with_vm_operator_is_a_supervisor(kinds: tuple, found: bool) -> None:  # type: ignore[type-arg]
    """A cluster that is given is one when it has the definition of VirtualMachines."""

    async def main() -> None:
        server = ApiServer(LoopClock(), Ids(1), kinds)
        await server.start()
        assert await has_vm_operator(server.client()) is found
        await server.stop()

    run_virtual(main())


def test_kinds_are_served_in_the_lab_only(tmp_path: Path) -> None:
    """With a real vCenter behind our own API nobody would make the VMs."""
    assert Program(Settings(tmp_path))._lab_kinds() == LAB_KINDS
    real = VCenterAccess("vcenter.test", "user", "password")
    assert Program(Settings(tmp_path, vcenter=real))._lab_kinds() == ()


@pytest.mark.parametrize(
    ("mode", "tools", "seconds"),
    [
        pytest.param("hard", True, 5, id="hard"),
        pytest.param("trySoft", True, 20, id="try-soft"),
        pytest.param("trySoft", False, 20, id="try-soft-without-tools"),
        pytest.param("soft", True, 20, id="soft"),
    ],
)
def test_power_off_modes(mode: str, tools: bool, seconds: int) -> None:
    """A guest that can be asked shuts down by itself; without tools trySoft cuts the power."""

    async def scenario(site: Site) -> None:
        await site.up(everything(1, 0, powerOffMode=mode))
        [name] = site.vms()
        if not tools:
            site.world.vcenter.set_guest(site.vms()[name].id, tools=False)
        await site.client.delete(VIRTUAL_MACHINE, name, NAMESPACE)
        first = site.vms()[name].id

        async def gone() -> bool:
            return first not in {vm.id for vm in site.vms().values()}

        took = await site.until(gone, "the end of the VM")
        assert took <= timedelta(seconds=seconds)

    run(scenario)


def test_guest_that_does_not_go_down_is_cut_off() -> None:
    """trySoft waits five minutes for a guest that was asked."""

    async def scenario(site: Site) -> None:
        await site.up(everything(1, 0, powerOffMode="trySoft"))
        site.world.vcenter.shut_down_guest = lambda *_: None  # type: ignore[method-assign]
        await site.client.delete(CLUSTER, NAME, NAMESPACE)
        await site.world.settle(timedelta(minutes=4))
        assert len(site.vms()) == 1

        async def gone() -> bool:
            return not site.vms()

        took = await site.until(gone, "the end of the VM")
        assert took < timedelta(minutes=2)

    run(scenario)
