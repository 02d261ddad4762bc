"""VSphereCluster controller of supervisor mode: resource policy, zones, and the control plane's address.

Behaviour: cluster-api-provider-vsphere v1.17, controllers/vmware/vspherecluster_reconciler.go,
pkg/services/vmoperator/resource_policy.go.
Differences: docs/compat/supervisor.md#vspherecluster.
"""

from collections.abc import Sequence

from fairlead.api.errors import ApiError
from fairlead.api.supervisor.kinds import VSPHERE_CLUSTER, VSPHERE_MACHINE
from fairlead.api.vmoperator.kinds import AVAILABILITY_ZONE, RESOURCE_POLICY, VIRTUAL_MACHINE_SERVICE
from fairlead.base.objects import Json, Key, copy, finalizers, get_in, is_deleting, labels, owner_references
from fairlead.controllers.conditions import FAILURE_DOMAINS, PAUSED, Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_NAME_LABEL,
    SETTLE_CLUSTER,
    SETTLE_MACHINE,
    cluster_of,
    get_or_none,
    in_cluster,
    is_control_plane,
    is_paused,
    owner,
    pause_message,
    reference_to,
    with_owner,
)
from fairlead.controllers.supervisor.endpoint import EndpointError, NoAddressYetError, service_endpoint
from fairlead.controllers.supervisor.networks import NetworkProvider
from fairlead.controllers.supervisor.virtualmachines import API_PORT, CONTROL_PLANE_GROUP, workers_group
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import BaseController, Watch, wake_owner
from fairlead.runtime.edit import editing, write_changes
from fairlead.runtime.outcome import Result, TroubleError

FINALIZER = "vspherecluster.vmware.infrastructure.cluster.x-k8s.io"
MANAGER = "manager"
POLICY = "ResourcePolicyReady"
NETWORK = "NetworkReady"
LOAD_BALANCER = "LoadBalancerReady"
OLD_NETWORK = "ClusterNetworkReady"
REQUIRED = (POLICY, NETWORK, LOAD_BALANCER, FAILURE_DOMAINS)
NO_AMOUNTS = {"cpu": "0", "memory": "0"}  # Go's types write them where nothing was set
TYPES = (*REQUIRED, "ProviderServiceAccountsReady", "ServiceDiscoveryReady")
OLD_TYPES = (POLICY, OLD_NETWORK, LOAD_BALANCER)


