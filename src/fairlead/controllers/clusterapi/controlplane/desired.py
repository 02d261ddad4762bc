"""What a control-plane Machine and its bootstrap configuration should be. Pure.

Source: cluster-api v1.14, controlplane/kubeadm/pkg/desiredstate/desired_state.go.
"""

import re
from typing import Any

from fairlead.base.objects import Json, annotations, copy, get_in, labels
from fairlead.controllers.contract import CLUSTER_NAME_LABEL, CONTROL_PLANE_LABEL
from fairlead.runtime.ids import Ids

NAME_LABEL = "cluster.x-k8s.io/control-plane-name"
PRE_TERMINATE_HOOK = "pre-terminate.delete.hook.machine.cluster.x-k8s.io/kcp-cleanup"
REMEDIATION_FOR = "controlplane.cluster.x-k8s.io/remediation-for"
REMEDIATION_IN_PROGRESS = "controlplane.cluster.x-k8s.io/remediation-in-progress"
LOCAL_MODE = "ControlPlaneKubeletLocalMode"
GATES = ("NodeKubeadmLabelsAndTaintsSet", "APIServerPodHealthy", "ControllerManagerPodHealthy", "SchedulerPodHealthy")
ETCD_GATES = ("EtcdPodHealthy", "EtcdMemberHealthy")
NAME_LIMIT = 63
_RANDOM = 5
_PLACE = re.compile(r"\{\{\s*\.([\w.]+)\s*\}\}")


class NamingError(ValueError):
    """The naming template makes no usable name."""


def machine_name(kcp: Json, cluster: str, ids: Ids) -> str:
    """A new machine's name, after the spec's template. Raises: NamingError."""
    template = get_in(kcp, "spec", "machineNaming", "template") or "{{ .kubeadmControlPlane.name }}-{{ .random }}"
    if ".random" not in {f".{match}" for match in _PLACE.findall(template)}:
        raise NamingError("cannot generate Machine name: {{ .random }} is missing in machineNaming.template")
    random = ids.suffix(_RANDOM)
    values = {"cluster.name": cluster, "kubeadmControlPlane.name": kcp["metadata"]["name"], "random": random}

    def fill(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise NamingError(f"cannot generate Machine name: machineNaming.template has no value .{match[1]}")
        return str(values[match[1]])

    name = _PLACE.sub(fill, template)
    return name if len(name) <= NAME_LIMIT else f"{name[: NAME_LIMIT - _RANDOM]}{random}"


def machine_labels(kcp: Json, cluster: str) -> dict[str, str]:
    """The labels of a machine and of its objects."""
    own = labels(get_in(kcp, "spec", "machineTemplate", default={}))
    return {**own, CLUSTER_NAME_LABEL: cluster, CONTROL_PLANE_LABEL: "", NAME_LABEL: kcp["metadata"]["name"]}


def machine_annotations(kcp: Json) -> dict[str, str]:
    """The annotations of a machine and of its objects."""
    return dict(annotations(get_in(kcp, "spec", "machineTemplate", default={})))


def readiness_gates(kcp: Json) -> list[Json]:
    """The conditions that a machine's Ready waits for: those of the control plane, then the user's."""
    external = get_in(kcp, "spec", "kubeadmConfigSpec", "clusterConfiguration", "etcd", "external")
    gates: list[Json] = [{"conditionType": type_} for type_ in (*GATES, *(() if external else ETCD_GATES))]
    known = {gate["conditionType"] for gate in gates}
    for gate in get_in(kcp, "spec", "machineTemplate", "spec", "readinessGates", default=()):
        if gate["conditionType"] not in known:
            gates.append(dict(gate))
            known.add(gate["conditionType"])
    return gates


def mutable_spec(kcp: Json) -> Json:
    """What follows the control plane's spec on machines that are there already, without replacing them."""
    template = get_in(kcp, "spec", "machineTemplate", "spec", default={})
    spec: Json = {"readinessGates": readiness_gates(kcp)}
    for name in ("deletion", "taints"):
        if template.get(name):
            spec[name] = copy(template[name])
    return spec


def bootstrap_spec(kcp: Json, *, join: bool) -> Json:
    """The KubeadmConfigSpec of a machine that initialises the cluster, or joins it."""
    spec: Json = copy(get_in(kcp, "spec", "kubeadmConfigSpec", default={}))
    spec.pop("initConfiguration" if join else "joinConfiguration", None)
    if join:
        spec.setdefault("joinConfiguration", {}).setdefault("controlPlane", {})
    if _has_local_mode_gate(kcp["spec"]["version"]):
        gates = spec.setdefault("clusterConfiguration", {}).setdefault("featureGates", {})
        gates.setdefault(LOCAL_MODE, True)
    return spec


def _has_local_mode_gate(version: str) -> bool:
    """kubeadm knows the gate from v1.31 on; in v1.36 it is always on and the gate is gone."""
    found = re.match(r"v?(\d+)\.(\d+)", version)
    return found is not None and (1, 31) <= (int(found[1]), int(found[2])) < (1, 36)


def owned_keys(obj: Json, manager: str, part: str) -> set[str]:
    """The labels or annotations (*part*) that *manager* set on *obj*."""
    found: set[str] = set()
    for entry in obj["metadata"].get("managedFields") or ():
        if entry.get("manager") == manager:
            fields: Any = get_in(entry, "fieldsV1", "f:metadata", f"f:{part}", default={})
            found |= {name.removeprefix("f:") for name in fields if name.startswith("f:")}
    return found
