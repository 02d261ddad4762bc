"""A cluster on a supervisor, from its creation to its end."""

from datetime import timedelta

from fairlead.api.supervisor.kinds import KINDS as SUPERVISOR_KINDS
from fairlead.api.supervisor.kinds import VSPHERE_CLUSTER, VSPHERE_MACHINE, VSPHERE_MACHINE_TEMPLATE
from fairlead.api.vmoperator.kinds import RESOURCE_POLICY, VIRTUAL_MACHINE, VIRTUAL_MACHINE_SERVICE
from fairlead.base.objects import GVK, get_in
from fairlead.controllers.contract import CLUSTER, MACHINE
from fairlead.runtime.client import PatchType

from .site import ADDRESS, NAME, NAMESPACE, Site, control_plane, everything, run, template, workers

DEPLOYMENT = GVK("cluster.x-k8s.io", "v1beta2", "MachineDeployment")
HEALTH_CHECK = GVK("cluster.x-k8s.io", "v1beta2", "MachineHealthCheck")


def test_machines_are_virtual_machines() -> None:
    """Each machine has a VirtualMachine with upstream's labels and reserved names, and a VM with its class's size."""

    async def scenario(site: Site) -> None:
        await site.up()
        [plane] = await site.machines(control_plane=True)
        [worker] = await site.machines(control_plane=False)
        vm = await site.virtual_machine(plane)
        assert vm["metadata"]["labels"] == {
            "capv.vmware.com/cluster.name": NAME,
            "capv.vmware.com/cluster.role": "controlplane",
            "capw.vmware.com/cluster.name": NAME,
            "capw.vmware.com/cluster.role": "controlplane",
            "cluster.x-k8s.io/cluster-name": NAME,
            "topology.kubernetes.io/zone": "dc0-c0",
        }
        assert vm["metadata"]["annotations"] == {
            "vsphere-cluster-module-group": "control-plane-group",
            "vsphere-tag": "CtrlVmVmAATag",
        }
        assert vm["spec"] == {
            "className": "best-effort-small",
            "imageName": "ubuntu-2404-kube-v1.35.0",
            "storageClass": "management-storage-policy-regular",
            "powerState": "PoweredOn",
            "powerOffMode": "TrySoft",
            "reserved": {"resourcePolicyName": NAME},
            "bootstrap": {"cloudInit": {"rawCloudConfig": {"name": plane, "key": "user-data"}}},
            "readinessProbe": {"tcpSocket": {"port": 6443}},
        }
        other = await site.virtual_machine(worker)
        assert other["metadata"]["labels"]["capv.vmware.com/cluster.role"] == "node"
        assert other["metadata"]["labels"]["cluster.x-k8s.io/deployment-name"] == f"{NAME}-md-0"
        assert other["metadata"]["annotations"]["vsphere-cluster-module-group"] == f"{NAME}-workers-0"
        assert "readinessProbe" not in other["spec"]
        made = site.vms()[worker]
        assert (made.cpus, made.memory_mib, made.is_on) == (2, 4096, True)
        machine = await site.client.get(VSPHERE_MACHINE, worker, NAMESPACE)
        assert machine["spec"]["providerID"] == f"vsphere://{made.bios_uuid}"
        assert machine["status"]["phase"] == "Ready"
        assert machine["status"]["failureDomain"] == "dc0-c0"
        assert [a["type"] for a in machine["status"]["addresses"]] == ["InternalIP"]
        owner = await site.client.get(MACHINE, worker, NAMESPACE)
        assert owner["metadata"]["labels"]["node.cluster.x-k8s.io/esxi-host"] == other["status"]["host"]
        assert await site.nodes() == {plane: True, worker: True}

    run(scenario)


