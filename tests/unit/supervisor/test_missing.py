"""What a supervisor lacks is told by the machine: what is missing, where, what there is instead, and what to do."""

from datetime import timedelta

import pytest

from fairlead.api.supervisor.kinds import VSPHERE_MACHINE
from fairlead.api.vmoperator.kinds import RESOURCE_POLICY, VIRTUAL_MACHINE, VIRTUAL_MACHINE_CLASS
from fairlead.base.objects import Json, get_in
from fairlead.controllers.supervisor.vspheremachine import CLAIM
from fairlead.lab.vmoperator.supervisor import STORAGE_CLASS
from fairlead.runtime.conditions import find

from .site import NAMESPACE, Site, everything, run

CASES = [
    pytest.param(
        {"className": "gold"},
        "NotFound",
        'virtualmachineclasses.vmoperator.vmware.com "gold" not found in namespace fleet: there are '
        "best-effort-2xlarge, best-effort-4xlarge, best-effort-8xlarge, best-effort-large, best-effort-medium, "
        "best-effort-small, best-effort-xlarge, best-effort-xsmall and 8 more; give the namespace this class, or refer "
        "to a new VSphereMachineTemplate with another className",
        id="class",
    ),
    pytest.param(
        {"imageName": "photon-5"},
        "NotFound",
        'no VM image exists for "photon-5" in namespace or cluster scope (namespace fleet): there are '
        "ubuntu-2404-kube-v1.33.1, ubuntu-2404-kube-v1.34.1, ubuntu-2404-kube-v1.34.2, ubuntu-2404-kube-v1.35.0, "
        "ubuntu-2404-kube-v1.36.0; add a template of that name to the vCenter, or refer to a new "
        "VSphereMachineTemplate with another imageName",
        id="image",
    ),
    pytest.param(
        {"storageClass": "fast"},
        "NotFound",
        'storageclasses.storage.k8s.io "fast" not found: there are management-storage-policy-regular; refer to a new '
        "VSphereMachineTemplate with one of these as storageClass",
        id="storage-class",
    ),
    pytest.param(
        {"storageClass": None},
        "StorageClassRequired",
        "StorageClass is required but not specified: set storageClass in a new VSphereMachineTemplate; there are "
        "management-storage-policy-regular",
        id="no-storage-class",
    ),
]


@pytest.mark.parametrize(("change", "reason", "message"), CASES)
def test_missing_parts_are_named(change: Json, reason: str, message: str) -> None:
    """The machine takes over reason and text of VM Operator's condition in both forms; nothing is made or retried."""

    async def scenario(site: Site) -> None:
        await site.apply(*everything(nodes=0, **change))
        await site.world.settle(timedelta(seconds=30))
        assert await site.provisioned() == [("False", reason, message)]
        [machine] = await site.all(VSPHERE_MACHINE)
        assert machine["status"]["phase"] == "Pending"
        old = find(get_in(machine, "status", "deprecated", "v1beta1", "conditions"), "VMProvisioned")
        assert old is not None
        assert (old["reason"], old["severity"], old["message"]) == (reason, "Error", message)
        assert site.vms() == {}
        revision = site.world.server.store.revision
        await site.world.settle(timedelta(minutes=5))
        assert site.world.server.store.revision == revision

    run(scenario)


def test_class_that_comes_is_used_at_once() -> None:
    """Nobody need touch the machine when its class is given to the namespace."""

    async def scenario(site: Site) -> None:
        await site.apply(*everything(className="gold"))
        await site.world.settle(timedelta(seconds=30))
        gold = {
            "apiVersion": VIRTUAL_MACHINE_CLASS.api_version,
            "kind": VIRTUAL_MACHINE_CLASS.kind,
            "metadata": {"name": "gold", "namespace": NAMESPACE},
            "spec": {"hardware": {"cpus": 4, "memory": "6Gi"}},
        }
        await site.apply(gold)
        took = await site.until(site.is_up, "the cluster")
        assert took < timedelta(seconds=20)
        assert {(vm.cpus, vm.memory_mib) for vm in site.vms().values()} == {(4, 6144)}

    run(scenario)


def test_storage_class_that_comes_is_used_at_once() -> None:
    """The same of a storage class, which belongs to no namespace."""

    async def scenario(site: Site) -> None:
        await site.apply(*everything(storageClass="fast"))
        await site.world.settle(timedelta(seconds=30))
        [regular] = await site.all(STORAGE_CLASS)
        fast = {**regular, "metadata": {"name": "fast"}}
        await site.client.create(fast)
        await site.until(site.is_up, "the cluster")

    run(scenario)


def test_machine_named_badly_is_told() -> None:
    """A naming template that gives no object's name is refused with the template."""

    async def scenario(site: Site) -> None:
        objects = everything(naming={"template": "{{ .machine.name }}_vm"})
        with pytest.raises(Exception, match="generated name is not a valid Kubernetes object name"):
            await site.apply(*objects)

    run(scenario)


def test_virtual_machine_is_named_by_the_template() -> None:
    """The VirtualMachine, its VM and the node have the name that the template makes; deletion finds it."""

    async def scenario(site: Site) -> None:
        await site.up(everything(naming={"template": "{{ .machine.name | trunc 60 }}-vm"}))
        machines = [*await site.machines(control_plane=True), *await site.machines(control_plane=False)]
        assert set(site.vms()) == {f"{name}-vm" for name in machines} == set(await site.nodes())
        for machine in await site.all(VSPHERE_MACHINE):
            await site.client.delete(VIRTUAL_MACHINE, f"{machine['metadata']['name']}-vm", NAMESPACE)
        await site.until(site.is_up, "the cluster")

    run(scenario)


def test_policy_taken_away_is_made_again() -> None:
    """The resource policy is kept, too."""

    async def scenario(site: Site) -> None:
        await site.up()
        [before] = await site.all(RESOURCE_POLICY)
        await site.client.delete(RESOURCE_POLICY, before["metadata"]["name"], NAMESPACE)
        await site.world.settle(timedelta(seconds=2))
        [after] = await site.all(RESOURCE_POLICY)
        assert after["metadata"]["uid"] != before["metadata"]["uid"]
        assert after["spec"] == before["spec"]

    run(scenario)


def test_oldest_hardware_is_kept() -> None:
    """A template with older virtual hardware is upgraded before the VM runs."""

    async def scenario(site: Site) -> None:
        await site.up(everything(minHardwareVersion="vmx-20"))
        assert {vm.hardware for vm in site.vms().values()} == {"vmx-20"}

    run(scenario)


def test_volumes_are_claims_and_disks() -> None:
    """Each volume of a machine is a claim that it owns, and a disk of its VM."""

    async def scenario(site: Site) -> None:
        await site.up(everything(volumes=[{"name": "etcd", "capacity": {"storage": "4Gi"}}]))
        machines = await site.all(VSPHERE_MACHINE)
        claims = {c["metadata"]["name"]: c for c in await site.all(CLAIM)}
        assert set(claims) == {f"{m['metadata']['name']}-etcd" for m in machines}
        [plane] = await site.machines(control_plane=True)
        claim = claims[f"{plane}-etcd"]
        assert claim["spec"]["storageClassName"] == "management-storage-policy-regular"
        assert claim["spec"]["resources"] == {"requests": {"storage": "4Gi"}}
        assert [owner["kind"] for owner in claim["metadata"]["ownerReferences"]] == ["VSphereMachine"]
        assert [disk.capacity_kib >> 20 for disk in site.vms()[plane].disks] == [20, 4]

    run(scenario)
