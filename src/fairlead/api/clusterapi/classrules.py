"""What upstream's admission webhook refuses for ClusterClasses.

Source: cluster-api v1.14, core/webhooks/admission/clusterclass.go, internal/topology/check (texts, paths and order).
"""

from collections.abc import Iterable, Iterator, Sequence

from fairlead.api.clusterapi.clusterrules import autoscaled, is_health_check
from fairlead.api.clusterapi.metadatarules import metadata, taints
from fairlead.api.clusterapi.rules import amount, health_check, rolling_update
from fairlead.api.clusterapi.topologychanges import class_changes
from fairlead.api.kind import Admission, DeniedError, Problem
from fairlead.api.problems import forbidden, invalid, required
from fairlead.base.objects import GVK, Json, Key, get_in, meta
from fairlead.engines.clusterclass.definitions import validate_definitions
from fairlead.engines.clusterclass.kubeversion import Version, VersionError, compare, parse
from fairlead.engines.clusterclass.naming import validate_naming
from fairlead.engines.clusterclass.patchrules import validate_patches
from fairlead.engines.schema.errors import FieldError

CLUSTER = GVK("cluster.x-k8s.io", "v1beta2", "Cluster")
SUFFIX = "Template"
SHOWN = 3
_WORKERS = (("machineDeployments", "MachineDeployment"), ("machinePools", "MachinePool"))


def validate_cluster_class(admission: Admission) -> Sequence[Problem]:
    if admission.operation == "DELETE":
        _refuse_removal(admission)
        return []
    new, spec = admission.new, admission.new["spec"]
    problems = [
        *_templates(spec),
        *_rollouts(spec),
        *_health_checks(spec),
        *_problems(validate_naming(new)),
        *(problem for part, path in _parts(spec) for problem in taints(part.get("taints"), f"{path}.taints")),
        *_problems(validate_definitions(spec.get("variables") or ())),
        *_problems(validate_patches(new)),
        *_metadata(spec),
        *_versions(spec.get("kubernetesVersions") or ()),
    ]
    if admission.old is not None:
        problems += class_changes(admission.old, new)
        if admission.old["spec"] != spec:
            problems += _for_users(_users(admission, admission.old), admission.old, new)
    return problems


def _problems(errors: Iterable[FieldError]) -> Iterator[Problem]:
    for error in errors:
        yield Problem(error.field, error.type, error.message)


def _users(admission: Admission, cluster_class: Json) -> list[Json]:
    """The Clusters that are made from *cluster_class*."""
    key, found = Key.of(cluster_class), []
    for cluster in admission.all(CLUSTER, ""):
        reference = get_in(cluster, "spec", "topology", "classRef", default={})
        namespace = reference.get("namespace") or Key.of(cluster).namespace
        if reference.get("name") == key.name and namespace == key.namespace:
            found.append(cluster)
    return sorted(found, key=lambda cluster: str(Key.of(cluster)))


def _refuse_removal(admission: Admission) -> None:
    users = [str(Key.of(cluster)) for cluster in _users(admission, admission.new)]
    if not users:
        return
    more = f", ... ({len(users) - SHOWN} more)" if len(users) > SHOWN else ""
    name = meta(admission.new)["name"]
    cause = f"ClusterClass cannot be deleted because it is used by Cluster(s): {', '.join(users[:SHOWN])}{more}"
    raise DeniedError(f'ClusterClass.cluster.x-k8s.io "{name}" is forbidden: {cause}')


# By itself


def _templates(spec: Json) -> Iterator[Problem]:
    yield from _template(spec.get("infrastructure"), "spec.infrastructure")
    yield from _template(spec.get("controlPlane"), "spec.controlPlane")
    machine = get_in(spec, "controlPlane", "machineInfrastructure")
    if machine:
        yield from _template(machine, "spec.controlPlane.machineInfrastructure")
    for part, _ in _WORKERS:
        for index, entry in enumerate(get_in(spec, "workers", part, default=())):
            for name in ("bootstrap", "infrastructure"):
                yield from _template(entry.get(name), f"spec.workers.{part}[{index}].template.{name}")


def _template(part: Json | None, path: str) -> Iterator[Problem]:
    reference = (part or {}).get("templateRef") or {}
    if not reference.get("name"):
        yield required(f"{path}.ref.name", "template name must be defined")
    kind = reference.get("kind", "")
    if len(kind) <= len(SUFFIX) or not kind.endswith(SUFFIX):
        yield invalid(f"{path}.ref.kind", kind, f'template kind must be of form "<name>{SUFFIX}"')
    if not reference.get("apiVersion"):
        yield required(f"{path}.ref.apiVersion", "template apiVersion must be defined")


def _parts(spec: Json) -> Iterator[tuple[Json, str]]:
    """What machines are made from, and where it stands."""
    if spec.get("controlPlane"):
        yield spec["controlPlane"], "spec.controlPlane"
    for part, _ in _WORKERS:
        for entry in get_in(spec, "workers", part, default=()):
            yield entry, f"spec.workers.{part}[{entry['class']}]"


