"""From v1beta1 to v1beta2 and back, for the kinds of Cluster API.

Most differences are moves: a field has another path, sometimes another form. They are tables here, read in either
direction. What v1beta2 dropped is dropped; what v1beta1 cannot say is lost on the way back.

Source: cluster-api v1.14, api/*/v1beta1/conversion.go and internal/api conversions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.api.clusterapi.moves import Move, Path, apply_moves, moved, path_of, take, timed
from fairlead.api.clusterapi.topologyconversion import convert_cluster, convert_cluster_class
from fairlead.api.durations import duration, seconds
from fairlead.base.objects import Json, copy


def _reference_up(value: Any) -> Any:
    """An object reference with apiVersion becomes one with apiGroup."""
    if not isinstance(value, dict):
        return value
    group = str(value.get("apiVersion", "")).rpartition("/")[0] or value.get("apiGroup", "")
    return {"apiGroup": group, "kind": value.get("kind", ""), "name": value.get("name", "")}


GROUP_VERSIONS = {
    "cluster.x-k8s.io": "v1beta1",
    "bootstrap.cluster.x-k8s.io": "v1beta1",
    "controlplane.cluster.x-k8s.io": "v1beta1",
    "infrastructure.cluster.x-k8s.io": "v1beta1",
}


def _reference_down(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    group = value.get("apiGroup", "")
    version = GROUP_VERSIONS.get(group, "v1beta1")
    return {"apiVersion": f"{group}/{version}", "kind": value.get("kind", ""), "name": value.get("name", "")}


def _referenced(path: str) -> Move:
    return Move(path_of(path), path_of(path), _reference_up, _reference_down)


def _arguments_up(value: Any) -> Any:
    """`{name: value}` becomes a list, in the order of the names."""
    if not isinstance(value, Mapping):
        return value
    return [{"name": name, "value": value[name]} for name in sorted(value)]


def _arguments_down(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return {entry["name"]: entry.get("value", "") for entry in value}


def _arguments(path: str) -> Move:
    return Move(path_of(path), path_of(path), _arguments_up, _arguments_down)


def _domains_up(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return [{"name": name, **facts} for name, facts in sorted(value.items())]


def _domains_down(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return {entry["name"]: {k: v for k, v in entry.items() if k != "name"} for entry in value}


def _machine_spec(prefix: str) -> list[Move]:
    """The fields of a MachineSpec at *prefix*."""
    return [
        _referenced(f"{prefix}.bootstrap.configRef"),
        _referenced(f"{prefix}.infrastructureRef"),
        timed(f"{prefix}.nodeDrainTimeout", f"{prefix}.deletion.nodeDrainTimeoutSeconds"),
        timed(f"{prefix}.nodeVolumeDetachTimeout", f"{prefix}.deletion.nodeVolumeDetachTimeoutSeconds"),
        timed(f"{prefix}.nodeDeletionTimeout", f"{prefix}.deletion.nodeDeletionTimeoutSeconds"),
    ]


def _old_status(*counters: str) -> list[Move]:
    """Status fields that v1beta2 keeps under `deprecated.v1beta1`, and those that v1beta1 keeps under `v1beta2`."""
    names = ("conditions", "failureReason", "failureMessage", *counters)
    return [moved(f"status.{name}", f"status.deprecated.v1beta1.{name}") for name in names] + [
        moved("status.v1beta2.conditions", "status.conditions")
    ]


def _newer(*counters: str) -> list[Move]:
    return [moved(f"status.v1beta2.{name}", f"status.{name}") for name in counters]


def _kubeadm(prefix: str) -> list[Move]:
    """The fields of a KubeadmConfigSpec at *prefix*."""
    cluster = f"{prefix}.clusterConfiguration"
    moves = [_arguments(f"{cluster}.{part}.extraArgs") for part in ("apiServer", "controllerManager", "scheduler")]
    moves.append(_arguments(f"{cluster}.etcd.local.extraArgs"))
    for part in ("initConfiguration", "joinConfiguration"):
        moves.append(_arguments(f"{prefix}.{part}.nodeRegistration.kubeletExtraArgs"))
    timeout = "timeouts.controlPlaneComponentHealthCheckSeconds"
    moves.append(timed(f"{cluster}.apiServer.timeoutForControlPlane", f"{prefix}.initConfiguration.{timeout}"))
    moves.append(
        timed(
            f"{prefix}.joinConfiguration.discovery.timeout", f"{prefix}.joinConfiguration.timeouts.tlsBootstrapSeconds"
        )
    )
    return moves


def _kubeadm_dropped(prefix: str) -> list[Path]:
    cluster = f"{prefix}.clusterConfiguration"
    names = [f"{cluster}.{name}" for name in ("apiVersion", "kind", "clusterName", "kubernetesVersion", "networking")]
    names += [
        f"{prefix}.{part}.{name}"
        for part in ("initConfiguration", "joinConfiguration")
        for name in ("apiVersion", "kind")
    ]
    return [path_of(name) for name in [*names, f"{prefix}.useExperimentalRetryJoin"]]


_TEMPLATE = "spec.template.spec"
MOVES: dict[str, Sequence[Move]] = {
    "Cluster": [
        *_old_status(),
        *_newer("controlPlane", "workers"),
        _referenced("spec.controlPlaneRef"),
        _referenced("spec.infrastructureRef"),
        moved("status.infrastructureReady", "status.initialization.infrastructureProvisioned"),
        moved("status.controlPlaneReady", "status.initialization.controlPlaneInitialized"),
        Move(path_of("status.failureDomains"), path_of("status.failureDomains"), _domains_up, _domains_down),
        moved("spec.topology.class", "spec.topology.classRef.name"),
        moved("spec.topology.classNamespace", "spec.topology.classRef.namespace"),
    ],
    "Machine": [
        *_old_status(),
        *_machine_spec("spec"),
        moved("status.bootstrapReady", "status.initialization.bootstrapDataSecretCreated"),
        moved("status.infrastructureReady", "status.initialization.infrastructureProvisioned"),
    ],
    "MachineSet": [
        *_old_status("readyReplicas", "availableReplicas", "fullyLabeledReplicas"),
        *_newer("readyReplicas", "availableReplicas", "upToDateReplicas"),
        *_machine_spec(_TEMPLATE),
        moved("spec.deletePolicy", "spec.deletion.order"),
        moved("spec.minReadySeconds", "spec.template.spec.minReadySeconds"),
        moved("spec.machineNamingStrategy", "spec.machineNaming"),
    ],
    "MachineDeployment": [
        *_old_status("readyReplicas", "availableReplicas", "unavailableReplicas", "updatedReplicas"),
        *_newer("readyReplicas", "availableReplicas", "upToDateReplicas"),
        *_machine_spec(_TEMPLATE),
        moved("spec.strategy.rollingUpdate.deletePolicy", "spec.deletion.order"),
        moved("spec.strategy.remediation", "spec.remediation"),
        moved("spec.strategy.rollingUpdate", "spec.rollout.strategy.rollingUpdate"),
        moved("spec.strategy.type", "spec.rollout.strategy.type"),
        moved("spec.rolloutAfter", "spec.rollout.after"),
        moved("spec.minReadySeconds", "spec.template.spec.minReadySeconds"),
        moved("spec.machineNamingStrategy", "spec.machineNaming"),
    ],
    "MachinePool": [
        *_old_status("readyReplicas", "availableReplicas", "unavailableReplicas"),
        *_newer("readyReplicas", "availableReplicas", "upToDateReplicas"),
        *_machine_spec(_TEMPLATE),
        moved("spec.minReadySeconds", "spec.template.spec.minReadySeconds"),
        moved("status.bootstrapReady", "status.initialization.bootstrapDataSecretCreated"),
        moved("status.infrastructureReady", "status.initialization.infrastructureProvisioned"),
    ],
    "MachineHealthCheck": [
        *_old_status(),
        timed("spec.nodeStartupTimeout", "spec.checks.nodeStartupTimeoutSeconds"),
        moved("spec.unhealthyConditions", "spec.checks.unhealthyNodeConditions"),
        moved("spec.unhealthyMachineConditions", "spec.checks.unhealthyMachineConditions"),
        moved("spec.maxUnhealthy", "spec.remediation.triggerIf.unhealthyLessThanOrEqualTo"),
        moved("spec.unhealthyRange", "spec.remediation.triggerIf.unhealthyInRange"),
        moved("spec.remediationTemplate", "spec.remediation.templateRef"),
    ],
    "KubeadmConfig": [
        *_old_status(),
        *_kubeadm("spec"),
        moved("status.ready", "status.initialization.dataSecretCreated"),
    ],
    "KubeadmConfigTemplate": _kubeadm(_TEMPLATE),
    "KubeadmControlPlane": [
        *_old_status("readyReplicas", "unavailableReplicas", "updatedReplicas"),
        *_newer("readyReplicas", "availableReplicas", "upToDateReplicas"),
        *_kubeadm("spec.kubeadmConfigSpec"),
        Move(
            path_of("spec.machineTemplate.infrastructureRef"),
            path_of("spec.machineTemplate.spec.infrastructureRef"),
            _reference_up,
            _reference_down,
        ),
        moved("spec.machineTemplate.readinessGates", "spec.machineTemplate.spec.readinessGates"),
        moved("spec.machineTemplate.taints", "spec.machineTemplate.spec.taints"),
        *(
            timed(f"spec.machineTemplate.{name}", f"spec.machineTemplate.spec.deletion.{name}Seconds")
            for name in ("nodeDrainTimeout", "nodeVolumeDetachTimeout", "nodeDeletionTimeout")
        ),
        moved("spec.machineNamingStrategy", "spec.machineNaming"),
        moved("spec.rolloutStrategy", "spec.rollout.strategy"),
        moved("spec.rolloutBefore", "spec.rollout.before"),
        moved("spec.rolloutAfter", "spec.rollout.after"),
        timed("spec.remediationStrategy.minHealthyPeriod", "spec.remediation.minHealthyPeriodSeconds"),
        timed("spec.remediationStrategy.retryPeriod", "spec.remediation.retryPeriodSeconds"),
        moved("spec.remediationStrategy.maxRetry", "spec.remediation.maxRetry"),
        moved("status.lastRemediation.timestamp", "status.lastRemediation.time"),
        moved("status.initialized", "status.initialization.controlPlaneInitialized"),
    ],
    "KubeadmControlPlaneTemplate": _kubeadm("spec.template.spec.kubeadmConfigSpec"),
    "ClusterClass": _old_status(),
    "ClusterResourceSet": _old_status(),
    "ClusterResourceSetBinding": (),
    "MachineDrainRule": (),
    "IPAddress": (),
    "IPAddressClaim": _old_status(),
}
DROPPED: dict[str, Sequence[Path]] = {
    "KubeadmConfig": _kubeadm_dropped("spec"),
    "KubeadmConfigTemplate": _kubeadm_dropped(_TEMPLATE),
    "KubeadmControlPlane": [*_kubeadm_dropped("spec.kubeadmConfigSpec"), path_of("status.ready")],
    "KubeadmControlPlaneTemplate": _kubeadm_dropped("spec.template.spec.kubeadmConfigSpec"),
    "MachineDeployment": [path_of("spec.progressDeadlineSeconds"), path_of("spec.revisionHistoryLimit")],
}


def convert(obj: Json, version: str) -> Json:
    """*obj* in *version* (`v1beta1` or `v1beta2`); the same object when it is in that version already."""
    current = obj["apiVersion"].rpartition("/")[2]
    if current == version:
        return obj
    changed: Json = copy(obj)
    changed["apiVersion"] = obj["apiVersion"].replace(current, version)
    up = version == "v1beta2"
    apply_moves(changed, MOVES[obj["kind"]], up=up)
    if up:
        for path in DROPPED.get(obj["kind"], ()):
            take(changed, path)
        _empty(changed, ("status", "v1beta2"))
        _empty(changed, ("spec", "strategy"))
    _health_checks(changed, up=up)
    if obj["kind"] == "Cluster":
        convert_cluster(changed, up=up)
    elif obj["kind"] == "ClusterClass":
        convert_cluster_class(changed, up=up)
    return changed


def _health_checks(obj: Json, *, up: bool) -> None:
    """Timeouts inside the lists of a MachineHealthCheck."""
    if obj["kind"] != "MachineHealthCheck":
        return
    spec = obj.get("spec") or {}
    holder = (spec.get("checks") or {}) if up else spec
    names = (
        ("unhealthyNodeConditions", "unhealthyMachineConditions")
        if up
        else ("unhealthyConditions", "unhealthyMachineConditions")
    )
    for name in names:
        for entry in holder.get(name) or ():
            if up and "timeout" in entry:
                entry["timeoutSeconds"] = seconds(entry.pop("timeout"))
            elif not up and "timeoutSeconds" in entry:
                entry["timeout"] = duration(entry.pop("timeoutSeconds"))


def _empty(obj: Json, path: Path) -> None:
    """Remove what is at *path* if nothing is in it any more."""
    parent = obj.get(path[0])
    if isinstance(parent, dict) and parent.get(path[1]) == {}:
        del parent[path[1]]
