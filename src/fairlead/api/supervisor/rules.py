"""What upstream's admission webhooks refuse, for the supervisor kinds. Feature gates have their defaults: all are off.

Source: cluster-api-provider-vsphere v1.17, internal/webhooks/vmware (texts and paths are upstream's).
"""

from collections.abc import Sequence

from fairlead.api.infrastructure.naming import MachineNameError, vm_name
from fairlead.api.kind import Admission, Problem
from fairlead.api.problems import forbidden, invalid
from fairlead.base.objects import Json, get_in

IMMUTABLE = "VSphereMachineTemplate spec.template.spec field is immutable. Please create a new resource instead."
_FIXED = ("imageName", "className", "storageClass", "minHardwareVersion")


def _gated(field: str, what: str, gate: str) -> Problem:
    return forbidden(field, f"{what} can only be set when feature gate {gate} is enabled")


def _cluster(spec: Json, path: str) -> list[Problem]:
    problems = []
    if get_in(spec, "network", "nsxVPC", "createSubnetSet") is not None:
        field = f"{path}.network.nsxVPC.createSubnetSet"
        problems.append(forbidden(field, "createSubnetSet can only be set when MultiNetworks feature gate is enabled"))
    if get_in(spec, "network", "nsxVPC"):
        problems.append(forbidden(f"{path}.network.nsxVPC", "nsxVPC can only be set when network provider is VPC"))
    if get_in(spec, "failureDomains", "controlPlane", "selector") is not None:
        field = f"{path}.failureDomains.controlPlane.selector"
        problems.append(_gated(field, "control plane zone selector", "NamespaceScopedZones"))
    return problems


def validate_cluster(admission: Admission) -> Sequence[Problem]:
    return _cluster(admission.new.get("spec") or {}, "spec")


def validate_cluster_template(admission: Admission) -> Sequence[Problem]:
    return _cluster(get_in(admission.new, "spec", "template", "spec", default={}), "spec.template.spec")


def _machine(spec: Json, path: str) -> list[Problem]:
    problems = []
    if get_in(spec, "network", "interfaces"):
        problems.append(_gated(f"{path}.network.interfaces", "interfaces", "MultiNetworks"))
    if get_in(spec, "network", "vlans"):
        problems.append(_gated(f"{path}.network.vlans", "vlans", "VLANSubinterface"))
    if spec.get("policies"):
        problems.append(_gated(f"{path}.policies", "policies", "InfrastructurePolicies"))
    return problems


def validate_machine(admission: Admission) -> Sequence[Problem]:
    new = admission.new.get("spec") or {}
    problems: list[Problem] = []
    if admission.old is not None:
        old = admission.old.get("spec") or {}
        problems = [
            forbidden(f"spec.{name}", "cannot be modified") for name in _FIXED if new.get(name) != old.get(name)
        ]
        if get_in(new, "network", "interfaces") != get_in(old, "network", "interfaces"):
            problems.append(forbidden("spec.network.interfaces", "cannot be modified"))
    return [*problems, *_machine(new, "spec")]


def validate_machine_template(admission: Admission) -> Sequence[Problem]:
    path = "spec.template.spec"
    spec = get_in(admission.new, "spec", "template", "spec", default={})
    if admission.old is not None and not admission.compares_templates:
        before = get_in(admission.old, "spec", "template", "spec", default={})
        if _comparable(spec) != _comparable(before):
            return [invalid(path, admission.new, IMMUTABLE)]
    problems = _machine(spec, path)
    template = get_in(spec, "naming", "template", default="")
    if template:
        try:
            vm_name("machine", template)
        except MachineNameError as error:
            problems.append(invalid(f"{path}.namingStrategy.template", template, str(error)))
    return problems


def _comparable(spec: Json) -> Json:
    """A template of an older release had its mode of switching off filled in."""
    return {**spec, "powerOffMode": spec.get("powerOffMode") or "hard"}
