"""A machine that was a node is one again after it was off; what it held in memory is not missed."""

import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from crashing import NODE, Lab, run
from test_crashes import SKIFF, repository

from fairlead.base.objects import get_in
from fairlead.runtime.conditions import is_true
from fairlead.vcenter import work
from fairlead.vcenter.model import VM

USER = "administrator@vsphere.local"
MOMENT = timedelta(seconds=20)


def test_machines_switched_off_and_on(tmp_path: Path) -> None:
    """The control plane's API goes away with its only machine and comes back, with the same nodes and etcd member."""

    async def switch(lab: Lab) -> None:
        vcenter = lab.simulation.vcenter
        [cluster] = lab.simulation.guests.clusters
        members = await cluster.etcd().members()
        vms = [vm for vm in vcenter.inventory.all(VM) if not vm.template]
        for vm in vms:
            vcenter.submit(work.Power(vm=vm.id, op="off"), USER)
        await lab.clock.sleep(MOMENT)
        assert not cluster.is_up
        assert lab.simulation.network.sites == {}
        for vm in vms:
            vcenter.submit(work.Power(vm=vm.id, op="on"), USER)
        await lab.clock.sleep(MOMENT)
        assert await cluster.etcd().members() == members
        nodes = (await cluster.admin.list(NODE)).items
        assert sorted(node["metadata"]["name"] for node in nodes) == sorted(vm.name for vm in vms)
        assert all(is_true(get_in(node, "status", "conditions"), "Ready") for node in nodes)
        await lab.until_ready([SKIFF])

    run((), repository(tmp_path, [SKIFF]), [SKIFF], seed=1, then=switch)


def test_rebooted_while_the_process_was_down(tmp_path: Path) -> None:
    """Off when the process was killed, on later: the machine takes its place again."""
    url = repository(tmp_path, [SKIFF])

    async def off(lab: Lab) -> None:
        for vm in lab.simulation.vcenter.inventory.all(VM):
            if not vm.template and "workers" in vm.name:
                lab.simulation.vcenter.submit(work.Power(vm=vm.id, op="off"), USER)
        await lab.clock.sleep(timedelta(seconds=1))
        down.extend(lab.storages.log)
        for vm in lab.simulation.vcenter.inventory.all(VM):  # so that this run ends as it began
            if not vm.template and not vm.is_on:
                lab.simulation.vcenter.submit(work.Power(vm=vm.id, op="on"), USER)
        await lab.until_ready([SKIFF])

    down: list = []
    state, _, ended = run((), url, [SKIFF], seed=1, then=off)

    async def on(lab: Lab) -> None:
        return None

    again, _, _ = run(down, url, [SKIFF], seed=2, epoch=ended + timedelta(seconds=10), then=on)
    assert again == state
