"""What upstream's admission webhooks fill in and refuse for Clusters.

Source: cluster-api v1.14, core/webhooks/admission/cluster.go, internal/topology/check (texts, paths and order).
The webhook waits up to 2 s for the ClusterClass to be reconciled; here the class's own variables are looked at, so
that nothing is waited for. What needs the class goes unchecked while it is not there; the topology controller says so.
"""

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Any

from fairlead.api.clusterapi.metadatarules import metadata, taints
from fairlead.api.clusterapi.rules import amount, health_check, is_semver, rolling_update
from fairlead.api.clusterapi.topologychanges import class_changes, version_changes
from fairlead.api.kind import Admission, DeniedError, Problem
from fairlead.api.problems import forbidden, invalid
from fairlead.base.objects import GVK, Json, copy, get_in, is_deleting, meta
from fairlead.engines.clusterclass.variables import default_topology, definitions_of, validate_topology
from fairlead.engines.schema.errors import FieldError

CLUSTER_CLASS = GVK("cluster.x-k8s.io", "v1beta2", "ClusterClass")
CONCURRENCY = "topology.cluster.x-k8s.io/upgrade-concurrency"
UNSAFE_CLASS = "unsafe.topology.cluster.x-k8s.io/disable-update-class-name-check"
UNSAFE_VERSION = "unsafe.topology.cluster.x-k8s.io/disable-update-version-check"
AUTOSCALER = (
    "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size",
    "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size",
)
_PATH = "spec.topology"


def default_cluster(admission: Admission) -> Json:
    topology = get_in(admission.new, "spec", "topology")
    if topology is None:
        return admission.new
    changed: Json = dict(topology)
    version = topology.get("version")
    if version is not None and not version.startswith("v"):
        changed["version"] = f"v{version}"
    found = _class_of(admission, admission.new)
    if found is not None and not _is_unchanged(admission):
        definitions = definitions_of(found)
        changed, problems = default_topology(changed, definitions)
        old = get_in(admission.old or {}, "spec", "topology")
        problems = [*problems, *validate_topology(changed, old, definitions)]
        if problems:
            raise DeniedError(_said(admission.new, problems), code=422, reason="Invalid")
    if changed == topology:
        return admission.new
    return {**admission.new, "spec": {**admission.new["spec"], "topology": copy(changed)}}


def _said(cluster: Json, problems: Sequence[FieldError]) -> str:
    texts = list(dict.fromkeys(str(problem) for problem in problems))
    joined = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    return f'Cluster.cluster.x-k8s.io "{meta(cluster).get("name", "")}" is invalid: {joined}'


def _class_of(admission: Admission, cluster: Json) -> Json | None:
    """The ClusterClass that *cluster* uses, if it can be used."""
    namespace, name = _class_key(cluster)
    found = admission.get(CLUSTER_CLASS, namespace, name) if name else None
    patches = get_in(found or {}, "spec", "patches", default=())
    discovers = any(get_in(patch, "external", "discoverVariablesExtension") for patch in patches)
    return None if discovers else found  # variables that only an extension knows cannot be judged


def _class_key(cluster: Json) -> tuple[str, str]:
    reference = get_in(cluster, "spec", "topology", "classRef", default={})
    return reference.get("namespace") or meta(cluster).get("namespace", ""), reference.get("name", "")


def _is_unchanged(admission: Admission) -> bool:
    """Whether the topology stays as it is, or the Cluster goes: then it must not stand in the way of other changes."""
    if admission.old is None:
        return False
    same = get_in(admission.old, "spec", "topology") == get_in(admission.new, "spec", "topology")
    return same or is_deleting(admission.new)


