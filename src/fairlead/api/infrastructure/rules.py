"""What upstream's admission webhooks refuse and fill in, for the vSphere kinds.

Source: cluster-api-provider-vsphere v1.17, internal/webhooks (texts and paths are upstream's).
"""

import ipaddress
import re
from collections.abc import Iterator, Sequence

from fairlead.api.kind import Admission, Problem
from fairlead.api.problems import forbidden, invalid
from fairlead.base.objects import Json, get_in, replace_in

HARDWARE_VERSION = re.compile(r"^vmx-[1-9][0-9]?$")
IMMUTABLE = "VSphereMachineTemplate spec.template.spec field is immutable. Please create a new resource instead."
SOFT_ONLY = "should not be set in templates unless the powerOffMode is trySoft"


def default_machine(admission: Admission) -> Json:
    if get_in(admission.new, "spec", "datacenter"):
        return admission.new
    return replace_in(admission.new, ("spec", "datacenter"), "*")


def default_vm(admission: Admission) -> Json:
    if get_in(admission.new, "spec", "os"):
        return admission.new
    return replace_in(admission.new, ("spec", "os"), "Linux")


def default_zone(admission: Admission) -> Json:
    if get_in(admission.new, "spec", "controlPlane") is not None:
        return admission.new
    return replace_in(admission.new, ("spec", "controlPlane"), True)


def _addresses(spec: Json) -> Iterator[Problem]:
    for i, device in enumerate(get_in(spec, "network", "devices", default=())):
        for j, address in enumerate(device.get("ipAddrs") or ()):
            try:
                if "/" not in address:
                    raise ValueError(address)
                ipaddress.ip_interface(address)
            except ValueError:
                field = f"spec.network.devices[{i}].ipAddrs[{j}]"
                yield invalid(field, address, "ip addresses should be in the CIDR format")


def _soft_timeout(spec: Json, path: str) -> Iterator[Problem]:
    timeout = spec.get("guestSoftPowerOffTimeoutSeconds")
    if timeout and spec.get("powerOffMode") != "trySoft":
        yield invalid(f"{path}.guestSoftPowerOffTimeout", timeout, SOFT_ONLY)


def _pci_devices(spec: Json) -> Iterator[Problem]:
    for i, device in enumerate(spec.get("pciDevices") or ()):
        ids = "deviceId" in device and "vendorId" in device
        neither = "deviceId" not in device and "vendorId" not in device
        profile = bool(device.get("vGPUProfile"))
        if not ((profile and neither) or (not profile and ids)):
            message = "should have either deviceId + vendorId or vGPUProfile set"
            yield invalid(f"spec.template.spec.pciDevices[{i}]", device, message)


def _without(spec: Json, keys: Sequence[str]) -> Json:
    kept = {key: value for key, value in spec.items() if key not in keys}
    if isinstance(kept.get("network"), dict):
        kept["network"] = {key: value for key, value in kept["network"].items() if key != "devices"}
    return kept


def validate_machine(admission: Admission) -> Sequence[Problem]:
    spec = admission.new.get("spec") or {}
    if admission.old is None:
        return [*_addresses(spec), *_soft_timeout(spec, "spec"), *_pci_devices(spec)]
    problems = [*_soft_timeout(spec, "spec"), *_addresses(spec)]
    free = ("providerID", "powerOffMode", "guestSoftPowerOffTimeoutSeconds")
    if _without(spec, free) != _without(admission.old.get("spec") or {}, free):
        problems.append(forbidden("spec", "cannot be modified"))
    return problems


def validate_vm(admission: Admission) -> Sequence[Problem]:
    spec = admission.new.get("spec") or {}
    problems = list(_soft_timeout(spec, "spec"))
    if admission.old is None:
        problems = [*_addresses(spec), *problems]
        name = admission.new["metadata"].get("name", "")
        if spec.get("os") == "Windows" and len(name) > 15:
            problems.append(invalid("name", name, "name has to be less than 16 characters for Windows VM"))
        return problems
    old = admission.old.get("spec") or {}
    free = ["bootstrapRef", "thumbprint", "powerOffMode", "guestSoftPowerOffTimeoutSeconds"]
    free += [name for name in ("os", "biosUUID") if not old.get(name)]
    if _without(spec, free) != _without(old, free):
        problems.append(forbidden("spec", "cannot be modified"))
    return problems


def validate_machine_template(admission: Admission) -> Sequence[Problem]:
    spec = get_in(admission.new, "spec", "template", "spec", default={})
    path = "spec.template.spec"
    if admission.old is not None:
        same = spec == get_in(admission.old, "spec", "template", "spec", default={})
        if not same and not admission.compares_templates:
            return [invalid(path, admission.new, IMMUTABLE)]
        return []
    problems: list[Problem] = []
    if spec.get("providerID"):
        problems.append(forbidden(f"{path}.providerID", "cannot be set in templates"))
    for device in get_in(spec, "network", "devices", default=()):
        if device.get("ipAddrs"):
            problems.append(forbidden(f"{path}.network.devices.ipAddrs", "cannot be set in templates"))
    hardware = spec.get("hardwareVersion")
    if hardware and not HARDWARE_VERSION.match(hardware):
        message = "should be a valid VM hardware version, example vmx-17"
        problems.append(invalid(f"{path}.hardwareVersion", hardware, message))
    return [*problems, *_soft_timeout(spec, path), *_pci_devices(spec)]


def validate_cluster_template(admission: Admission) -> Sequence[Problem]:
    if admission.old is not None and admission.new.get("spec") != admission.old.get("spec"):
        message = "VSphereClusterTemplate spec.template.spec field is immutable. Please create new resource instead."
        return [invalid("spec.template.spec", admission.new, message)]
    return []


def validate_failure_domain(admission: Admission) -> Sequence[Problem]:
    spec = admission.new.get("spec") or {}
    if admission.old is not None:
        changed = spec != (admission.old.get("spec") or {})
        return [forbidden("spec", "VSphereFailureDomainSpec is immutable")] if changed else []
    topology = spec.get("topology") or {}
    cluster, hosts = topology.get("computeCluster"), topology.get("hosts")
    region, zone = get_in(spec, "region", "type"), get_in(spec, "zone", "type")
    problems = []
    if not cluster and hosts:
        problems.append(forbidden("spec.Topology.ComputeCluster", "cannot be empty if Hosts is not empty"))
    if region == "HostGroup":
        problems.append(forbidden("spec.Region.Type", "region's Failure Domain type cannot be HostGroup"))
    if zone == "HostGroup" and not hosts:
        problems.append(forbidden("spec.Topology.Hosts", "cannot be nil if zone's Failure Domain type is HostGroup"))
    for part, type_ in (("region", region), ("zone", zone)):
        if type_ == "ComputeCluster" and not cluster:
            message = f"cannot be nil if {part}'s Failure Domain type is ComputeCluster"
            problems.append(forbidden("spec.Topology.ComputeCluster", message))
    if topology.get("networkConfigurations") and topology.get("networks"):
        message = "cannot be set if spec.topology.networkConfigurations is already set"
        problems.append(forbidden("spec.topology.networks", message))
    return problems
