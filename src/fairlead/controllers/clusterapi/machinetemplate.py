"""Machine templates: whether one is what another asks for, and the number that stands for it. Pure.

Source: cluster-api v1.14, core/reconcilers/machinedeployment/mdutil/util.go (MachineTemplateUpToDate) and
internal/util/hash (32-bit FNV-1a over go-spew's print of the Go struct, which is spelt out here).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fairlead.base.objects import Json, get_in, meta
from fairlead.runtime.clock import parse_timestamp

# The fields of the Go structs in their order: JSON name, Go name, Go type. Pointers print as nil where they are unset.
_REFERENCE = (("kind", "Kind", "string"), ("name", "Name", "string"), ("apiGroup", "APIGroup", "string"))
_BOOTSTRAP = (
    ("configRef", "ConfigRef", "v1beta2.ContractVersionedObjectReference"),
    ("dataSecretName", "DataSecretName", "*string"),
)
_GATE = (("conditionType", "ConditionType", "string"), ("polarity", "Polarity", "v1beta2.ConditionPolarity"))
_DELETION = (
    ("nodeDrainTimeoutSeconds", "NodeDrainTimeoutSeconds", "*int32"),
    ("nodeVolumeDetachTimeoutSeconds", "NodeVolumeDetachTimeoutSeconds", "*int32"),
    ("nodeDeletionTimeoutSeconds", "NodeDeletionTimeoutSeconds", "*int32"),
)
_TAINT = (
    ("key", "Key", "string"),
    ("value", "Value", "string"),
    ("effect", "Effect", "v1.TaintEffect"),
    ("propagation", "Propagation", "v1beta2.MachineTaintPropagation"),
)
_SPEC = (
    ("clusterName", "ClusterName", "string"),
    ("bootstrap", "Bootstrap", "v1beta2.Bootstrap"),
    ("infrastructureRef", "InfrastructureRef", "v1beta2.ContractVersionedObjectReference"),
    ("version", "Version", "string"),
    ("providerID", "ProviderID", "string"),
    ("failureDomain", "FailureDomain", "string"),
    ("minReadySeconds", "MinReadySeconds", "*int32"),
    ("readinessGates", "ReadinessGates", "[]v1beta2.MachineReadinessGate"),
    ("deletion", "Deletion", "v1beta2.MachineDeletionSpec"),
    ("taints", "Taints", "[]v1beta2.MachineTaint"),
)
_STRUCTS: dict[str, Sequence[tuple[str, str, str]]] = {
    "v1beta2.ContractVersionedObjectReference": _REFERENCE,
    "v1beta2.Bootstrap": _BOOTSTRAP,
    "v1beta2.MachineReadinessGate": _GATE,
    "v1beta2.MachineDeletionSpec": _DELETION,
    "v1beta2.MachineTaint": _TAINT,
}
_NO_METADATA = "(v1beta2.ObjectMeta){Labels:(map[string]string)<nil> Annotations:(map[string]string)<nil>}"
# What is changed on machines in place, and never makes new ones.
IN_PLACE = ("minReadySeconds", "readinessGates", "taints")
IN_PLACE_DELETION = ("nodeDrainTimeoutSeconds", "nodeDeletionTimeoutSeconds", "nodeVolumeDetachTimeoutSeconds")


def template_hash(template: Json) -> str:
    """The number that upstream gives a machine template; its labels and annotations count for nothing."""
    spec = _struct(template.get("spec") or {}, _SPEC)
    text = f"(*v1beta2.MachineTemplateSpec){{ObjectMeta:{_NO_METADATA} Spec:(v1beta2.MachineSpec){spec}}}"
    digest = 0x811C9DC5
    for byte in text.encode():
        digest = ((digest ^ byte) * 0x01000193) & 0xFFFFFFFF
    return str(digest)


def _struct(value: Mapping[str, Any], fields: Sequence[tuple[str, str, str]]) -> str:
    return "{" + " ".join(f"{go}:({type_}){_value(value.get(name), type_)}" for name, go, type_ in fields) + "}"


def _value(value: Any, type_: str) -> str:
    if type_.startswith("[]"):
        fields = _STRUCTS[type_.removeprefix("[]")]
        return "[" + " ".join(_struct(entry, fields) for entry in value) + "]" if value else "<nil>"
    if type_ in _STRUCTS:
        return _struct(value or {}, _STRUCTS[type_])
    if type_.startswith("*") and value is None:
        return "<nil>"
    return str(value or "") if type_ != "*int32" else str(value)


def template_differences(machine_set: Json, deployment: Json, now: datetime) -> list[str]:
    """Why machines of *machine_set* are not what *deployment* asks for, in upstream's words; empty when they are."""
    found = spec_differences(machine_set, deployment)
    if is_outlived(machine_set, deployment, now):
        found.append("MachineDeployment spec.rolloutAfter expired")
    return found


def spec_differences(machine_set: Json, deployment: Json) -> list[str]:
    """The differences of the templates alone."""
    have = get_in(machine_set, "spec", "template", "spec", default={})
    want = get_in(deployment, "spec", "template", "spec", default={})
    found = []
    if have.get("version", "") != want.get("version", ""):
        found.append(f"Version {have.get('version', '')}, {want.get('version', '')} required")
    if (have.get("bootstrap") or {}) != (want.get("bootstrap") or {}):
        found.append(_bootstrap_difference(have.get("bootstrap") or {}, want.get("bootstrap") or {}))
    if have.get("infrastructureRef") != want.get("infrastructureRef"):
        found.append(f"{_kind(have.get('infrastructureRef'))} is not up-to-date")
    if have.get("failureDomain", "") != want.get("failureDomain", ""):
        found.append(f"Failure domain {have.get('failureDomain', '')}, {want.get('failureDomain', '')} required")
    return found


def _bootstrap_difference(have: Json, want: Json) -> str:
    if have.get("configRef"):
        return f"{_kind(have['configRef'])} is not up-to-date"
    names = [
        value if value is not None else "nil" for value in (have.get("dataSecretName"), want.get("dataSecretName"))
    ]
    return f"spec.bootstrap.dataSecretName {names[0]}, {names[1]} required"


def _kind(reference: Json | None) -> str:
    return str((reference or {}).get("kind", "")).removesuffix("Template")


def is_outlived(machine_set: Json, deployment: Json, now: datetime) -> bool:
    """Whether a `rollout.after` that has come asks for machines younger than *machine_set*."""
    after = get_in(deployment, "spec", "rollout", "after")
    if not after or parse_timestamp(after) >= now:
        return False
    return parse_timestamp(meta(machine_set)["creationTimestamp"]) < parse_timestamp(after)
