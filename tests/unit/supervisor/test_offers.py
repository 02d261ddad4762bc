"""What the lab's supervisor offers: zones, storage classes, and in vSphere Namespaces classes and images."""

from datetime import timedelta

import pytest

from fairlead.api.vmoperator.kinds import (
    AVAILABILITY_ZONE,
    VIRTUAL_MACHINE,
    VIRTUAL_MACHINE_CLASS,
    VIRTUAL_MACHINE_IMAGE,
)
from fairlead.base.objects import GVK, Json, get_in
from fairlead.lab.vmoperator.supervisor import STORAGE_CLASS, Supervisor, object_name
from fairlead.runtime.client import PatchType
from fairlead.vcenter.layout import DEFAULT, ClusterLayout, DatacenterLayout, Layout, TemplateLayout, parse_layout
from fairlead.vcenter.model import VM, Cluster, Host
from fairlead.vcenter.work import Destroy

from .site import NAMESPACE, Site, cluster, everything, machine_spec, run

TWO_ZONES = Layout(
    datacenters=(
        DatacenterLayout(
            name="DC0",
            clusters=(ClusterLayout(name="East"), ClusterLayout(name="West")),
            templates=(TemplateLayout(name="ubuntu-2404-kube-v1.35.0"),),
        ),
    )
)


def namespace(name: str, **labels: str) -> Json:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


async def shown(site: Site, where: str) -> list[str]:
    images = (await site.client.list(VIRTUAL_MACHINE_IMAGE, where)).items
    return sorted(get_in(image, "status", "name", default="") for image in images)


def test_supervisor_without_users() -> None:
    """A zone for each compute cluster and a storage class for each policy; namespaces are left as they are."""

    async def scenario(site: Site) -> None:
        await site.client.create(namespace("quiet"))
        await site.world.settle(timedelta(minutes=1))
        assert [zone["metadata"]["name"] for zone in await site.all(AVAILABILITY_ZONE)] == ["dc0-c0"]
        [storage] = await site.all(STORAGE_CLASS)
        assert storage["metadata"]["name"] == "management-storage-policy-regular"
        assert storage["parameters"]["storagePolicyID"]
        assert await site.all(VIRTUAL_MACHINE_IMAGE) == []
        assert await site.all(VIRTUAL_MACHINE_CLASS) == []

    run(scenario)


@pytest.mark.parametrize("by", ["label", "cluster", "virtual-machine"])
def test_vsphere_namespaces(by: str) -> None:
    """A label, a VSphereCluster or a VirtualMachine makes a namespace one; it gets all classes and images."""

    async def scenario(site: Site) -> None:
        if by == "label":
            await site.client.create(namespace(NAMESPACE, vSphereClusterID="domain-c8"))
        elif by == "cluster":
            await site.apply(cluster()[1])
        else:
            metadata = {"name": "vm", "namespace": NAMESPACE}
            await site.apply(
                {"apiVersion": VIRTUAL_MACHINE.api_version, "kind": "VirtualMachine", "metadata": metadata, "spec": {}}
            )
        await site.world.settle(timedelta(seconds=2))
        assert len(await site.all(VIRTUAL_MACHINE_CLASS)) == 16
        templates = sorted(template.name for template in DEFAULT.datacenters[0].templates)
        assert await shown(site, NAMESPACE) == templates
        image = (await site.all(VIRTUAL_MACHINE_IMAGE))[0]
        assert image["status"]["conditions"][0]["status"] == "True"
        assert image["status"]["hardwareVersion"] == 19

    run(scenario)


def test_classes_of_the_inventory_file() -> None:
    """`vmClasses` of the inventory file takes the place of the classes of a new supervisor."""
    layout = parse_layout({"vmClasses": [{"name": "gold", "cpus": 6, "memoryGiB": 12, "guaranteed": True}]})

    async def scenario(site: Site) -> None:
        await site.up(everything(1, 0, className="gold"))
        [found] = await site.all(VIRTUAL_MACHINE_CLASS)
        assert found["spec"]["hardware"] == {"cpus": 6, "memory": "12Gi"}
        [vm] = site.vms().values()
        assert (vm.cpus, vm.memory_mib, vm.memory.reservation) == (6, 12288, 12288)

    run(scenario, layout=layout)


