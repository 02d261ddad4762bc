"""The vSphere controllers through pyVmomi on vcsim, a vCenter that nobody here wrote, up to VMs that run."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import timedelta
from typing import Any

import pytest

from fairlead.api.infrastructure.kinds import VSPHERE_CLUSTER, VSPHERE_MACHINE, VSPHERE_VM
from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK, Json, get_in
from fairlead.controllers.contract import CLUSTER, MACHINE, SECRET
from fairlead.runtime.clock import WallClock
from fairlead.testing import peers
from fairlead.testing.fleet import NAME, NAMESPACE, Fleet, Written
from fairlead.testing.world import World
from fairlead.vsphere.pyvmomi import PyvmomiConnector

ABSENT = peers.missing("vcsim", "govc")
pytestmark = [pytest.mark.peer, pytest.mark.skipif(bool(ABSENT), reason=ABSENT)]

LIMIT, STEP = timedelta(seconds=30), timedelta(milliseconds=200)
SOURCE = "DC0_C0_RP0_VM0"  # one of vcsim's own VMs stands for the template


@pytest.fixture(scope="module")
def vcsim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[peers.Vcsim]:
    with peers.vcsim(tmp_path_factory.mktemp("vcsim")) as running:
        yield running


def written(vcsim: peers.Vcsim, **more: Any) -> Written:
    machine = (("template", SOURCE), ("numCPUs", 3), ("memoryMiB", 3072))
    parts = {"server": f"https://{vcsim.server}", "username": vcsim.username, "password": vcsim.password}
    return Written(workers=0, vm=machine, worker_vm=machine, **{**parts, **more})


def run(scenario: Callable[[Fleet], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        world = World(clock=WallClock(), connector=lambda vcenter: PyvmomiConnector())
        await world.start()
        try:
            await asyncio.wait_for(scenario(Fleet(world, STEP)), 120)
        finally:
            await world.stop()

    asyncio.run(main())


async def govc(vcsim: peers.Vcsim, *words: str) -> str:
    environment = os.environ | {
        "GOVC_URL": f"https://{vcsim.server}/sdk",
        "GOVC_USERNAME": vcsim.username,
        "GOVC_PASSWORD": vcsim.password,
        "GOVC_INSECURE": "1",
        "GOVC_PERSIST_SESSION": "false",
    }
    process = await asyncio.create_subprocess_exec(
        str(peers.find("govc")), *words, env=environment, stdout=-1, stderr=-1
    )
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, err.decode()
    return out.decode()


async def vms(vcsim: peers.Vcsim) -> set[str]:
    """The names of what is in vcsim, its own VMs left out."""
    found = (await govc(vcsim, "find", "/DC0/vm", "-type", "m")).splitlines()
    return {path.rpartition("/")[2] for path in found if "/DC0_" not in path}


async def the_only(fleet: Fleet, gvk: GVK) -> Json:
    [found] = await fleet.all(gvk)
    return found


def holds(fleet: Fleet, gvk: GVK, judge: Callable[[Json], bool]) -> Callable[[], Awaitable[bool]]:
    """Whether there is one object of a kind, and *judge* says yes."""

    async def condition() -> bool:
        found = await fleet.all(gvk)
        return len(found) == 1 and judge(found[0])

    return condition


def test_control_plane_vm_runs_and_goes(vcsim: peers.Vcsim) -> None:
    """Cloned with its size and user data, powered on, found by its address, and destroyed with its cluster."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.push(written(vcsim))
        waits = holds(fleet, VSPHERE_VM, lambda vm: "WaitingForIPAllocation" in str(get_in(vm, "status", "conditions")))
        await fleet.until(waits, "a VM that runs and has no address yet", LIMIT)
        name = (await the_only(fleet, VSPHERE_VM))["metadata"]["name"]
        assert await vms(vcsim) == {name}
        info = json.loads(await govc(vcsim, "vm.info", "-json", "-e", name))["virtualMachines"][0]
        assert info["runtime"]["powerState"] == "poweredOn"
        assert (info["config"]["hardware"]["numCPU"], info["config"]["hardware"]["memoryMB"]) == (3, 3072)
        check_guestinfo(name, {option["key"]: option["value"] for option in info["config"]["extraConfig"]})

        await govc(vcsim, "vm.change", "-vm", name, "-e", "SET.guest.ipAddress=192.0.2.30")
        ready = holds(fleet, VSPHERE_MACHINE, lambda machine: bool(get_in(machine, "spec", "providerID")))
        await fleet.until(ready, "the machine's providerID", LIMIT)
        machine = await the_only(fleet, VSPHERE_MACHINE)
        assert machine["spec"]["providerID"] == f"vsphere://{info['config']['uuid']}"
        assert "192.0.2.30" in {each["address"] for each in machine["status"]["addresses"]}

        await fleet.client.delete(CLUSTER, NAME, NAMESPACE)

        async def gone() -> bool:
            return not await vms(vcsim) and not await fleet.all(CLUSTER) and not await fleet.all(MACHINE)

        await fleet.until(gone, "the end", LIMIT)
        assert fleet.world.manager.errors == {}

    run(scenario)


