"""The VirtualMachine that stands for a VSphereMachine: what it should be, and how far it is. Pure.

Source: cluster-api-provider-vsphere v1.17, pkg/services/vmoperator/vmopmachine.go (reconcileVMOperatorVM, conditions),
constants.go, control_plane_endpoint.go (labels).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fairlead.api.vmoperator.kinds import VIRTUAL_MACHINE
from fairlead.base.objects import Json, annotations, copy, get_in, labels, owner_references
from fairlead.controllers.contract import CLUSTER_NAME_LABEL, controller_reference, is_control_plane, with_owner
from fairlead.runtime.conditions import find, is_true

API_PORT = 6443
DEPLOYMENT_LABEL = "cluster.x-k8s.io/deployment-name"
ZONE_LABEL = "topology.kubernetes.io/zone"
CONTROL_PLANE_GROUP = "control-plane-group"
CREATED = "VirtualMachineCreated"
# What VM Operator checks before it makes a VM, in the order in which upstream looks at it.
PREREQUISITES = (
    "VirtualMachineClassReady",
    "VirtualMachineImageReady",
    "VirtualMachineConditionVMSetResourcePolicyReady",
    "VirtualMachineBootstrapReady",
    "VirtualMachineStorageReady",
    "VirtualMachineNetworkReady",
    "VirtualMachineConditionPlacementReady",
)
_POWER_OFF = {"hard": "Hard", "soft": "Soft", "trySoft": "TrySoft"}


class HardwareVersionError(Exception):
    """`spec.minHardwareVersion` is none."""


def role_labels(cluster: str, *, control_plane: bool) -> dict[str, str]:
    """The labels by which services and the cloud provider find a cluster's VirtualMachines."""
    role = "controlplane" if control_plane else "node"
    return {
        f"{prefix}.vmware.com/cluster.{name}": value
        for prefix in ("capv", "capw")
        for name, value in (("name", cluster), ("role", role))
    }


def workers_group(cluster: str) -> str:
    """The anti-affinity group of a cluster's workers."""
    return f"{cluster}-workers-0"


def claim_name(found: Json, volume: Mapping[str, object]) -> str:
    """The name of the claim for one of the machine's volumes."""
    return f"{found['metadata']['name']}-{volume['name']}"


def hardware_number(version: str) -> int:
    """19 of vmx-19. Raises: HardwareVersionError."""
    text = version.removeprefix("vmx-")
    if not text.isdigit():
        raise HardwareVersionError(f'strconv.Atoi: parsing "{text}": invalid syntax')
    return int(text)


def wanted_vm(name: str, machine: Json, cluster: Json, found: Json, vm: Json | None, *, probe: bool) -> Json:
    """The VirtualMachine as it should be: what is there, with what the machine decides laid over it.

    Class, image and storage class are left as they are once set. *probe*: whether VMs of control planes get a readiness
    probe, which they do once the first one answers. Raises: HardwareVersionError.
    """
    wanted: Json = _empty(name, machine) if vm is None else copy(vm)
    cluster_name, control_plane = cluster["metadata"]["name"], is_control_plane(machine)
    spec, asked = wanted["spec"], found["spec"]
    for field in ("imageName", "className", "storageClass"):
        if not spec.get(field) and asked.get(field):
            spec[field] = asked[field]
    spec["powerState"] = "PoweredOn"
    spec["powerOffMode"] = _POWER_OFF[asked.get("powerOffMode") or "hard"]
    reserved = spec.setdefault("reserved", {})
    if not reserved.get("resourcePolicyName"):
        reserved["resourcePolicyName"] = cluster_name
    secret = get_in(machine, "spec", "bootstrap", "dataSecretName", default="")
    cloud_init = {"rawCloudConfig": {"name": secret, "key": "user-data"}}
    spec["bootstrap"] = {**(spec.get("bootstrap") or {}), "cloudInit": cloud_init}
    if asked.get("minHardwareVersion") and not spec.get("minHardwareVersion"):
        spec["minHardwareVersion"] = hardware_number(asked["minHardwareVersion"])
    if probe and control_plane and get_in(cluster, "status", "initialization", "controlPlaneInitialized"):
        spec["readinessProbe"] = {**(spec.get("readinessProbe") or {}), "tcpSocket": {"port": API_PORT}}
    for volume in asked.get("volumes") or ():
        _add_volume(spec, claim_name(found, volume))
    metadata = wanted["metadata"]
    metadata["labels"] = {**labels(wanted), **_labels(machine, cluster_name, control_plane=control_plane)}
    tag, group = (
        ("CtrlVmVmAATag", CONTROL_PLANE_GROUP)
        if control_plane
        else (
            "WorkerVmVmAATag",
            workers_group(cluster_name),
        )
    )
    metadata["annotations"] = {**annotations(wanted), "vsphere-tag": tag, "vsphere-cluster-module-group": group}
    metadata["ownerReferences"] = with_owner(owner_references(wanted), controller_reference(found))
    return wanted


def _empty(name: str, machine: Json) -> Json:
    metadata = {"name": name, "namespace": machine["metadata"]["namespace"]}
    return {
        "apiVersion": VIRTUAL_MACHINE.api_version,
        "kind": VIRTUAL_MACHINE.kind,
        "metadata": metadata,
        "spec": {},
    }


def _add_volume(spec: Json, claim: str) -> None:
    volumes = spec.setdefault("volumes", [])
    if not any(get_in(volume, "persistentVolumeClaim", "claimName") == claim for volume in volumes):
        volumes.append({"name": claim, "persistentVolumeClaim": {"claimName": claim}})


def _labels(machine: Json, cluster: str, *, control_plane: bool) -> dict[str, str]:
    found = {**role_labels(cluster, control_plane=control_plane), CLUSTER_NAME_LABEL: cluster}
    zone = get_in(machine, "spec", "failureDomain")
    if zone:
        found[ZONE_LABEL] = zone
    if not control_plane:
        found[DEPLOYMENT_LABEL] = labels(machine).get(DEPLOYMENT_LABEL, "")
    return found


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a VirtualMachine is; the reasons and the severity are those of the VSphereMachine's conditions."""

    phase: str
    reason: str
    old_reason: str = ""
    severity: str = "Info"
    message: str = ""

    @property
    def done(self) -> bool:
        return self.phase == "Ready"


def progress(vm: Json) -> Progress:
    """How far *vm* is on its way to a running machine with an address."""
    status = vm.get("status") or {}
    conditions = status.get("conditions")
    if not is_true(conditions, CREATED):
        for type_ in PREREQUISITES:
            condition = find(conditions, type_)
            if condition is not None and condition["status"] == "False":
                reason = condition.get("reason") or "Unknown"
                return Progress("Pending", reason, reason, "Error", condition.get("message", ""))
        return Progress("Pending", "Provisioning", "VMProvisionStarted")
    if status.get("powerState") != "PoweredOn":
        return Progress("Created", "PoweringOn", "PoweringOn")
    if not address(vm):
        return Progress("PoweredOn", "WaitingForNetworkAddress", "WaitingForNetworkAddress")
    if not status.get("biosUUID"):
        return Progress("PoweredOn", "WaitingForBIOSUUID", "WaitingForBIOSUUID")
    return Progress("Ready", "Provisioned")


def address(vm: Json) -> str:
    """The address of *vm*, empty when it has none yet."""
    network = get_in(vm, "status", "network", default={})
    return str(network.get("primaryIP4") or network.get("primaryIP6") or "")
