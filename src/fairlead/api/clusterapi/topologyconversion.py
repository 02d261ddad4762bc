"""The parts of ClusterClass and of a Cluster's topology, from v1beta1 to v1beta2 and back.

Workers, patches and variables are lists, so their entries are converted one by one. What an entry of v1beta1 leaves
empty (`metadata: {}`) is left out in v1beta2, whose schemas refuse empty objects.

Source: cluster-api v1.14, api/core/v1beta1/conversion.go (…Class… and …Topology… functions).
"""

from collections.abc import Iterable
from typing import Any

from fairlead.api.clusterapi.moves import Move, apply_moves, moved, path_of, timed, without_empty
from fairlead.api.durations import duration, seconds
from fairlead.base.objects import Json, get_in

_OPTIONAL = (
    "availabilityGates",
    "controlPlane",
    "deletion",
    "failureDomains",
    "healthCheck",
    "machineDeployments",
    "machinePools",
    "metadata",
    "naming",
    "patches",
    "readinessGates",
    "rollout",
    "variables",
    "workers",
    "deprecatedV1Beta1Metadata",
)


def _template(value: Any) -> Any:
    """A reference to a template; its namespace, which is that of the class anyway, is dropped."""
    if not isinstance(value, dict):
        return value
    return {name: value[name] for name in ("apiVersion", "kind", "name") if name in value}


def _templated(old: str, new: str) -> Move:
    return Move(path_of(old), path_of(new), _template, _template)


def _conditions_up(value: Any) -> Any:
    return [_renamed(entry, "timeout", "timeoutSeconds", seconds) for entry in value]


def _conditions_down(value: Any) -> Any:
    return [_renamed(entry, "timeoutSeconds", "timeout", duration) for entry in value]


def _renamed(entry: Json, old: str, new: str, change: Any) -> Json:
    kept = {name: value for name, value in entry.items() if name != old}
    return {**kept, new: change(entry[old])} if old in entry else kept


def _judged(old: str, new: str) -> Move:
    return Move(path_of(old), path_of(new), _conditions_up, _conditions_down)


_HEALTH_CHECK = (
    moved("machineHealthCheck.enable", "healthCheck.enabled"),
    _judged("machineHealthCheck.unhealthyConditions", "healthCheck.checks.unhealthyNodeConditions"),
    _judged("machineHealthCheck.unhealthyMachineConditions", "healthCheck.checks.unhealthyMachineConditions"),
    timed("machineHealthCheck.nodeStartupTimeout", "healthCheck.checks.nodeStartupTimeoutSeconds"),
    moved("machineHealthCheck.maxUnhealthy", "healthCheck.remediation.triggerIf.unhealthyLessThanOrEqualTo"),
    moved("machineHealthCheck.unhealthyRange", "healthCheck.remediation.triggerIf.unhealthyInRange"),
    _templated("machineHealthCheck.remediationTemplate", "healthCheck.remediation.templateRef"),
)
_DELETION = tuple(
    timed(name, f"deletion.{name}Seconds")
    for name in ("nodeDrainTimeout", "nodeVolumeDetachTimeout", "nodeDeletionTimeout")
)
_STRATEGY = (
    moved("strategy.type", "rollout.strategy.type"),
    moved("strategy.rollingUpdate.maxSurge", "rollout.strategy.rollingUpdate.maxSurge"),
    moved("strategy.rollingUpdate.maxUnavailable", "rollout.strategy.rollingUpdate.maxUnavailable"),
    moved("strategy.rollingUpdate.deletePolicy", "deletion.order"),
    moved("strategy.remediation.maxInFlight", "healthCheck.remediation.maxInFlight"),
)
_PLANE = (*_HEALTH_CHECK, *_DELETION)
_WORKER = (*_HEALTH_CHECK, *_DELETION, *_STRATEGY)
_PLANE_CLASS = (
    *_PLANE,
    _templated("ref", "templateRef"),
    _templated("machineInfrastructure.ref", "machineInfrastructure.templateRef"),
    moved("namingStrategy", "naming"),
)
_WORKER_CLASS = (
    *_WORKER,
    moved("template.metadata", "metadata"),
    _templated("template.bootstrap.ref", "bootstrap.templateRef"),
    _templated("template.infrastructure.ref", "infrastructure.templateRef"),
    moved("namingStrategy", "naming"),
)
_CLASS = (
    _templated("infrastructure.ref", "infrastructure.templateRef"),
    moved("infrastructureNamingStrategy", "infrastructure.naming"),
)
_EXTERNAL = (
    moved("external.generateExtension", "external.generatePatchesExtension"),
    moved("external.validateExtension", "external.validateTopologyExtension"),
)
_DEFINITION = (moved("metadata", "deprecatedV1Beta1Metadata"),)
_LEFTOVERS = (
    "bootstrap",
    "deletion",
    "healthCheck",
    "infrastructure",
    "machineHealthCheck",
    "rollout",
    "strategy",
    "template",
)


def _convert(part: Any, moves: Iterable[Move], *, up: bool) -> None:
    if not isinstance(part, dict):
        return
    for name in ("machineHealthCheck", "healthCheck"):
        apart = part.get(name)
        if isinstance(apart, dict):
            without_empty(apart, ("checks", "remediation"))
    apply_moves(part, tuple(moves), up=up)
    without_empty(part, (*_LEFTOVERS, *(_OPTIONAL if up else ())))


def _each(parts: Any, moves: Iterable[Move], *, up: bool) -> None:
    for part in parts if isinstance(parts, list) else ():
        _convert(part, moves, up=up)


def convert_cluster(cluster: Json, *, up: bool) -> None:
    """Convert the lists and parts of ``spec.topology`` of *cluster*, a private draft."""
    topology = get_in(cluster, "spec", "topology")
    if not isinstance(topology, dict):
        return
    _convert(topology.get("controlPlane"), _PLANE, up=up)
    for name in ("machineDeployments", "machinePools"):
        _each(get_in(topology, "workers", name), _WORKER, up=up)
    if up:
        without_empty(topology.get("workers") or {}, _OPTIONAL)
        without_empty(topology, _OPTIONAL)


def convert_cluster_class(cluster_class: Json, *, up: bool) -> None:
    """Convert the lists and parts of *cluster_class*, a private draft."""
    spec = cluster_class.get("spec")
    if isinstance(spec, dict):
        apply_moves(spec, _CLASS, up=up)
        _convert(spec.get("controlPlane"), _PLANE_CLASS, up=up)
        for name in ("machineDeployments", "machinePools"):
            _each(get_in(spec, "workers", name), _WORKER_CLASS, up=up)
        _each(spec.get("patches"), _EXTERNAL, up=up)
        _each(spec.get("variables"), _DEFINITION, up=up)
        if up:
            without_empty(spec.get("workers") or {}, _OPTIONAL)
            without_empty(spec, _OPTIONAL)
    for variable in get_in(cluster_class, "status", "variables", default=()):
        _each(variable.get("definitions"), _DEFINITION, up=up)
