"""Which changes of a topology's version, and between which ClusterClasses, are possible.

Source: cluster-api v1.14, core/webhooks/admission/cluster.go (validateTopologyVersionUpdate and what it calls),
internal/topology/check/compatibility.go.
"""

from collections.abc import Iterator

from fairlead.api.kind import Admission, Problem
from fairlead.api.problems import forbidden, invalid
from fairlead.base.objects import GVK, Json, get_in, labels, meta
from fairlead.engines.clusterclass.kubeversion import Version, VersionError, parse
from fairlead.engines.clusterclass.versions import is_provisioning, is_upgrading

CLUSTER_NAME = "cluster.x-k8s.io/cluster-name"
OWNED = "topology.cluster.x-k8s.io/owned"
MACHINE = GVK("cluster.x-k8s.io", "v1beta2", "Machine")
MACHINE_DEPLOYMENT = GVK("cluster.x-k8s.io", "v1beta2", "MachineDeployment")
_PATH = "spec.topology.version"


def version_changes(admission: Admission, *, bounded: bool) -> Iterator[Problem]:
    """Refuse ways back, ways over more than one minor where *bounded*, and changes before the last one is through."""
    assert admission.old is not None
    cluster, wanted = admission.old, admission.new["spec"]["topology"]["version"]
    try:
        new, old = parse(wanted, "version"), parse(cluster["spec"]["topology"]["version"], "version")
    except VersionError:
        yield invalid(_PATH, wanted, "version must be a valid semantic version")
        return
    if new == old:
        return
    numbers = (new.major, new.minor, new.patch)
    if numbers < (old.major, old.minor, old.patch):
        yield invalid(_PATH, wanted, f'version cannot be decreased from "{_bare(old)}" to "{_bare(new)}"')
    elif bounded and numbers >= (old.major, old.minor + 2, 0):
        yield invalid(_PATH, wanted, f'version cannot be increased from "{_bare(old)}" to "{_bare(new)}"')
    elif not admission.alone:
        busy = [*_plane(admission, cluster, old), *_deployments(admission, cluster, old)]
        if busy:
            text = busy[0] if len(busy) == 1 else f"[{', '.join(busy)}]"
            yield invalid(_PATH, wanted, f"version cannot be changed: {text}")


def _bare(version: Version) -> str:
    return str(version).removeprefix("v")


def _plane(admission: Admission, cluster: Json, old: Version) -> Iterator[str]:
    """What the control plane is still at."""
    reference, namespace = get_in(cluster, "spec", "controlPlaneRef", default={}), meta(cluster).get("namespace", "")
    failed = "failed to check if control plane is upgrading"
    gvk = GVK(reference.get("apiGroup", ""), "v1beta2", reference.get("kind", ""))
    plane = admission.get(gvk, namespace, reference.get("name", "")) if reference else None
    if plane is None:
        yield f"{failed}: failed to get control plane object"
        return
    try:
        version = parse(get_in(plane, "spec", "version", default=""), failed)
    except VersionError:
        yield f"{failed}: failed to parse control plane version {get_in(plane, 'spec', 'version', default='')}"
        return
    if version != old:
        text = f"Cluster.spec.topology.version {_bare(old)} was not propagated to control plane yet"
        yield f"{text} (control plane version {_bare(version)})"
    elif is_provisioning(plane):
        yield "control plane is currently provisioning"
    elif is_upgrading(plane):
        yield "control plane is still completing a previous upgrade"


def _deployments(admission: Admission, cluster: Json, old: Version) -> Iterator[str]:
    """The MachineDeployments that still go to the present version."""
    name, namespace = meta(cluster).get("name", ""), meta(cluster).get("namespace", "")
    own = [
        deployment
        for deployment in admission.all(MACHINE_DEPLOYMENT, namespace)
        if labels(deployment).get(CLUSTER_NAME) == name and OWNED in labels(deployment)
    ]
    busy = sorted(str(meta(each)["name"]) for each in own if _is_busy(admission, each, old))
    if busy:
        yield f"there are still MachineDeployments completing a previous upgrade: [{', '.join(busy)}]"


def _is_busy(admission: Admission, deployment: Json, old: Version) -> bool:
    wanted = get_in(deployment, "spec", "template", "spec", "version", default="")
    try:
        if parse(wanted, "version") != old:
            return True
    except VersionError:
        return True
    matched = get_in(deployment, "spec", "selector", "matchLabels", default={}).items()
    machines = [
        machine
        for machine in admission.all(MACHINE, meta(deployment).get("namespace", ""))
        if matched <= labels(machine).items()
    ]
    return any(
        get_in(machine, "spec", "version") != wanted
        or get_in(machine, "status", "nodeInfo", "kubeletVersion", default=wanted) != wanted
        for machine in machines
    )


def class_changes(before: Json, after: Json) -> Iterator[Problem]:
    """Refuse templates of other kinds than a class had, or the class that a Cluster comes from."""
    old, new = before["spec"], after["spec"]
    yield from _template(old.get("infrastructure"), new.get("infrastructure"), "spec.infrastructure.templateRef")
    path = "spec.controlPlane"
    yield from _template(old.get("controlPlane"), new.get("controlPlane"), f"{path}.templateRef")
    machines = [get_in(spec, "controlPlane", "machineInfrastructure") for spec in (old, new)]
    if any(machines):
        yield from _template(machines[0], machines[1], f"{path}.machineInfrastructure.templateRef")
    for part in ("machineDeployments", "machinePools"):
        known = {entry["class"]: entry for entry in get_in(old, "workers", part, default=())}
        for index, entry in enumerate(get_in(new, "workers", part, default=())):
            if entry["class"] in known:
                place = f"spec.workers.{part}[{index}].infrastructure.templateRef"
                yield from _template(known[entry["class"]].get("infrastructure"), entry.get("infrastructure"), place)


def _template(before: Json | None, after: Json | None, path: str) -> Iterator[Problem]:
    old, new = (_kind(part) for part in (before, after))
    text = "to prevent incompatible changes in the Clusters"
    if old.group != new.group:
        change = f'group of apiVersion cannot be changed from "{old.group}" to "{new.group}"'
        yield forbidden(f"{path}.apiVersion", f"{change} {text}")
    if old.kind != new.kind:
        yield forbidden(f"{path}.kind", f'kind cannot be changed from "{old.kind}" to "{new.kind}" {text}')


def _kind(part: Json | None) -> GVK:
    reference = (part or {}).get("templateRef") or {}
    return GVK.parse(reference.get("apiVersion", ""), reference.get("kind", ""))
