"""A cluster on a simulated supervisor, and what tests do with it."""

from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any

from fairlead.api.supervisor.kinds import VSPHERE_MACHINE
from fairlead.api.vmoperator.kinds import VIRTUAL_MACHINE
from fairlead.base.objects import GVK, Json, get_in, labels
from fairlead.controllers.contract import CLUSTER, CONTROL_PLANE_LABEL, MACHINE
from fairlead.controllers.supervisor.networks import DUMMY_LB, NetworkProvider
from fairlead.runtime.conditions import find
from fairlead.testing.supervisor import supervisor
from fairlead.testing.world import World, simulate
from fairlead.vcenter.model import VM
from fairlead.vcenter.work import Destroy, Power

NAMESPACE, NAME = "fleet", "blue"
ADDRESS = "192.168.9.10"
INFRASTRUCTURE = "vmware.infrastructure.cluster.x-k8s.io"
STORAGE_CLASS = "management-storage-policy-regular"


def machine_spec(**changes: object) -> Json:
    """What a VSphereMachine asks for."""
    spec: Json = {
        "className": "best-effort-small",
        "imageName": "ubuntu-2404-kube-v1.35.0",
        "storageClass": STORAGE_CLASS,
        "powerOffMode": "trySoft",
    }
    return {name: value for name, value in {**spec, **changes}.items() if value is not None}


def obj(api: str, kind: str, name: str, spec: Json) -> Json:
    """An object of the cluster."""
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": f"{api}/v1beta2", "kind": kind, "metadata": metadata, "spec": spec}


def template(name: str, **changes: object) -> Json:
    """A VSphereMachineTemplate."""
    return obj(INFRASTRUCTURE, "VSphereMachineTemplate", name, {"template": {"spec": machine_spec(**changes)}})


def cluster(*, address: str = ADDRESS) -> list[Json]:
    """The Cluster and its VSphereCluster."""
    endpoint = {"controlPlaneEndpoint": {"host": address, "port": 6443}} if address else {}
    spec = {
        "clusterNetwork": {"pods": {"cidrBlocks": ["192.168.0.0/16"]}},
        "controlPlaneRef": {
            "apiGroup": "controlplane.cluster.x-k8s.io",
            "kind": "KubeadmControlPlane",
            "name": NAME,
        },
        "infrastructureRef": {"apiGroup": INFRASTRUCTURE, "kind": "VSphereCluster", "name": NAME},
    }
    infra = obj(INFRASTRUCTURE, "VSphereCluster", NAME, endpoint)
    if not endpoint:
        del infra["spec"]
    return [obj("cluster.x-k8s.io", "Cluster", NAME, spec), infra]


def control_plane(replicas: int, template_name: str = NAME, version: str = "v1.35.0") -> Json:
    """The KubeadmControlPlane."""
    reference = {"apiGroup": INFRASTRUCTURE, "kind": "VSphereMachineTemplate", "name": template_name}
    spec = {
        "replicas": replicas,
        "version": version,
        "machineTemplate": {"spec": {"infrastructureRef": reference}},
        "kubeadmConfigSpec": {
            "initConfiguration": {"nodeRegistration": {"name": "{{ local_hostname }}"}},
            "joinConfiguration": {"nodeRegistration": {"name": "{{ local_hostname }}"}},
        },
    }
    return obj("controlplane.cluster.x-k8s.io", "KubeadmControlPlane", NAME, spec)


def workers(replicas: int, template_name: str = NAME, version: str = "v1.35.0") -> list[Json]:
    """The MachineDeployment with its KubeadmConfigTemplate."""
    config = {"joinConfiguration": {"nodeRegistration": {"name": "{{ local_hostname }}"}}}
    spec = {
        "clusterName": NAME,
        "replicas": replicas,
        "template": {
            "spec": {
                "clusterName": NAME,
                "version": version,
                "bootstrap": {
                    "configRef": {
                        "apiGroup": "bootstrap.cluster.x-k8s.io",
                        "kind": "KubeadmConfigTemplate",
                        "name": NAME,
                    }
                },
                "infrastructureRef": {
                    "apiGroup": INFRASTRUCTURE,
                    "kind": "VSphereMachineTemplate",
                    "name": template_name,
                },
            }
        },
    }
    return [
        obj("bootstrap.cluster.x-k8s.io", "KubeadmConfigTemplate", NAME, {"template": {"spec": config}}),
        obj("cluster.x-k8s.io", "MachineDeployment", f"{NAME}-md-0", spec),
    ]


