"""What a Machine puts on its node: where it belongs, its labels and annotations, and the taints of a roll-out. Pure.

Source: cluster-api v1.14, core/reconcilers/machine/machine_controller_noderef.go (patchNode), util/labels and
util/annotations (which keys are taken over). Taints of the Machine's own spec are not: upstream's gate for them is off.
"""

from collections.abc import Mapping

from fairlead.base.objects import Json, annotations, controller_of, get_in, labels, meta

CLUSTER_NAME = "cluster.x-k8s.io/cluster-name"
CLUSTER_NAMESPACE = "cluster.x-k8s.io/cluster-namespace"
MACHINE_NAME = "cluster.x-k8s.io/machine"
OWNER_KIND = "cluster.x-k8s.io/owner-kind"
OWNER_NAME = "cluster.x-k8s.io/owner-name"
LABELS_FROM = "cluster.x-k8s.io/labels-from-machine"
ANNOTATIONS_FROM = "cluster.x-k8s.io/annotations-from-machine"
INTERRUPTIBLE = "cluster.x-k8s.io/interruptible"
REVISION = "machinedeployment.clusters.x-k8s.io/revision"
_BOOKKEEPING = (CLUSTER_NAME, CLUSTER_NAMESPACE, MACHINE_NAME, OWNER_KIND, OWNER_NAME)
_OWN_DOMAIN = "node.cluster.x-k8s.io"
_LABEL_DOMAINS = (_OWN_DOMAIN, "node-restriction.kubernetes.io")
_ROLE = "node-role.kubernetes.io"
UNINITIALIZED: Json = {"key": "node.cluster.x-k8s.io/uninitialized", "effect": "NoSchedule"}
OUTDATED: Json = {"key": "node.cluster.x-k8s.io/outdated-revision", "effect": "PreferNoSchedule"}


def node_patch(
    machine: Json, node: Json, infra: Json | None, machine_set: Json | None = None, deployment: Json | None = None
) -> Json:
    """The merge patch that brings *node* to what *machine* wants of it; empty when nothing differs."""
    wanted = _annotations(machine)
    carried = _labels(machine, infra)
    noted = {
        LABELS_FROM: ",".join(sorted(carried)),
        ANNOTATIONS_FROM: ",".join(sorted(key for key in wanted if key not in _BOOKKEEPING)),
    }
    before = annotations(node)
    known = [*_names(before.get(ANNOTATIONS_FROM)), *_BOOKKEEPING]
    changes: Json = {
        "annotations": _changes(before, {**wanted, **noted}, known),
        "labels": _changes(labels(node), carried, _names(before.get(LABELS_FROM))),
    }
    patch: Json = {}
    metadata = {name: change for name, change in changes.items() if change}
    if metadata:
        patch["metadata"] = metadata
    taints = _taints(node, is_outdated=_is_outdated(machine_set, deployment))
    if taints is not None:
        patch["spec"] = {"taints": taints or None}
        patch.setdefault("metadata", {})["resourceVersion"] = meta(node).get("resourceVersion")
    return patch


def _annotations(machine: Json) -> dict[str, str]:
    wanted = {
        CLUSTER_NAME: machine["spec"]["clusterName"],
        CLUSTER_NAMESPACE: meta(machine)["namespace"],
        MACHINE_NAME: meta(machine)["name"],
    }
    owner = controller_of(machine)
    if owner is not None:
        wanted |= {OWNER_KIND: owner["kind"], OWNER_NAME: owner["name"]}
    return wanted | {key: value for key, value in annotations(machine).items() if _is_within(key, _OWN_DOMAIN)}


def _labels(machine: Json, infra: Json | None) -> dict[str, str]:
    found = {
        key: value
        for key, value in labels(machine).items()
        if key.partition("/")[0] == _ROLE or any(_is_within(key, domain) for domain in _LABEL_DOMAINS)
    }
    if get_in(infra or {}, "status", "interruptible"):
        found[INTERRUPTIBLE] = ""
    return found


def _is_within(key: str, domain: str) -> bool:
    own = key.partition("/")[0]
    return own == domain or own.endswith(f".{domain}")


def _names(text: str | None) -> list[str]:
    return text.split(",") if text else []


def _changes(have: Mapping[str, str], want: Mapping[str, str], known: list[str]) -> Json:
    """Set what differs, and remove what was set before (*known*) and is wanted no more."""
    changes: Json = {key: value for key, value in want.items() if have.get(key) != value}
    return changes | {key: None for key in known if key in have and key not in want}


def _taints(node: Json, *, is_outdated: bool) -> list[Json] | None:
    """The node's taints as they should be; None when they are."""
    have: list[Json] = get_in(node, "spec", "taints", default=[])
    dropped = (UNINITIALIZED,) if is_outdated else (UNINITIALIZED, OUTDATED)
    want = [taint for taint in have if not any(_same(taint, other) for other in dropped)]
    if is_outdated and not any(_same(taint, OUTDATED) for taint in want):
        want.append(dict(OUTDATED))
    return want if want != have else None


def _same(taint: Json, other: Json) -> bool:
    return bool(taint.get("key") == other["key"] and taint.get("effect") == other["effect"])


def _is_outdated(machine_set: Json | None, deployment: Json | None) -> bool:
    if machine_set is None or deployment is None:
        return False
    return _revision(machine_set) < _revision(deployment)


def _revision(obj: Json) -> int:
    text = annotations(obj).get(REVISION, "")
    return int(text) if text.isdigit() else 0