def test_infrastructure_of_the_cluster() -> None:
    """The resource policy is made and owned, the given address is kept, the zones are listed, and all is Ready."""

    async def scenario(site: Site) -> None:
        await site.up()
        infra = await site.client.get(VSPHERE_CLUSTER, NAME, NAMESPACE)
        conditions = {c["type"]: (c["status"], c["reason"]) for c in infra["status"]["conditions"]}
        types = ("Ready", "ResourcePolicyReady", "NetworkReady", "LoadBalancerReady", "FailureDomainsReady")
        assert conditions == {**dict.fromkeys(types, ("True", "Ready")), "Paused": ("False", "NotPaused")}
        assert infra["status"]["failureDomains"] == [{"name": "dc0-c0", "controlPlane": True}]
        assert infra["spec"]["controlPlaneEndpoint"] == {"host": ADDRESS, "port": 6443}
        [policy] = await site.all(RESOURCE_POLICY)
        assert policy["spec"] == {
            "resourcePool": {
                "name": NAME,
                "limits": {"cpu": "0", "memory": "0"},
                "reservations": {"cpu": "0", "memory": "0"},
            },
            "folder": NAME,
            "clusterModuleGroups": ["control-plane-group", f"{NAME}-workers-0"],
        }
        assert [owner["uid"] for owner in policy["metadata"]["ownerReferences"]] == [infra["metadata"]["uid"]]
        assert await site.all(VIRTUAL_MACHINE_SERVICE) == []
        [made] = await site.all(VSPHERE_MACHINE_TEMPLATE)
        assert made["status"]["capacity"] == {"cpu": "2", "memory": "4Gi"}

    run(scenario)


def test_settled_cluster_writes_nothing() -> None:
    """Half an hour in which nothing happens leaves the API as it is."""

    async def scenario(site: Site) -> None:
        await site.up()
        await site.world.settle(timedelta(minutes=20))
        before = site.world.server.store.revision
        passes = sum(site.world.manager.passes.values())
        await site.world.settle(timedelta(minutes=30))
        assert site.world.server.store.revision == before
        assert sum(site.world.manager.passes.values()) - passes < 100
        assert site.world.manager.errors == {}

    run(scenario)


def test_scaling() -> None:
    """Three control planes and three workers, and back; the VMs follow."""

    async def scenario(site: Site) -> None:
        await site.up()
        await site.apply(control_plane(3), *workers(3))
        await site.until(lambda: _is_ready(site, 6), "six nodes")
        assert set(site.vms()) == set(await site.nodes())
        await site.apply(control_plane(1), *workers(1))
        await site.until(lambda: _is_ready(site, 2), "two nodes")
        assert set(site.vms()) == set(await site.nodes())
        assert len(await site.all(VIRTUAL_MACHINE)) == 2

    run(scenario)


async def _is_ready(site: Site, nodes: int) -> bool:
    found = await site.nodes()
    return len(found) == nodes and all(found.values()) and len(await site.all(MACHINE)) == nodes == len(site.vms())


def test_another_template_rolls_all_machines() -> None:
    """A new image, version and class: every VM is replaced, and the new ones have the new size."""

    async def scenario(site: Site) -> None:
        await site.up()
        before = set(site.vms())
        newer = template("newer", className="guaranteed-medium", imageName="ubuntu-2404-kube-v1.36.0")
        await site.apply(newer, control_plane(1, "newer", "v1.36.0"), *workers(1, "newer", "v1.36.0"))

        async def done() -> bool:
            fresh = set(site.vms())
            return before.isdisjoint(fresh) and await _is_ready(site, 2) and await site.is_up()

        await site.until(done, "the new machines")
        for vm in site.vms().values():
            assert (vm.cpus, vm.memory_mib, vm.memory.reservation) == (2, 8192, 8192)
        [workload] = site.world.guests.clusters
        nodes = (await workload.admin.list(GVK("", "v1", "Node"))).items
        assert {get_in(n, "status", "nodeInfo", "kubeletVersion") for n in nodes} == {"v1.36.0"}

    run(scenario)


def test_destroyed_vm_is_made_again() -> None:
    """VM Operator makes a VM that was destroyed again; while its token holds, it joins as the node it was."""

    async def scenario(site: Site) -> None:
        await site.up()
        [worker] = await site.machines(control_plane=False)
        before = site.vms()[worker]
        await site.destroy(worker)
        await site.world.settle(timedelta(seconds=2))
        assert site.vms()[worker].id != before.id
        await site.until(lambda: _is_ready(site, 2), "the node")
        assert await site.machines(control_plane=False) == [worker]
        machine = await site.client.get(VSPHERE_MACHINE, worker, NAMESPACE)
        assert machine["spec"]["providerID"] == f"vsphere://{site.vms()[worker].bios_uuid}"

    run(scenario)