def check_guestinfo(name: str, settings: dict[str, str]) -> None:
    userdata = base64.b64decode(settings["guestinfo.userdata"]).decode()
    assert "#cloud-config" in userdata
    assert "kubeadm init" in userdata
    metadata = goyaml.load(base64.b64decode(settings["guestinfo.metadata"]))
    assert isinstance(metadata, dict)
    assert metadata["local-hostname"] == name
    assert metadata["network"]["ethernets"]["id0"]["match"]["macaddress"]


def test_wrong_password_and_its_cure(vcsim: peers.Vcsim) -> None:
    """The condition carries vCenter's own words; the right password in the Secret is enough to go on."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.push(written(vcsim, password="wrong"))
        failed = holds(
            fleet, VSPHERE_CLUSTER, lambda obj: "failed to login" in str(get_in(obj, "status", "conditions"))
        )
        await fleet.until(failed, "the refusal", LIMIT)
        status, reason, message = await fleet.condition(VSPHERE_CLUSTER, NAME, "VCenterAvailable")
        assert (status, reason) == ("False", "VCenterUnreachable")
        assert "incorrect user name or password" in message or "Login failure" in message
        assert not await vms(vcsim)
        secret = {"stringData": {"password": vcsim.password}}
        await fleet.client.patch(SECRET, NAME, NAMESPACE, secret, field_manager="kubectl")

        async def available() -> bool:
            return (await fleet.condition(VSPHERE_CLUSTER, NAME, "VCenterAvailable"))[0] == "True"

        await fleet.until(available, "the session", LIMIT)
        await fleet.client.delete(CLUSTER, NAME, NAMESPACE)

        async def gone() -> bool:
            return not await vms(vcsim) and not await fleet.all(CLUSTER)

        await fleet.until(gone, "the end", LIMIT)

    run(scenario)


def test_missing_names_are_told(vcsim: peers.Vcsim) -> None:
    """A template that vcsim does not have: the VM's condition names it and its place; nothing is cloned."""

    async def scenario(fleet: Fleet) -> None:
        plan = written(vcsim)
        await fleet.push(plan.change(vm=(*plan.vm, ("template", "ubuntu-nowhere"))))
        failed = holds(fleet, VSPHERE_VM, lambda vm: "ubuntu-nowhere" in str(get_in(vm, "status", "conditions")))
        await fleet.until(failed, "the complaint", LIMIT)
        vm = await the_only(fleet, VSPHERE_VM)
        _, _, message = await fleet.condition(VSPHERE_VM, vm["metadata"]["name"], "VirtualMachineProvisioned")
        assert message.startswith('unable to find template by name "ubuntu-nowhere"')
        assert not await vms(vcsim)
        await fleet.client.delete(CLUSTER, NAME, NAMESPACE)

        async def gone() -> bool:
            return not await fleet.all(CLUSTER)

        await fleet.until(gone, "the end", LIMIT)

    run(scenario)
