"""A managed cluster as a user writes it: a ClusterClass with its templates, and Clusters that use it."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK, Json, get_in, is_deleting
from fairlead.controllers.contract import CLUSTER, MACHINE_DEPLOYMENT
from fairlead.runtime.conditions import is_true
from fairlead.testing.fleet import BOOT, NAME, NAMESPACE, Fleet, names
from fairlead.testing.world import World, simulate

CLUSTER_CLASS = GVK("cluster.x-k8s.io", "v1beta2", "ClusterClass")
CLUSTER_TEMPLATE = GVK("infrastructure.cluster.x-k8s.io", "v1beta2", "VSphereClusterTemplate")
PLANE_TEMPLATE = GVK("controlplane.cluster.x-k8s.io", "v1beta2", "KubeadmControlPlaneTemplate")
IDLE = ("RollingOut", "ScalingUp", "ScalingDown", "Remediating")

CLASS = """
apiVersion: cluster.x-k8s.io/v1beta2
kind: ClusterClass
metadata: {name: standard}
spec:
  infrastructure:
    templateRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: VSphereClusterTemplate, name: standard}
  controlPlane:
    templateRef:
      apiVersion: controlplane.cluster.x-k8s.io/v1beta2
      kind: KubeadmControlPlaneTemplate
      name: standard
    machineInfrastructure:
      templateRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: VSphereMachineTemplate, name: standard}
  workers:
    machineDeployments:
    - class: worker
      bootstrap:
        templateRef: {apiVersion: bootstrap.cluster.x-k8s.io/v1beta2, kind: KubeadmConfigTemplate, name: standard}
      infrastructure:
        templateRef:
          apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
          kind: VSphereMachineTemplate
          name: standard
      healthCheck:
        checks:
          unhealthyNodeConditions:
          - {type: Ready, status: "False", timeoutSeconds: 120}
          - {type: Ready, status: Unknown, timeoutSeconds: 120}
  variables:
  - name: address
    required: true
    schema: {openAPIV3Schema: {type: string, format: ipv4}}
  - name: memoryMiB
    required: false
    schema: {openAPIV3Schema: {type: integer, minimum: 2048, default: 4096}}
  patches:
  - name: endpoint
    definitions:
    - selector:
        apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
        kind: VSphereClusterTemplate
        matchResources: {infrastructureCluster: true}
      jsonPatches:
      - op: add
        path: /spec/template/spec/controlPlaneEndpoint
        valueFrom: {template: "{host: '{{ .address }}', port: 6443}"}
  - name: planes
    definitions:
    - selector:
        apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
        kind: VSphereMachineTemplate
        matchResources: {controlPlane: true}
      jsonPatches:
      - {op: replace, path: /spec/template/spec/memoryMiB, valueFrom: {variable: memoryMiB}}
      - op: replace
        path: /spec/template/spec/template
        valueFrom: {template: "ubuntu-2404-kube-{{ .builtin.controlPlane.version }}"}
  - name: workers
    definitions:
    - selector:
        apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
        kind: VSphereMachineTemplate
        matchResources: {machineDeploymentClass: {names: [worker]}}
      jsonPatches:
      - {op: replace, path: /spec/template/spec/memoryMiB, valueFrom: {variable: memoryMiB}}
      - op: replace
        path: /spec/template/spec/template
        valueFrom: {template: "ubuntu-2404-kube-{{ .builtin.machineDeployment.version }}"}
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: VSphereClusterTemplate
metadata: {name: standard}
spec: {template: {spec: {server: vcenter.test, identityRef: {kind: Secret, name: standard}}}}
---
apiVersion: controlplane.cluster.x-k8s.io/v1beta2
kind: KubeadmControlPlaneTemplate
metadata: {name: standard}
spec:
  template:
    spec:
      kubeadmConfigSpec:
        initConfiguration: {nodeRegistration: {name: "{{ local_hostname }}"}}
        joinConfiguration: {nodeRegistration: {name: "{{ local_hostname }}"}}
---
apiVersion: bootstrap.cluster.x-k8s.io/v1beta2
kind: KubeadmConfigTemplate
metadata: {name: standard}
spec: {template: {spec: {joinConfiguration: {nodeRegistration: {name: "{{ local_hostname }}"}}}}}
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: VSphereMachineTemplate
metadata: {name: standard}
spec:
  template:
    spec:
      datacenter: DC0
      datastore: LocalDS_0
      folder: /DC0/vm
      resourcePool: /DC0/host/DC0_C0/Resources
      network: {devices: [{networkName: VM Network, dhcp4: true}]}
      numCPUs: 2
      memoryMiB: 4096
      diskGiB: 25
      template: replaced