def test_classes_taken_away_stay_away() -> None:
    """Classes are given once, so that a namespace can be kept from one."""

    async def scenario(site: Site) -> None:
        await site.apply(cluster()[1])
        await site.world.settle(timedelta(seconds=2))
        await site.client.delete(VIRTUAL_MACHINE_CLASS, "best-effort-small", NAMESPACE)
        body = {"metadata": {"labels": {"a": "b"}}}
        await site.client.patch(GVK("", "v1", "Namespace"), NAMESPACE, "", body, PatchType.MERGE)
        await site.world.settle(timedelta(seconds=2))
        assert len(await site.all(VIRTUAL_MACHINE_CLASS)) == 15

    run(scenario)


def test_images_follow_the_templates() -> None:
    """An image goes with its template."""

    async def scenario(site: Site) -> None:
        await site.apply(cluster()[1])
        await site.world.settle(timedelta(seconds=2))
        [gone] = [vm for vm in site.world.vcenter.inventory.all(VM) if vm.name.endswith("v1.33.1")]
        site.world.vcenter.submit(Destroy(object=gone.id), "administrator@vsphere.local")
        await site.world.settle(timedelta(seconds=2))
        assert "ubuntu-2404-kube-v1.33.1" not in await shown(site, NAMESPACE)
        assert len(await shown(site, NAMESPACE)) == 4

    run(scenario)


def test_control_planes_are_spread_over_the_zones() -> None:
    """Each failure domain of the cluster is a compute cluster; VMs go to the zone of their machine."""

    async def scenario(site: Site) -> None:
        await site.up(everything(3, 0))
        inventory = site.world.vcenter.inventory
        where = {}
        for name, vm in site.vms().items():
            host = inventory.find(vm.host, Host)
            where[name] = object_name(inventory.find(host.parent, Cluster).name)
        assert set(where.values()) == {"east", "west"}
        for name, zone in where.items():
            machine = await site.virtual_machine(name)
            assert machine["metadata"]["labels"]["topology.kubernetes.io/zone"] == zone
            assert machine["status"]["zone"] == zone

    run(scenario, layout=TWO_ZONES)


def test_zone_that_is_none_is_told() -> None:
    """A failure domain that the supervisor does not have is named, with those it has."""

    async def scenario(site: Site) -> None:
        objects = everything(1, 1)
        objects[-1]["spec"]["template"]["spec"]["failureDomain"] = "north"
        await site.apply(*objects)
        await site.world.settle(timedelta(minutes=1))
        message = 'availabilityzones.topology.tanzu.vmware.com "north" not found: there are dc0-c0; set another '
        assert ("False", "NotFound", f"{message}failureDomain") in await site.provisioned()

    run(scenario)


def test_image_by_its_own_name() -> None:
    """Instead of the name that an image shows, its own name does, too."""

    async def scenario(site: Site) -> None:
        await site.apply(cluster()[1])
        await site.world.settle(timedelta(seconds=2))
        [name] = [
            image["metadata"]["name"]
            for image in await site.all(VIRTUAL_MACHINE_IMAGE)
            if image["status"]["name"].endswith("v1.35.0")
        ]
        assert name.startswith("vmi-")
        await site.up(everything(1, 0, imageName=name))

    run(scenario)


def test_two_images_that_show_one_name() -> None:
    """They must be told apart by their own names."""
    templates = tuple(TemplateLayout(name="twin", folder=folder) for folder in ("a", "b"))
    layout = Layout(datacenters=(DatacenterLayout(name="DC0", folders=("a", "b"), templates=templates),))

    async def scenario(site: Site) -> None:
        await site.apply(*everything(1, 0, **machine_spec(imageName="twin")))
        await site.world.settle(timedelta(seconds=30))
        [(status, reason, message)] = await site.provisioned()
        assert (status, reason) == ("False", "Unknown")
        assert message.startswith('multiple VM images exist for "twin" in namespace scope: there are vmi-')

    run(scenario, layout=layout)


def test_names_of_the_vcenters_things() -> None:
    """Policies and clusters have names that Kubernetes would not take."""
    assert object_name("Management Storage Policy - Regular") == "management-storage-policy-regular"
    assert object_name("DC0_C0") == "dc0-c0"
    found = Supervisor.of(TWO_ZONES)
    assert [zone.pool for zone in found.zones] == ["/DC0/host/East/Resources", "/DC0/host/West/Resources"]
    assert found.zone("") == found.zones[0]
    assert found.zone("north") is None
