"""What the commands say of clusters on a supervisor."""

from datetime import timedelta

from fairlead.base.objects import GVK, Json
from fairlead.cli import kinds
from fairlead.cli.fleet import Fleet, Id
from fairlead.cli.status import SECTIONS
from fairlead.cli.terminal import Paint
from fairlead.cli.tree import Forest, render

from .site import NAME, NAMESPACE, Site, everything, run


async def fleet_of(site: Site) -> Fleet:
    found: list[Json] = []
    for resource in kinds.CLUSTER_API:
        found += await site.all(GVK(resource.group, resource.version, resource.kind))
    return Fleet(found)


def test_deepest_cause_is_the_virtual_machine() -> None:
    """Of a missing class the VirtualMachine is named first, with what it holds up; the cluster is last."""

    async def scenario(site: Site) -> None:
        await site.apply(*everything(nodes=0, className="gold"))
        await site.world.settle(timedelta(seconds=30))
        first = (await fleet_of(site)).causes[0]
        assert first.id.kind == "VirtualMachine"
        assert first.health.message.startswith('virtualmachineclasses.vmoperator.vmware.com "gold" not found')
        assert Id("Cluster", NAMESPACE, NAME) in first.holds_up

    run(scenario)


def test_virtual_machines_are_counted_and_shown() -> None:
    """The table counts them as VMs, the tree has each below its machine, and one that is off is not ready."""

    async def scenario(site: Site) -> None:
        await site.up()
        fleet = await fleet_of(site)
        [clusters] = [section for section in SECTIONS if section.title == "CLUSTERS"]
        [cluster] = fleet.of_kind("Cluster")
        assert clusters.cells(fleet, cluster)[4] == "2/2"
        text = "\n".join(render(fleet, Forest(fleet).roots(), Paint(False)))
        [worker] = await site.machines(control_plane=False)
        vm = site.vms()[worker]
        host = (await site.virtual_machine(worker))["status"]["host"]
        assert f"VM {worker}  {next(iter(vm.guest.ips.values()))[0]} {host}" in text
        await site.switch_off(worker)
        await site.world.settle(timedelta(seconds=5))
        fleet = await fleet_of(site)
        [cluster] = fleet.of_kind("Cluster")
        assert clusters.cells(fleet, cluster)[4] == "1/2"

    run(scenario)
