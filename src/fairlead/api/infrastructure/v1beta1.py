"""The older version of the vSphere kinds: its schemas, and the way from one version to the other.

Source: cluster-api-provider-vsphere v1.17, api/govmomi/v1beta1 and internal/webhooks/conversion. The older schemas are
looser copies of the newer ones: no bounds, a few other names, durations as text, conditions of the old form.
"""

from typing import Any

from fairlead.api.durations import duration, seconds
from fairlead.base.objects import Json, copy

OLD_CONDITION: Json = {
    "type": "object",
    "required": ["lastTransitionTime", "status", "type"],
    "properties": {
        "lastTransitionTime": {"type": "string", "format": "date-time"},
        "message": {"type": "string"},
        "reason": {"type": "string"},
        "severity": {"type": "string"},
        "status": {"type": "string"},
        "type": {"type": "string"},
    },
}
_BOUNDS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "pattern")
_OBJECT_REFERENCE = ("apiVersion", "fieldPath", "kind", "name", "namespace", "resourceVersion", "uid")
_TEXT: Json = {"type": "string"}
_MAPS = ("annotations", "customVMXKeys", "labels", "matchLabels")  # their values are the user's, empty or not
_POINTERS = ("hostname", "useDomains", "useRoutes")


def older_schema(schema: Json) -> Json:
    """The v1beta1 schema of a kind, from its v1beta2 schema."""
    older: Json = loosen(schema)
    properties = older["properties"]
    _older_spec(properties["spec"]["properties"])
    template = properties["spec"]["properties"].get("template", {})
    if isinstance(template, dict) and "properties" in template:
        _older_spec(template["properties"]["spec"]["properties"])
    if "status" in properties:
        older_status(properties["status"]["properties"])
    older.pop("required", None)
    return older