def validate_cluster(admission: Admission) -> Sequence[Problem]:
    spec, old = admission.new.get("spec") or {}, (admission.old or {}).get("spec") or {}
    problems: list[Problem] = []
    if old.get("infrastructureRef") and not spec.get("infrastructureRef"):
        problems.append(forbidden("spec.infrastructureRef", "cannot be removed"))
    if not any(spec.get(name) for name in ("controlPlaneRef", "infrastructureRef", "topology")):
        text = "one of spec.controlPlaneRef, spec.infrastructureRef or spec.topology must be set"
        problems.append(forbidden("spec", text))
    if old.get("controlPlaneRef") and not spec.get("controlPlaneRef"):
        problems.append(forbidden("spec.controlPlaneRef", "cannot be removed"))
    for part in ("pods", "services"):
        blocks = get_in(spec, "clusterNetwork", part, "cidrBlocks", default=())
        for index, block in enumerate(blocks):
            if not _is_cidr(block):
                path = f"spec.clusterNetwork.{part}.cidrBlocks[{index}]"
                problems.append(invalid(path, block, f"invalid CIDR address: {block}"))
    if spec.get("topology") and admission.operation != "DELETE":
        problems += _topology(admission)
    if old.get("topology") and not spec.get("topology"):
        problems.append(forbidden(_PATH, "cannot be removed from an existing Cluster"))
    return problems


def _is_cidr(text: str) -> bool:
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return "/" in text


def _topology(admission: Admission) -> Iterator[Problem]:
    topology = admission.new["spec"]["topology"]
    version = topology.get("version", "")
    if not is_semver(version):
        yield invalid(f"{_PATH}.version", version, "version must be a valid semantic version")
    parts = list(_parts(topology))
    for entry, path in parts:
        yield from metadata(entry.get("metadata"), f"{path}.metadata")
    for entry in get_in(topology, "workers", "machineDeployments", default=()):
        path = f"{_PATH}.workers.machineDeployments[{entry['name']}].rollout.strategy.rollingUpdate"
        yield from rolling_update(get_in(entry, "rollout", "strategy", "rollingUpdate", default={}), path)
    for entry, path in parts:
        yield from taints(entry.get("taints"), f"{path}.taints")
    yield from _concurrency(admission.new)
    if _is_unchanged(admission):
        return
    found = _class_of(admission, admission.new)
    if found is not None:
        yield from _against_class(topology, found)
    yield from autoscaled(admission.new, found)
    if admission.old is not None and is_semver(version):
        yield from _update(admission, found)


def _parts(topology: Json) -> Iterator[tuple[Json, str]]:
    """What machines are made from, and where it stands."""
    if topology.get("controlPlane"):
        yield topology["controlPlane"], f"{_PATH}.controlPlane"
    for part in ("machineDeployments", "machinePools"):
        for entry in get_in(topology, "workers", part, default=()):
            yield entry, f"{_PATH}.workers.{part}[{entry['name']}]"


def _concurrency(cluster: Json) -> Iterator[Problem]:
    value = get_in(cluster, "metadata", "annotations", default={}).get(CONCURRENCY)
    if value is None:
        return
    path = f"metadata.annotations.{CONCURRENCY}"
    if not value.lstrip("+-").isdigit():
        parsing = f'strconv.Atoi: parsing "{value}": invalid syntax'
        yield invalid(path, value, f"could not parse the value of the annotation: {parsing}")
    elif int(value) < 1:
        yield invalid(path, value, "value cannot be less than 1")


def _against_class(topology: Json, cluster_class: Json) -> Iterator[Problem]:
    spec, name = cluster_class["spec"], meta(cluster_class)["name"]
    versions = spec.get("kubernetesVersions")
    if versions and topology["version"] not in versions:
        text = "version must match one of the versions defined in the ClusterClass"
        yield invalid(f"{_PATH}.version", topology["version"], text)
    for part, title in (
        ("machineDeployments", "MachineDeploymentClass"),
        ("machinePools", "MachinePoolClass"),
    ):
        classes = {entry["class"] for entry in get_in(spec, "workers", part, default=())}
        for index, entry in enumerate(get_in(topology, "workers", part, default=())):
            if entry["class"] not in classes:
                text = f'{title} with name "{entry["class"]}" does not exist in ClusterClass "{name}"'
                yield invalid(f"{_PATH}.workers.{part}[{index}].class", entry["class"], text)
    yield from _health_checks(topology, spec)


