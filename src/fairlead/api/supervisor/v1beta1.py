"""The older version of the supervisor kinds: its schemas, and the way from one version to the other.

Source: cluster-api-provider-vsphere v1.17, api/supervisor/v1beta1 and internal/webhooks/vmware/conversion. The older
schemas are looser copies of the newer ones: no bounds, a few other names, conditions of the old form.
"""

from typing import Any

from fairlead.api.infrastructure.v1beta1 import (
    cluster_template_levels,
    drop_empty,
    loosen,
    older_status,
    status_down,
    status_up,
)
from fairlead.base.objects import Json, copy

_TEXT: Json = {"type": "string"}
_MACHINES = ("VSphereMachine", "VSphereMachineTemplate")


def older_schema(schema: Json, kind: str) -> Json:
    """The v1beta1 schema of a kind, from its v1beta2 schema."""
    older: Json = loosen(schema)
    properties = older["properties"]
    spec = properties["spec"]["properties"]
    if "template" in spec:
        template = spec["template"]
        template["required"] = ["spec"]
        del template["properties"]["metadata"]
        spec = template["properties"]["spec"]["properties"]
    if kind in _MACHINES:
        _older_machine(spec)
    elif "controlPlaneEndpoint" in spec:
        port = spec["controlPlaneEndpoint"]["properties"]["port"]
        del port["minimum"], port["maximum"]
    status = properties.get("status", {}).get("properties", {})
    if kind in ("VSphereCluster", "VSphereMachine"):
        older_status(status)
    if kind == "VSphereCluster":
        status["resourcePolicyName"] = dict(_TEXT)
        del status["failureReason"], status["failureMessage"]
    if kind == "VSphereMachine":
        for name in ("phase", "failureDomain", "biosUUID"):
            status.pop(name, None)
        status |= {"vmID": dict(_TEXT), "vmIp": dict(_TEXT), "vmstatus": dict(_TEXT)}
    if kind == "VSphereMachineTemplate":
        status.pop("nodeInfo", None)
    older.pop("required", None)
    return older


def _older_machine(spec: Json) -> None:
    spec["powerOffMode"] = {**spec["powerOffMode"], "default": "hard"}
    spec["namingStrategy"] = spec.pop("naming")
    spec["failureDomain"] = dict(_TEXT)
    interfaces = spec["network"]["properties"]["interfaces"]["properties"]
    for card in (interfaces["primary"], interfaces["secondary"]["items"]):
        card["properties"]["network"] = card["properties"].pop("networkRef")
        card["required"] = sorted("network" if name == "networkRef" else name for name in card["required"])


def convert(obj: Json, version: str) -> Json:
    """*obj* in *version*; the same object when it is in that version already."""
    if obj["apiVersion"].rpartition("/")[2] == version:
        return obj
    changed: Json = copy(obj)
    changed["apiVersion"] = f"{obj['apiVersion'].rpartition('/')[0]}/{version}"
    up, kind = version == "v1beta2", changed["kind"]
    spec, status = changed.get("spec"), changed.get("status")
    if isinstance(spec, dict):
        if up:
            drop_empty(spec)
        template = spec.get("template")
        _spec(template.get("spec") if isinstance(template, dict) else spec, kind, up=up)
    if isinstance(status, dict):
        (_status_up if up else _status_down)(status, kind)
    if kind == "VSphereClusterTemplate":
        cluster_template_levels(changed, up=up)
    return changed


def _spec(spec: Any, kind: str, *, up: bool) -> None:
    if not isinstance(spec, dict):
        return
    if kind in _MACHINES:
        old, new = ("namingStrategy", "naming") if up else ("naming", "namingStrategy")
        if old in spec:
            spec[new] = spec.pop(old)
        if up:
            spec.pop("failureDomain", None)
        interfaces = (spec.get("network") or {}).get("interfaces") or {}
        old, new = ("network", "networkRef") if up else ("networkRef", "network")
        for card in (interfaces.get("primary"), *(interfaces.get("secondary") or ())):
            if isinstance(card, dict) and old in card:
                card[new] = card.pop(old)
    elif up and isinstance(spec.get("controlPlaneEndpoint"), dict):
        endpoint = {key: value for key, value in spec["controlPlaneEndpoint"].items() if value}
        spec["controlPlaneEndpoint"] = endpoint
        if not endpoint:
            del spec["controlPlaneEndpoint"]


_PHASES = ("NotFound", "Created", "PoweredOn", "Pending", "Ready", "Deleting", "Error")
_PHASE_OF = {phase.lower(): phase for phase in _PHASES}


def _status_up(status: Json, kind: str) -> None:
    status_up(status, kind)
    status.pop("resourcePolicyName", None)
    status.pop("vmIp", None)
    if status.get("vmID"):
        status["biosUUID"] = status["vmID"]
    status.pop("vmID", None)
    phase = _PHASE_OF.get(status.pop("vmstatus", ""))
    if phase:
        status["phase"] = phase


def _status_down(status: Json, kind: str) -> None:
    status_down(status, kind)
    if status.get("biosUUID"):
        status["vmID"] = status.pop("biosUUID")
    if status.get("phase"):
        status["vmstatus"] = status.pop("phase").lower()
    if kind == "VSphereMachine":
        status.pop("failureDomain", None)
    status.pop("nodeInfo", None)