class VSphereClusterController(BaseController):
    """Makes a VSphereCluster provisioned: its resource policy is there and its control plane has an address."""

    name = "supervisor-vspherecluster"
    kind = VSPHERE_CLUSTER
    settle = SETTLE_CLUSTER + SETTLE_MACHINE  # its Cluster becomes its owner first

    def __init__(self, *, client: Client, clock: Clock, network: NetworkProvider) -> None:
        self._client = client
        self._clock = clock
        self._network = network

    def watches(self) -> Sequence[Watch]:
        return (
            Watch(CLUSTER, self._of_cluster),
            Watch(VSPHERE_MACHINE, self._of_machine),
            Watch(VIRTUAL_MACHINE_SERVICE, wake_owner(VSPHERE_CLUSTER)),
            Watch(RESOURCE_POLICY, wake_owner(VSPHERE_CLUSTER)),
            Watch(AVAILABILITY_ZONE, self._all),
        )

    def _of_cluster(self, cluster: Json) -> tuple[Key, ...]:
        reference = get_in(cluster, "spec", "infrastructureRef", default={})
        if reference.get("kind") != VSPHERE_CLUSTER.kind or reference.get("apiGroup") != VSPHERE_CLUSTER.group:
            return ()
        return (Key(Key.of(cluster).namespace, reference["name"]),)

    async def _of_machine(self, machine: Json) -> list[Key]:
        """The first address of a control plane may be that of its cluster."""
        if not is_control_plane(machine) or not get_in(machine, "status", "addresses"):
            return []
        cluster = await cluster_of(self._client, machine)
        return list(self._of_cluster(cluster)) if cluster is not None else []

    async def _all(self, zone: Json) -> list[Key]:
        return [Key.of(cluster) for cluster in (await self._client.list(VSPHERE_CLUSTER)).items]

    async def reconcile(self, key: Key) -> Result:
        found = await get_or_none(self._client, VSPHERE_CLUSTER, key)
        if found is None:
            return Result.done()
        cluster = await owner(self._client, found, CLUSTER)
        async with editing(self._client, found, field_manager=MANAGER) as draft:
            report = Reporter(draft, self._clock.now())
            if is_paused(cluster, found):
                report.set(PAUSED, True, "Paused", pause_message(cluster, found))
                return Result.done()
            report.set(PAUSED, False, "NotPaused")
            if is_deleting(found):
                self._delete(draft, report)
                return Result.done()
            if FINALIZER not in finalizers(found):
                draft["metadata"].setdefault("finalizers", []).append(FINALIZER)
            try:
                if cluster is not None:  # its controller sets the owner reference, which wakes this one
                    await self._provision(cluster, found, draft, report)
            finally:
                report.summarize(TYPES, OLD_TYPES, required=REQUIRED)
        return Result.done()

    def _delete(self, draft: Json, report: Reporter) -> None:
        for type_ in OLD_TYPES:
            if report.get_old(type_) is not None:
                report.set_old(type_, False, "Deleting", "", "Info")
        for type_ in REQUIRED:
            report.set(type_, False, "Deleting")
        report.summarize(TYPES, OLD_TYPES, required=REQUIRED)
        draft["metadata"]["finalizers"] = [name for name in finalizers(draft) if name != FINALIZER]

    async def _provision(self, cluster: Json, found: Json, draft: Json, report: Reporter) -> None:
        await self._zones(draft, report)
        await self._policy(cluster, found, report)
        report.set(NETWORK, True, "Ready")
        await self._endpoint(cluster, found, draft, report)
        if get_in(draft, "spec", "controlPlaneEndpoint"):
            draft["status"].setdefault("initialization", {})["provisioned"] = True

    async def _zones(self, draft: Json, report: Reporter) -> None:
        """List the supervisor's zones; control planes are spread over all of them."""
        try:
            zones = (await self._client.list(AVAILABILITY_ZONE)).items
        except ApiError:
            report.set(FAILURE_DOMAINS, False, "InternalError", "Please check controller logs for errors")
            raise
        names = sorted(str(zone["metadata"]["name"]) for zone in zones)
        status = draft.setdefault("status", {})
        if names:
            status["failureDomains"] = [{"name": name, "controlPlane": True} for name in names]
        else:
            status.pop("failureDomains", None)
        report.set(FAILURE_DOMAINS, True, "Ready")

    async def _policy(self, cluster: Json, found: Json, report: Reporter) -> None:
        """Keep the policy by which VM Operator gives the cluster's VMs a folder and a pool of their own."""
        key = Key.of(cluster)
        try:
            policy = await get_or_none(self._client, RESOURCE_POLICY, key)
            wanted = wanted_policy(key, found, policy)
            if policy is None:
                await self._client.create(wanted, field_manager=MANAGER)
            else:
                await write_changes(self._client, policy, wanted, field_manager=MANAGER)
        except ApiError as error:
            message = f"failed to create Resource Policy: {error.message}"
            report.fail(POLICY, "NotReady", message, (POLICY, "ResourcePolicyCreationFailed", "Warning"))
            raise
        report.set(POLICY, True, "Ready")
        report.set_old(POLICY, True)

    async def _endpoint(self, cluster: Json, found: Json, draft: Json, report: Reporter) -> None:
        given = get_in(cluster, "spec", "controlPlaneEndpoint") or get_in(found, "spec", "controlPlaneEndpoint")
        if given:
            draft.setdefault("spec", {})["controlPlaneEndpoint"] = copy(given)
            report.set(LOAD_BALANCER, True, "Ready")
            if self._network.has_load_balancer:
                report.set_old(LOAD_BALANCER, True)
        elif self._network.has_load_balancer:
            await self._from_service(cluster, found, draft, report)
        else:
            address = await self._first_address(cluster)
            if address:
                draft.setdefault("spec", {})["controlPlaneEndpoint"] = {"host": address, "port": API_PORT}

    async def _from_service(self, cluster: Json, found: Json, draft: Json, report: Reporter) -> None:
        try:
            endpoint = await service_endpoint(self._client, cluster, found)
        except NoAddressYetError as error:  # the service, when it gets one, wakes this
            old = (LOAD_BALANCER, error.old_reason, "Info")
            report.fail(LOAD_BALANCER, error.reason, str(error), old)
        except EndpointError as error:
            report.fail(LOAD_BALANCER, error.reason, str(error), (LOAD_BALANCER, error.old_reason, "Warning"))
            raise TroubleError(str(error)) from error
        except ApiError as error:
            message = f"failed to create VirtualMachineService: {error.message}"
            report.fail(LOAD_BALANCER, "NotReady", message, (LOAD_BALANCER, "LoadBalancerCreationFailed", "Warning"))
            raise
        else:
            draft.setdefault("spec", {})["controlPlaneEndpoint"] = endpoint
            report.set(LOAD_BALANCER, True, "Ready")
            report.set_old(LOAD_BALANCER, True)

    async def _first_address(self, cluster: Json) -> str:
        """Without a load balancer the cluster is where its first machine is."""
        for machine in await in_cluster(self._client, VSPHERE_MACHINE, cluster):
            if is_control_plane(machine) and CLUSTER_NAME_LABEL in labels(machine):
                for entry in get_in(machine, "status", "addresses", default=()):
                    return str(entry["address"])
        return ""


def wanted_policy(key: Key, infra: Json, policy: Json | None) -> Json:
    """The resource policy of the cluster *key*: what is there, with what upstream sets laid over it."""
    metadata: Json = copy(policy["metadata"]) if policy is not None else {"name": key.name, "namespace": key.namespace}
    metadata["ownerReferences"] = with_owner(owner_references({"metadata": metadata}), reference_to(infra))
    spec = {
        "resourcePool": {"name": key.name, "limits": NO_AMOUNTS, "reservations": NO_AMOUNTS},
        "folder": key.name,
        "clusterModuleGroups": [CONTROL_PLANE_GROUP, workers_group(key.name)],
    }
    base: Json = policy or {"apiVersion": RESOURCE_POLICY.api_version, "kind": RESOURCE_POLICY.kind}
    return {**base, "metadata": metadata, "spec": spec}