def _metadata(spec: Json) -> Iterator[Problem]:
    for part, path in _parts(spec):
        inner = "metadata" if path == "spec.controlPlane" else "template.metadata"
        yield from metadata(part.get("metadata"), f"{path}.{inner}")


def _rollouts(spec: Json) -> Iterator[Problem]:
    for entry in get_in(spec, "workers", "machineDeployments", default=()):
        path = f"spec.workers.machineDeployments[{entry['class']}].rollout.strategy.rollingUpdate"
        yield from rolling_update(get_in(entry, "rollout", "strategy", "rollingUpdate", default={}), path)


def _health_checks(spec: Json) -> Iterator[Problem]:
    own = get_in(spec, "controlPlane", "healthCheck", default={})
    if is_health_check(own):
        path = "spec.controlPlane.healthCheck"
        yield from health_check(own, path)
        if not get_in(spec, "controlPlane", "machineInfrastructure"):
            yield forbidden(path, "can be only set if spec.controlPlane.machineInfrastructure is set")
    for entry in get_in(spec, "workers", "machineDeployments", default=()):
        rules, path = entry.get("healthCheck"), f"spec.workers.machineDeployments[{entry['class']}].healthCheck"
        if is_health_check(rules):
            yield from health_check(rules, path)
            yield from amount(get_in(rules, "remediation", "maxInFlight"), f"{path}.remediation.maxInFlight")


def _versions(versions: Sequence[str]) -> Iterator[Problem]:
    before: Version | None = None
    for index, text in enumerate(versions):
        path = f"spec.kubernetesVersion[{index}]"
        try:
            version = parse(text, "version")
        except VersionError:
            yield invalid(path, text, "version must be a valid semantic version")
            continue
        if before is not None:
            if compare(version, before) <= 0:
                yield invalid(path, text, f"version must be greater than {before}")
            if version.minor not in (before.minor, before.minor + 1):
                bare = str(version).removeprefix("v")
                expected = f"expecting a version with minor {before.minor} or {before.minor + 1}"
                yield invalid(path, text, f"{expected}, found version {bare}")
        before = version


# For the clusters that use it


def _for_users(users: Sequence[Json], old: Json, new: Json) -> Iterator[Problem]:
    versions = new["spec"].get("kubernetesVersions")
    for cluster in users if versions else ():
        version = get_in(cluster, "spec", "topology", "version", default="")
        if version not in versions:
            text = (
                f'Kubernetes Version {version} is used by Cluster "{meta(cluster)["name"]}" but not set in ClusterClass'
            )
            yield forbidden("spec.kubernetesVersions", text)
    for part, kind in _WORKERS:
        kept = {entry["class"] for entry in get_in(new, "spec", "workers", part, default=())}
        gone = {entry["class"] for entry in get_in(old, "spec", "workers", part, default=())} - kept
        for cluster in users:
            for entry in get_in(cluster, "spec", "topology", "workers", part, default=()):
                if entry["class"] in gone:
                    text = f'{kind}Class "{entry["class"]}" cannot be deleted because it is used by Cluster'
                    yield forbidden(f"spec.workers.{part}", f'{text} "{meta(cluster)["name"]}"')
    yield from _removed_health_checks(users, old, new)
    for cluster in users:
        yield from autoscaled(cluster, new)


def _removed_health_checks(users: Sequence[Json], old: Json, new: Json) -> Iterator[Problem]:
    before, after = (get_in(each, "spec", "controlPlane", "healthCheck") for each in (old, new))
    if is_health_check(before) and not is_health_check(after):
        names = [c for c in users if _relies(get_in(c, "spec", "topology", "controlPlane", "healthCheck"))]
        yield from _still_used(names, "spec.controlPlane.healthCheck")
    known = {entry["class"]: entry for entry in get_in(old, "spec", "workers", "machineDeployments", default=())}
    for entry in get_in(new, "spec", "workers", "machineDeployments", default=()):
        earlier = known.get(entry["class"], {}).get("healthCheck")
        if is_health_check(earlier) and not is_health_check(entry.get("healthCheck")):
            names = [
                cluster
                for cluster in users
                if any(
                    each["class"] == entry["class"] and _relies(each.get("healthCheck"))
                    for each in get_in(cluster, "spec", "topology", "workers", "machineDeployments", default=())
                )
            ]
            yield from _still_used(names, f"spec.workers.machineDeployments[{entry['class']}].healthCheck")


def _relies(rules: Json | None) -> bool:
    """Whether a topology asks for the health check of its class."""
    return bool(rules and rules.get("enabled") and not is_health_check(rules))


def _still_used(users: Sequence[Json], path: str) -> Iterator[Problem]:
    if users:
        names = ",".join(str(meta(cluster)["name"]) for cluster in users)
        yield forbidden(path, f'healthCheck cannot be deleted because it is used by Cluster(s) "{names}"')