def everything(replicas: int = 1, nodes: int = 1, address: str = ADDRESS, **changes: object) -> list[Json]:
    """All objects of a cluster; *changes* are to the VSphereMachineTemplate."""
    return [*cluster(address=address), template(NAME, **changes), control_plane(replicas), *workers(nodes)]


class Site:
    """A world that is a supervisor."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.client = world.client

    async def apply(self, *objects: Json) -> None:
        await self.world.apply(list(objects), namespace=NAMESPACE)

    async def until(self, condition: Callable[[], Awaitable[bool]], what: str) -> timedelta:
        return await self.world.until(condition, timedelta(minutes=20), what)

    async def up(self, objects: list[Json] | None = None) -> None:
        """Make the cluster and wait until it is available."""
        await self.apply(*(everything() if objects is None else objects))
        await self.until(self.is_up, "the cluster")
        await self.world.settle(timedelta(minutes=2))

    async def is_up(self) -> bool:
        return await self.world.condition(CLUSTER, NAME, NAMESPACE, "Available")

    async def all(self, gvk: GVK) -> list[Json]:
        return list((await self.client.list(gvk)).items)

    async def machines(self, *, control_plane: bool) -> list[str]:
        """The names of the Machines of a role that are not about to go, in order."""
        found = [m for m in await self.all(MACHINE) if (CONTROL_PLANE_LABEL in labels(m)) is control_plane]
        return sorted(str(m["metadata"]["name"]) for m in found)

    async def provisioned(self) -> list[tuple[str, str, str]]:
        """Status, reason and message of VirtualMachineProvisioned of all VSphereMachines that have it."""
        found = []
        for machine in await self.all(VSPHERE_MACHINE):
            condition = find(get_in(machine, "status", "conditions"), "VirtualMachineProvisioned")
            if condition is not None:
                found.append((condition["status"], condition["reason"], condition.get("message", "")))
        return found

    async def virtual_machine(self, name: str) -> Json:
        return await self.client.get(VIRTUAL_MACHINE, name, NAMESPACE)

    async def nodes(self) -> dict[str, bool]:
        """Whether each node is Ready."""
        [workload] = self.world.guests.clusters
        found = (await workload.admin.list(GVK("", "v1", "Node"))).items
        ready = {n["metadata"]["name"]: find(get_in(n, "status", "conditions"), "Ready") for n in found}
        return {name: (condition or {}).get("status") == "True" for name, condition in ready.items()}

    def vms(self) -> dict[str, VM]:
        """The VMs in the vCenter that are no templates."""
        return {vm.name: vm for vm in self.world.vcenter.inventory.all(VM) if not vm.template}

    async def switch_off(self, name: str) -> None:
        await self._do(Power(vm=self.vms()[name].id, op="off"))

    async def destroy(self, name: str) -> None:
        """Take a VM out of the vCenter behind everybody's back."""
        await self.switch_off(name)
        await self._do(Destroy(object=self.vms()[name].id))

    async def _do(self, work: Power | Destroy) -> None:
        task = self.world.vcenter.submit(work, "administrator@vsphere.local")
        await self.world.settle(timedelta(seconds=1))
        ended = self.world.vcenter.tasks.get(task.id)
        assert ended is not None
        assert ended.state == "success", ended.fault


def run(
    scenario: Callable[[Site], Coroutine[Any, Any, None]], network: NetworkProvider = DUMMY_LB, **options: Any
) -> None:
    """Run *scenario* on a fresh supervisor in virtual time."""

    async def main(world: World) -> None:
        await scenario(Site(world))

    simulate(main, **supervisor(network), **options)