def test_health_check_replaces_a_machine_whose_vm_cannot_come_back() -> None:
    """Without its image a destroyed VM stays away: the machine says so, and the health check replaces it."""

    async def scenario(site: Site) -> None:
        await site.up()
        [worker] = await site.machines(control_plane=False)
        check = {
            "clusterName": NAME,
            "selector": {"matchLabels": {"cluster.x-k8s.io/deployment-name": f"{NAME}-md-0"}},
            "checks": {"unhealthyNodeConditions": [{"type": "Ready", "status": "Unknown", "timeoutSeconds": 300}]},
        }
        await site.apply(
            {
                "apiVersion": HEALTH_CHECK.api_version,
                "kind": HEALTH_CHECK.kind,
                "metadata": {"name": NAME, "namespace": NAMESPACE},
                "spec": check,
            }
        )
        secret = GVK("", "v1", "Secret")
        await site.client.delete(secret, worker, NAMESPACE)
        await site.destroy(worker)
        await site.world.settle(timedelta(seconds=10))
        assert ("False", "NotFound") in {(status, reason) for status, reason, _ in await site.provisioned()}
        await site.until(lambda: _is_ready(site, 2), "another machine")
        assert await site.machines(control_plane=False) != [worker]

    run(scenario)


def test_vm_that_is_switched_off_is_switched_on_again() -> None:
    """Not at once (whoever switched it off may be about to destroy it), but soon; the machine says PoweringOn."""

    async def scenario(site: Site) -> None:
        await site.up()
        [worker] = await site.machines(control_plane=False)
        await site.switch_off(worker)
        await site.world.settle(timedelta(seconds=20))
        assert not site.vms()[worker].is_on
        assert (await site.virtual_machine(worker))["status"]["powerState"] == "PoweredOff"
        assert ("False", "PoweringOn", "") in await site.provisioned()
        await site.until(lambda: _is_ready(site, 2), "the node")
        assert site.vms()[worker].is_on

    run(scenario)


def test_deletion_leaves_nothing() -> None:
    """With the Cluster go its machines, VirtualMachines, policy and VMs, within a minute."""

    async def scenario(site: Site) -> None:
        await site.up(everything(address=""))
        await site.client.delete(CLUSTER, NAME, NAMESPACE)
        kinds = (CLUSTER, MACHINE, *(kind.gvk for kind in SUPERVISOR_KINDS), VIRTUAL_MACHINE)

        async def gone() -> bool:
            return not site.vms() and not [obj for gvk in kinds for obj in await site.all(gvk)]

        took = await site.until(gone, "the end")
        assert took < timedelta(minutes=1)
        assert await site.all(RESOURCE_POLICY) == []
        assert await site.all(VIRTUAL_MACHINE_SERVICE) == []
        assert site.world.guests.clusters == []

    run(scenario)


def test_virtual_machine_deleted_by_hand_comes_back() -> None:
    """The VM goes with its VirtualMachine; the machine makes another one of the same name."""

    async def scenario(site: Site) -> None:
        await site.up()
        [worker] = await site.machines(control_plane=False)
        before = site.vms()[worker]
        await site.client.delete(VIRTUAL_MACHINE, worker, NAMESPACE)

        async def another() -> bool:
            return await _is_ready(site, 2) and site.vms()[worker].id != before.id

        await site.until(another, "another VM")

    run(scenario)


def test_paused_cluster_is_left_alone() -> None:
    """While the Cluster is paused a new replica gets no VM; afterwards it does."""

    async def scenario(site: Site) -> None:
        await site.up()
        body = {"spec": {"paused": True}}
        await site.client.patch(CLUSTER, NAME, NAMESPACE, body, PatchType.MERGE)
        await site.world.settle(timedelta(seconds=5))
        infra = await site.client.get(VSPHERE_CLUSTER, NAME, NAMESPACE)
        paused = next(c for c in infra["status"]["conditions"] if c["type"] == "Paused")
        assert (paused["status"], paused["message"]) == ("True", "Cluster spec.paused is set to true")
        [worker] = await site.machines(control_plane=False)
        await site.client.delete(VIRTUAL_MACHINE, worker, NAMESPACE)
        await site.world.settle(timedelta(minutes=1))
        assert worker not in site.vms()
        await site.client.patch(CLUSTER, NAME, NAMESPACE, {"spec": {"paused": False}}, PatchType.MERGE)
        await site.until(lambda: _is_ready(site, 2), "the node")

    run(scenario)
