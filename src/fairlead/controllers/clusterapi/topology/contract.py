"""Where control planes of any provider keep what a topology sets, in both versions of the contract.

Source: cluster-api v1.14, internal/contract/controlplane.go.
"""

from collections.abc import Mapping
from typing import Any

from fairlead.api.durations import duration
from fairlead.base.objects import GVK, Json, Key, get_in
from fairlead.controllers.clusterapi.cloning import contract_reference

OLD = "v1beta1"
_TIMEOUTS = ("nodeDrainTimeout", "nodeVolumeDetachTimeout", "nodeDeletionTimeout")


def is_old(obj: Json) -> bool:
    """Whether *obj* keeps the older contract; the version of a kind is named after that of its contract."""
    return GVK.of(obj).version == OLD


def put(obj: Json, path: tuple[str, ...], value: Any) -> None:
    """Set the value at *path* in *obj*, a private draft."""
    here = obj
    for step in path[:-1]:
        inner = here.get(step)
        if not isinstance(inner, dict):
            inner = here[step] = {}
        here = inner
    here[path[-1]] = value


def _machines(plane: Json) -> tuple[str, ...]:
    return ("spec", "machineTemplate") if is_old(plane) else ("spec", "machineTemplate", "spec")


def machine_reference(plane: Json) -> Json:
    """What *plane* says of the template of its machines: apiGroup, kind, name."""
    reference = get_in(plane, *_machines(plane), "infrastructureRef", default={})
    if "apiGroup" in reference or not reference:
        return dict(reference)
    gvk = GVK.parse(reference.get("apiVersion", ""), reference.get("kind", ""))
    return {"apiGroup": gvk.group, "kind": gvk.kind, "name": reference.get("name", "")}


def set_machine_reference(plane: Json, template: Json) -> None:
    """Let *plane*, a private draft, make its machines from *template*."""
    if is_old(plane):
        gvk, key = GVK.of(template), Key.of(template)
        reference: Json = {
            "apiVersion": gvk.api_version,
            "kind": gvk.kind,
            "namespace": key.namespace,
            "name": key.name,
        }
    else:
        reference = contract_reference(template)
    put(plane, (*_machines(plane), "infrastructureRef"), reference)


def set_machine_metadata(plane: Json, labels: Mapping[str, str], annotations: Mapping[str, str]) -> None:
    """Give machines of *plane* these labels and annotations, over those of its template."""
    own = get_in(plane, "spec", "machineTemplate", "metadata", default={})
    both = {
        "labels": {**(own.get("labels") or {}), **labels},
        "annotations": {**(own.get("annotations") or {}), **annotations},
    }
    put(plane, ("spec", "machineTemplate", "metadata"), {name: values for name, values in both.items() if values})


def set_machine_field(plane: Json, name: str, value: Any) -> None:
    """Set `readinessGates` or `taints` of the machines of *plane*."""
    put(plane, (*_machines(plane), name), value)


def set_deletion(plane: Json, deletion: Mapping[str, Any]) -> None:
    """Set the timeouts (in seconds) with which machines of *plane* are deleted."""
    for name in _TIMEOUTS:
        given = deletion.get(f"{name}Seconds")
        if given is None:
            continue
        if is_old(plane):
            put(plane, (*_machines(plane), name), duration(given))
        else:
            put(plane, (*_machines(plane), "deletion", f"{name}Seconds"), given)


def set_rollout_after(plane: Json, after: str) -> None:
    """Ask for machines of *plane* younger than *after*."""
    put(plane, ("spec", "rolloutAfter") if is_old(plane) else ("spec", "rollout", "after"), after)