"""
SECRET = """
apiVersion: v1
kind: Secret
metadata: {name: standard}
stringData: {username: administrator@vsphere.local, password: fairlead}
"""


def class_objects() -> list[Json]:
    """The ClusterClass and its templates."""
    return [obj for obj in goyaml.load_all(CLASS) if isinstance(obj, dict)]


@dataclass(frozen=True)
class Managed:
    """A Cluster of that class; worker topologies are names with their replicas."""

    control_planes: int = 1
    workers: tuple[tuple[str, int], ...] = (("md-0", 2),)
    version: str = "v1.35.0"
    memory: int | None = None
    address: str = "192.168.1.140"
    with_class: bool = True
    more: tuple[tuple[str, Any], ...] = ()  # further fields of spec.topology
    worker: tuple[tuple[str, Any], ...] = ()  # further fields of every worker topology

    def change(self, **parts: Any) -> "Managed":
        return replace(self, **parts)

    def cluster(self) -> Json:
        variables: list[Json] = [{"name": "address", "value": self.address}]
        if self.memory is not None:
            variables.append({"name": "memoryMiB", "value": self.memory})
        deployments = [
            {"class": "worker", "name": name, "replicas": count, **dict(self.worker)} for name, count in self.workers
        ]
        topology: Json = {
            "classRef": {"name": "standard"},
            "version": self.version,
            "controlPlane": {"replicas": self.control_planes},
            "variables": variables,
            **({"workers": {"machineDeployments": deployments}} if deployments else {}),
            **dict(self.more),
        }
        return {
            "apiVersion": CLUSTER.api_version,
            "kind": "Cluster",
            "metadata": {"name": NAME},
            "spec": {"topology": topology},
        }

    def objects(self) -> list[Json]:
        shared = [obj for obj in goyaml.load_all(SECRET) if isinstance(obj, dict)]
        return [*shared, *(class_objects() if self.with_class else ()), self.cluster()]


class ManagedFleet(Fleet):
    """A managed cluster in its world."""

    async def push_managed(self, written: Managed) -> None:
        """Make the API hold what is written, as Flux does."""
        await self.world.apply(written.objects(), namespace=NAMESPACE, manager="kustomize-controller")

    async def deployment(self, topology: str) -> Json:
        """The MachineDeployment of a worker topology."""
        label = "topology.cluster.x-k8s.io/deployment-name"
        [found] = [o for o in await self.all(MACHINE_DEPLOYMENT) if o["metadata"]["labels"][label] == topology]
        return found

    async def is_managed_as(self, written: Managed) -> bool:
        """Whether machines are as written, all is available, and nothing rolls."""
        planes, workers = await self.machines()
        if (len(planes), len(workers)) != (written.control_planes, sum(count for _, count in written.workers)):
            return False
        machines = (*planes, *workers)
        conditions = get_in(await self.get(CLUSTER), "status", "conditions")
        return (
            all(is_true(get_in(m, "status", "conditions"), "Ready") and not is_deleting(m) for m in machines)
            and all(m["spec"]["version"] == written.version for m in machines)
            and is_true(conditions, "Available")
            and is_true(conditions, "TopologyReconciled")
            and not any(is_true(conditions, type_) for type_ in IDLE)
            and {vm.name for vm in self.vms() if vm.is_on} == names(machines)
            and all(vm.memory_mib == (written.memory or 4096) for vm in self.vms())
        )

    async def settle_managed(self, written: Managed) -> timedelta:
        return await self.until(lambda: self.is_managed_as(written), f"the cluster as {written}")


def run_managed(
    scenario: Callable[[ManagedFleet, Managed], Coroutine[Any, Any, None]],
    written: Managed | None = None,
    **options: Any,
) -> None:
    """Bring the managed cluster up in virtual time, then run *scenario*; no controller may be left with an error."""

    async def main(world: World) -> None:
        fleet, first = ManagedFleet(world), written or Managed()
        await fleet.push_managed(first)
        await fleet.settle_managed(first)
        await scenario(fleet, first)
        assert world.manager.errors == {}

    simulate(main, boot=BOOT, **options)
