"""The simulated vCenter as govc sees it, a client that nobody here wrote."""

from __future__ import annotations

import asyncio
import json
import os
import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fairlead.runtime.clock import WallClock
from fairlead.testing import peers
from fairlead.vcenter.simulator import VCenter
from fairlead.vcenter.soap.server import SoapServer

ABSENT = peers.missing("govc")
POOL = "/DC0/host/DC0_C0/Resources"
TEMPLATE = "ubuntu-2404-kube-v1.35.0"

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(bool(ABSENT), reason=ABSENT),
]


class Lab:
    """A simulated vCenter on a loop of its own thread, and govc pointed at it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self.run(self._start())

    async def _start(self) -> None:
        self.vcenter = VCenter(WallClock(), random.Random(11))
        self.server = SoapServer(self.vcenter)
        await self.server.start()

    async def _stop(self) -> None:
        await self.server.stop()
        await self.vcenter.stop()

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def call(self, work: Callable[[], Any]) -> Any:
        """Run a function on the simulator's loop."""

        async def run() -> Any:
            return work()

        return self.run(run())

    def stop(self) -> None:
        self.run(self._stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def govc(self, *args: str, password: str = "fairlead") -> tuple[int, str]:
        """Return the exit code and what was printed, both streams."""
        environment = os.environ | {
            "GOVC_URL": f"{self.server.url}/sdk",
            "GOVC_USERNAME": "administrator@vsphere.local",
            "GOVC_PASSWORD": password,
            "GOVC_INSECURE": "1",
            "GOVC_PERSIST_SESSION": "false",
        }
        return asyncio.run(_output(list(args), environment))

    def ok(self, *args: str) -> str:
        code, text = self.govc(*args)
        assert code == 0, text
        return text

    def json(self, *args: str) -> Any:
        return json.loads(self.ok(args[0], "-json", *args[1:]))


async def _output(args: list[str], environment: dict[str, str]) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        str(peers.find("govc")),
        *args,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    text, _ = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode or 0, text.decode()


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    made = Lab()
    yield made
    made.stop()


@pytest.fixture
def vm(lab: Lab) -> Iterator[str]:
    """A powered-off clone, destroyed afterwards."""
    lab.ok("vm.clone", "-vm", TEMPLATE, "-on=false", "-pool", POOL, "box")
    yield "box"
    lab.govc("vm.destroy", "box")


def test_about_names_a_vcenter(lab: Lab) -> None:
    about = lab.json("about")["about"]
    assert about["apiType"] == "VirtualCenter"
    assert about["instanceUuid"] == lab.vcenter.instance_uuid


def test_wrong_password_is_refused(lab: Lab) -> None:
    code, text = lab.govc("ls", password="wrong")
    assert code == 1
    assert "ServerFaultCode: Login failure" in text


def test_pinned_thumbprint_is_what_govc_reads(lab: Lab) -> None:
    """The certificate's thumbprints, as govc prints them, are the ones the server tells."""
    text = lab.ok("about.cert", "-k")
    assert lab.server.thumbprint in text
    assert lab.server.thumbprint_sha1 in text


def test_inventory_is_listed(lab: Lab) -> None:
    assert lab.ok("ls").split() == ["/DC0/vm", "/DC0/host", "/DC0/datastore", "/DC0/network"]
    assert f"/DC0/vm/{TEMPLATE}" in lab.ok("ls", "/DC0/vm").split()
    found = lab.ok("find", "/", "-type", "p").split()
    assert found == [POOL]
    assert "/DC0/network/DC0_DVPG0" in lab.ok("find", "/", "-type", "n").splitlines()
    assert "LocalDS_0" in lab.ok("tree", "-l")


def test_sizes_are_told(lab: Lab) -> None:
    assert "Capacity:  10240.0 GB" in lab.ok("datastore.info")
    assert "Name:               Resources" in lab.ok("pool.info", POOL)
    assert "DC0_C0_H1" in lab.ok("host.info", "-host", "DC0_C0_H1")
    assert "pvscsi-1000" in lab.ok("device.ls", "-vm", TEMPLATE)


def test_clone_takes_hardware_and_network(lab: Lab) -> None:
    lab.ok("vm.clone", "-vm", TEMPLATE, "-on=false", "-c", "4", "-m", "8192", "-net", "DC0_DVPG0", "-pool", POOL, "big")
    try:
        info = lab.json("vm.info", "big")["virtualMachines"][0]
        assert info["config"]["hardware"]["numCPU"] == 4
        assert info["config"]["hardware"]["memoryMB"] == 8192
        assert "DVSwitch" in lab.ok("device.info", "-vm", "big", "ethernet-*")
    finally:
        lab.ok("vm.destroy", "big")


def test_name_that_exists_is_refused(lab: Lab, vm: str) -> None:
    code, text = lab.govc("vm.clone", "-vm", TEMPLATE, "-on=false", "-pool", POOL, vm)
    assert code == 1
    assert "The name 'box' already exists." in text


def test_power_and_address(lab: Lab, vm: str) -> None:
    """A guest's address appears to a client that waits for it."""
    lab.ok("vm.power", "-on", vm)
    assert "poweredOn" in lab.ok("object.collect", "-s", f"/DC0/vm/{vm}", "runtime.powerState")
    id_ = lab.vcenter.inventory.by_path(f"/DC0/vm/{vm}").id
    timer = threading.Timer(
        0.5,
        lambda: lab.call(
            lambda: lab.vcenter.set_guest(id_, hostname="box", ips={4000: ("192.0.2.7", "fe80::1")}, tools=True)
        ),
    )
    timer.start()
    assert lab.ok("vm.ip", "-wait", "20s", vm).strip() == "192.0.2.7"
    timer.join()
    code, text = lab.govc("vm.destroy", vm)
    assert code == 0, text  # govc powers it off first


def test_power_on_twice_says_why(lab: Lab, vm: str) -> None:
    lab.ok("vm.power", "-on", vm)
    code, text = lab.govc("vm.power", "-on", vm)
    assert code == 1
    assert "cannot be performed in the current state (Powered on)" in text


def test_extra_config_is_kept(lab: Lab, vm: str) -> None:
    lab.ok("vm.change", "-vm", vm, "-e", "guestinfo.role=worker", "-annotation", "mine")
    assert "guestinfo.role:  worker" in lab.ok("vm.info", "-e", vm)
    assert lab.json("vm.info", vm)["virtualMachines"][0]["config"]["annotation"] == "mine"


def test_snapshots_and_linked_clones(lab: Lab, vm: str) -> None:
    lab.ok("snapshot.create", "-vm", vm, "base")
    assert "base" in lab.ok("snapshot.tree", "-vm", vm)
    lab.ok("vm.clone", "-vm", vm, "-snapshot", "base", "-link", "-on=false", "-pool", POOL, "thin")
    disk = lab.vcenter.inventory.by_path("/DC0/vm/thin").disks[0]
    assert disk.backing_parent == "[LocalDS_0] box/box.vmdk"
    lab.ok("vm.destroy", "thin")
    lab.ok("snapshot.remove", "-vm", vm, "base")


def test_folders_templates_and_names(lab: Lab, vm: str) -> None:
    lab.ok("folder.create", "/DC0/vm/team")
    lab.ok("object.mv", f"/DC0/vm/{vm}", "/DC0/vm/team")
    lab.ok("vm.markastemplate", vm)
    assert lab.ok("object.collect", "-s", "/DC0/vm/team/box", "config.template").strip() == "true"
    code, _ = lab.govc("vm.power", "-on", vm)
    assert code == 1, "a template has no power"
    lab.ok("vm.markasvm", "-pool", POOL, vm)
    lab.ok("object.rename", "/DC0/vm/team/box", "crate")
    assert lab.ok("ls", "/DC0/vm/team").split() == ["/DC0/vm/team/crate"]
    lab.ok("object.destroy", "/DC0/vm/team")
    assert "/DC0/vm/team" not in lab.ok("ls", "/DC0/vm")


def test_tasks_and_events_are_told(lab: Lab, vm: str) -> None:
    lab.ok("vm.power", "-on", vm)
    assert "PowerOnVM" in lab.ok("tasks")
    assert f"{TEMPLATE} cloned to {vm} on host" in lab.ok("events", "-n", "200")
    assert f"{vm} on" in lab.ok("events", "-n", "50", f"/DC0/vm/{vm}")


def test_collect_waits_for_a_change(lab: Lab, vm: str) -> None:
    """`object.collect` with a condition returns when the property reaches it, through WaitForUpdatesEx."""
    id_ = lab.vcenter.inventory.by_path(f"/DC0/vm/{vm}").id

    def switch_on() -> None:
        from fairlead.vcenter.work import Power

        lab.call(lambda: lab.vcenter.submit(Power(vm=id_, op="on"), "test"))

    timer = threading.Timer(0.5, switch_on)
    timer.start()
    text = lab.ok("object.collect", "-wait", "20s", f"/DC0/vm/{vm}", "-runtime.powerState", "poweredOn")
    timer.join()
    assert "poweredOn" in text


def test_all_properties_are_read(lab: Lab) -> None:
    """All of an object's properties can be read at once, as `-json` does."""
    everything = lab.json("object.collect", f"/DC0/vm/{TEMPLATE}")
    names = (
        {c["name"] for c in everything["changeSet"]}
        if isinstance(everything, dict)
        else {c["name"] for c in everything}
    )
    assert {"config", "guest", "runtime", "summary", "layoutEx"} <= names
