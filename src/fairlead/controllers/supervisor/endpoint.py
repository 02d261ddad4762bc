"""The address of a control plane, from a VirtualMachineService.

Source: cluster-api-provider-vsphere v1.17, pkg/services/vmoperator/control_plane_endpoint.go (names, texts).
"""

from fairlead.api.supervisor.kinds import VSPHERE_CLUSTER
from fairlead.api.vmoperator.kinds import VIRTUAL_MACHINE_SERVICE
from fairlead.base.objects import Json, Key, get_in, is_deleting, owner_references
from fairlead.controllers.contract import get_or_none, reference_to
from fairlead.controllers.supervisor.virtualmachines import API_PORT, role_labels
from fairlead.runtime.client import Client

PORT_NAME = "apiserver"
MANAGER = "manager"


class EndpointError(Exception):
    """There is no address. `reason` is that of LoadBalancerReady, `old_reason` that of its deprecated form."""

    def __init__(self, message: str, reason: str = "NotReady", old_reason: str = "LoadBalancerCreationFailed") -> None:
        super().__init__(message)
        self.reason = reason
        self.old_reason = old_reason


class NoAddressYetError(EndpointError):
    """The service has no address so far."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "WaitingForIP", "WaitingForLoadBalancerIP")


async def service_endpoint(client: Client, cluster: Json, infra: Json) -> Json:
    """Host and port of the cluster's service, which is made when there is none. Raises: EndpointError, ApiError."""
    network = get_in(cluster, "spec", "clusterNetwork", default={})
    ranges = [cidr for part in ("pods", "services") for cidr in get_in(network, part, "cidrBlocks", default=())]
    if any(":" in cidr for cidr in ranges):
        raise EndpointError(
            "IPv6 and DualStack require the IPv6DualStack feature gate, VM Operator v1alpha6+, and a network provider "
            "that supports it"
        )
    service = await _service(client, cluster, infra)
    if service is None:
        service = await client.create(wanted_service(cluster, infra), field_manager=MANAGER)
    return endpoint_of(service)


async def _service(client: Client, cluster: Json, infra: Json) -> Json | None:
    key = Key.of(cluster)
    service = None
    for name in (key.name, f"{key.name}-control-plane-service"):  # the second one is of releases before v1.13
        service = service or await get_or_none(client, VIRTUAL_MACHINE_SERVICE, Key(key.namespace, name))
    if service is None:
        return None
    check = "failed to check if VirtualMachineService exists: VirtualMachineService"
    for reference in owner_references(service):
        if reference.get("kind") == VSPHERE_CLUSTER.kind and reference.get("uid") != infra["metadata"]["uid"]:
            raise EndpointError(
                f"{check} {key.name} exists but is owned by a different VSphereCluster instance {reference.get('uid')}"
            )
    if is_deleting(service):
        raise EndpointError(f"{check} {key.name} exists but is being deleted")
    return service


def wanted_service(cluster: Json, infra: Json) -> Json:
    """The service in front of the VMs of the control plane."""
    key = Key.of(cluster)
    return {
        "apiVersion": VIRTUAL_MACHINE_SERVICE.api_version,
        "kind": VIRTUAL_MACHINE_SERVICE.kind,
        "metadata": {"name": key.name, "namespace": key.namespace, "ownerReferences": [reference_to(infra)]},
        "spec": {
            "type": "LoadBalancer",
            "ports": [{"name": PORT_NAME, "protocol": "TCP", "port": API_PORT, "targetPort": API_PORT}],
            "selector": role_labels(key.name, control_plane=True),
        },
    }


def endpoint_of(service: Json) -> Json:
    """Host and port of a service. Raises: EndpointError."""
    key = Key.of(service)
    if get_in(service, "spec", "type") != "LoadBalancer":
        raise NoAddressYetError(f"VirtualMachineService {key} does not have load balancer")
    ingress = [entry.get("ip", "") for entry in get_in(service, "status", "loadBalancer", "ingress", default=())]
    if not any(ingress):
        raise NoAddressYetError(f"VirtualMachineService {key} LoadBalancer does not have any Ingresses")
    host = next((ip for ip in ingress if ip and ":" not in ip), "")
    if not host:
        raise NoAddressYetError(f"VirtualMachineService {key} does not yet have IPv4 VIP assigned")
    for port in get_in(service, "spec", "ports", default=()):
        if port.get("name") == PORT_NAME and port.get("protocol") == "TCP":
            return {"host": host, "port": port["port"]}
    raise NoAddressYetError(
        f"VirtualMachineService {key} does not have an apiserver endpoint: VirtualMachineService does not have port "
        f'entry for "{PORT_NAME}"'
    )