def loosen(schema: Any) -> Any:
    """*schema* without bounds."""
    if isinstance(schema, list):
        return [loosen(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: ({name: loosen(item) for name, item in value.items()} if key == "properties" else loosen(value))
        for key, value in schema.items()
        if key not in _BOUNDS or isinstance(value, dict)
    }


def _older_spec(spec: Json) -> None:
    if spec.pop("guestSoftPowerOffTimeoutSeconds", None):
        spec["guestSoftPowerOffTimeout"] = dict(_TEXT)
        spec["powerOffMode"] = {**spec["powerOffMode"], "default": "hard"}
        spec["cloneMode"].pop("enum", None)
        spec["network"]["properties"]["preferredAPIServerCidr"] = dict(_TEXT)
    if "naming" in spec:
        spec["namingStrategy"] = spec.pop("naming")
        spec["failureDomain"] = dict(_TEXT)
    if "bootstrapRef" in spec:
        spec["bootstrapRef"] = {
            "type": "object",
            "properties": {name: dict(_TEXT) for name in _OBJECT_REFERENCE},
            "x-kubernetes-map-type": "atomic",
        }
    for part in ("region", "zone"):
        if part in spec and "properties" in spec[part]:
            spec[part]["properties"]["autoConfigure"] = {"type": "boolean"}


def older_status(status: Json) -> None:
    """Make the properties of a v1beta2 status those of v1beta1, in place."""
    newer = status.get("conditions")
    status["v1beta2"] = {"type": "object", "properties": {"conditions": newer}} if newer else {"type": "object"}
    status["conditions"] = {"type": "array", "items": copy(OLD_CONDITION)}
    status.pop("deprecated", None)
    status.pop("initialization", None)
    status["ready"] = {"type": "boolean"}
    status["failureReason"] = dict(_TEXT)
    status["failureMessage"] = dict(_TEXT)
    if "failureDomains" in status:
        domain = status["failureDomains"]["items"]
        fields = {name: item for name, item in domain["properties"].items() if name != "name"}
        status["failureDomains"] = {
            "type": "object",
            "additionalProperties": {"type": "object", "properties": fields},
        }


def convert(obj: Json, version: str) -> Json:
    """*obj* in *version*; the same object when it is in that version already."""
    current = obj["apiVersion"].rpartition("/")[2]
    if current == version:
        return obj
    changed: Json = copy(obj)
    changed["apiVersion"] = obj["apiVersion"].replace(current, version)
    up = version == "v1beta2"
    spec, status = changed.get("spec"), changed.get("status")
    if isinstance(spec, dict):
        if up:
            drop_empty(spec)
        (_spec_up if up else _spec_down)(spec, changed["kind"])
        inner = (spec.get("template") or {}).get("spec") if isinstance(spec.get("template"), dict) else None
        if isinstance(inner, dict):
            (_spec_up if up else _spec_down)(inner, changed["kind"].removesuffix("Template"))
    if isinstance(status, dict):
        (status_up if up else status_down)(status, changed["kind"])
    if changed["kind"] == "VSphereClusterTemplate":
        cluster_template_levels(changed, up=up)
    return changed


def cluster_template_levels(obj: Json, *, up: bool) -> None:
    """A VSphereClusterTemplate that says nothing, in place: v1beta1 writes its levels out, v1beta2 has none of them."""
    if not up:
        obj.setdefault("spec", {}).setdefault("template", {}).setdefault("spec", {})
        return
    levels: list[tuple[Json, str]] = []
    here: Any = obj
    for step in ("spec", "template", "spec"):
        if isinstance(here, dict) and step in here:
            levels.append((here, step))
            here = here[step]
    for parent, step in reversed(levels):
        if parent[step] == {}:
            del parent[step]


def drop_empty(value: Any) -> None:
    """Remove empty texts, in place: what v1beta1 calls empty is absent in v1beta2, as in upstream's Go types."""
    if isinstance(value, list):
        for item in value:
            drop_empty(item)
    elif isinstance(value, dict):
        for name in [name for name, inner in value.items() if inner == "" and name not in _POINTERS]:
            del value[name]
        for name, inner in value.items():
            if name not in _MAPS:
                drop_empty(inner)


def _spec_up(spec: Json, kind: str) -> None:
    for part in ("region", "zone"):
        if isinstance(spec.get(part), dict):
            spec[part].pop("autoConfigure", None)
    if kind not in ("VSphereMachine", "VSphereVM"):
        return
    timeout = spec.pop("guestSoftPowerOffTimeout", None)
    if timeout:
        spec["guestSoftPowerOffTimeoutSeconds"] = seconds(timeout)
    if "namingStrategy" in spec:
        spec["naming"] = spec.pop("namingStrategy")
    spec.pop("failureDomain", None)
    if isinstance(spec.get("network"), dict):
        spec["network"].pop("preferredAPIServerCidr", None)
    reference = spec.get("bootstrapRef")
    if isinstance(reference, dict):
        spec["bootstrapRef"] = {"name": reference.get("name", "")}


def _spec_down(spec: Json, kind: str) -> None:
    if kind not in ("VSphereMachine", "VSphereVM"):
        return
    timeout = spec.pop("guestSoftPowerOffTimeoutSeconds", None)
    if timeout:
        spec["guestSoftPowerOffTimeout"] = duration(timeout)
    if "naming" in spec:
        spec["namingStrategy"] = spec.pop("naming")
    reference = spec.get("bootstrapRef")
    if isinstance(reference, dict):
        spec["bootstrapRef"] = {"apiVersion": "v1", "kind": "Secret", "name": reference.get("name", "")}


def status_up(status: Json, kind: str) -> None:
    """A v1beta1 status in v1beta2, in place."""
    old: Json = {}
    for name in ("conditions", "failureReason", "failureMessage"):
        if name in status:
            old[name] = status.pop(name)
    newer = (status.pop("v1beta2", None) or {}).get("conditions")
    if newer:
        status["conditions"] = newer
    if old:
        status["deprecated"] = {"v1beta1": old}
    if "ready" in status and kind in ("VSphereMachine", "VSphereCluster"):
        status["initialization"] = {"provisioned": status.pop("ready")}
    domains = status.get("failureDomains")
    if isinstance(domains, dict):
        status["failureDomains"] = [{"name": name, **facts} for name, facts in sorted(domains.items())]


def status_down(status: Json, kind: str) -> None:
    """A v1beta2 status in v1beta1, in place."""
    newer = status.pop("conditions", None)
    old = ((status.pop("deprecated", None) or {}).get("v1beta1")) or {}
    status.update(old)
    if newer:
        status["v1beta2"] = {"conditions": newer}
    if kind in ("VSphereMachine", "VSphereCluster"):
        provisioned = (status.pop("initialization", None) or {}).get("provisioned")
        if provisioned is not None:
            status["ready"] = provisioned
    domains = status.get("failureDomains")
    if isinstance(domains, list):
        status["failureDomains"] = {
            domain["name"]: {key: value for key, value in domain.items() if key != "name"} for domain in domains
        }