def _health_checks(topology: Json, spec: Json) -> Iterator[Problem]:
    path, own = f"{_PATH}.controlPlane.healthCheck", get_in(topology, "controlPlane", "healthCheck", default={})
    if is_health_check(own):
        if not get_in(spec, "controlPlane", "machineInfrastructure"):
            yield forbidden(path, "can be only set if spec.controlPlane.machineInfrastructure is set in ClusterClass")
        yield from health_check(own, path)
    yield from _enabled(own, get_in(spec, "controlPlane", "healthCheck", default={}), path)
    classes = {entry["class"]: entry for entry in get_in(spec, "workers", "machineDeployments", default=())}
    for entry in get_in(topology, "workers", "machineDeployments", default=()):
        path, own = f"{_PATH}.workers.machineDeployments[{entry['name']}].healthCheck", entry.get("healthCheck") or {}
        if is_health_check(own):
            yield from health_check(own, path)
            yield from amount(get_in(own, "remediation", "maxInFlight"), f"{path}.remediation.maxInFlight")
        if entry["class"] in classes:
            yield from _enabled(own, classes[entry["class"]].get("healthCheck") or {}, path)


def is_health_check(rules: Json | None) -> bool:
    """Whether *rules* say anything of machines' health, beside whether to look at it."""
    return bool(rules and (rules.get("checks") or rules.get("remediation")))


def _enabled(own: Json, of_class: Json, path: str) -> Iterator[Problem]:
    if own.get("enabled") and not is_health_check(own) and not is_health_check(of_class):
        where = "as healthCheck definition is not available in the Cluster topology or the ClusterClass"
        yield forbidden(f"{path}.enable", f"cannot be set to true {where}")


def autoscaled(cluster: Json, cluster_class: Json | None) -> Iterator[Problem]:
    """Replicas that both the topology and an autoscaler would set."""
    workers = get_in(cluster_class or {}, "spec", "workers", "machineDeployments", default=())
    classes: dict[str, Any] = {entry["class"]: entry for entry in workers}
    whose = f'for cluster "{meta(cluster).get("name", "")}" in namespace "{meta(cluster).get("namespace", "")}"'
    for entry in get_in(cluster, "spec", "topology", "workers", "machineDeployments", default=()):
        if entry.get("replicas") is None:
            continue
        path = f"{_PATH}.workers.machineDeployments[{entry['name']}].replicas"
        if _is_autoscaled(entry):
            text = f"cannot be set {whose} if the same MachineDeploymentTopology has autoscaler annotations"
            yield invalid(path, entry["replicas"], text)
        if _is_autoscaled(classes.get(entry["class"], {})):
            text = f'the source class "{entry["class"]}" of this MachineDeploymentTopology has autoscaler annotations'
            yield invalid(path, entry["replicas"], f"cannot be set {whose} if {text}")


def _is_autoscaled(part: Json) -> bool:
    notes = get_in(part, "metadata", "annotations", default={})
    return any(name in notes for name in AUTOSCALER)


def _update(admission: Admission, cluster_class: Json | None) -> Iterator[Problem]:
    assert admission.old is not None
    old, notes = admission.old, get_in(admission.new, "metadata", "annotations", default={})
    old_key, new_key = _class_key(old), _class_key(admission.new)
    if cluster_class is None and not admission.alone:
        yield Problem(f"{_PATH}.class", "InternalError", f"Internal error: ClusterClass {'/'.join(new_key)} not found")
        return
    if not get_in(old, "spec", "topology"):
        if UNSAFE_CLASS not in notes:
            yield forbidden(f"{_PATH}.class", "classRef cannot be set on an existing Cluster")
        return
    if UNSAFE_VERSION not in notes:
        listed = get_in(cluster_class or {}, "spec", "kubernetesVersions")
        yield from version_changes(admission, bounded=cluster_class is not None and not listed)
    if cluster_class is None or old_key == new_key:
        return
    before = admission.get(CLUSTER_CLASS, *old_key)
    if before is None:
        here, there = "/".join(old_key), "/".join(new_key)
        text = (
            f'valid ClusterClass with name "{here}" could not be retrieved, change from class "{here}" to class '
            f'"{there}" cannot be validated. Error: clusterclasses.cluster.x-k8s.io "{old_key[1]}" not found'
        )
        yield forbidden(f"{_PATH}.class", text)
        return
    yield from class_changes(before, cluster_class)
