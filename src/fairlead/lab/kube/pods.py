"""What the workload controllers and the kubelet agree on about Pods."""

from collections.abc import Iterable, Mapping
from typing import Any

from fairlead.base import gojson
from fairlead.base.objects import GVK, Json, Key, controller_of, copy, get_in, is_deleting, labels, meta
from fairlead.runtime.client import Client
from fairlead.runtime.ids import SUFFIX_ALPHABET

POD = GVK("", "v1", "Pod")
NODE = GVK("", "v1", "Node")
REPLICA_SET = GVK("apps", "v1", "ReplicaSet")
DEPLOYMENT = GVK("apps", "v1", "Deployment")
DAEMON_SET = GVK("apps", "v1", "DaemonSet")
STATEFUL_SET = GVK("apps", "v1", "StatefulSet")
JOB = GVK("batch", "v1", "Job")
CONTROL_PLANE_TAINT = "node-role.kubernetes.io/control-plane"
NOT_READY_TAINT = "node.kubernetes.io/not-ready"
CNI_CONFIG_FOLDER = "/etc/cni/net.d"


def controller_reference(owner: Json) -> Json:
    """The owner reference a workload controller puts on what it makes."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def from_template(owner: Json, template: Json, **metadata: Any) -> Json:
    """A Pod as *owner*'s template asks for it; *metadata* names it (`name` or `generateName`)."""
    meta_template = template.get("metadata") or {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "namespace": owner["metadata"]["namespace"],
            "labels": dict(meta_template.get("labels") or {}),
            "annotations": dict(meta_template.get("annotations") or {}),
            "ownerReferences": [controller_reference(owner)],
            **metadata,
        },
        "spec": copy(template.get("spec") or {}),
    }


async def owned(client: Client, gvk: GVK, owner: Json) -> list[Json]:
    """The objects of *gvk* that *owner* controls, in the order of their names."""
    found = await client.list(gvk, owner["metadata"]["namespace"])
    uid = owner["metadata"]["uid"]
    mine = [obj for obj in found.items if (controller_of(obj) or {}).get("uid") == uid]
    return sorted(mine, key=lambda obj: str(obj["metadata"]["name"]))


def is_ready(pod: Json) -> bool:
    """Whether the Pod's Ready condition is True and it is not going away."""
    conditions = get_in(pod, "status", "conditions", default=())
    return not is_deleting(pod) and any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def is_finished(pod: Json) -> bool:
    """Whether the Pod has run to its end."""
    return get_in(pod, "status", "phase") in ("Succeeded", "Failed")


def is_cni(pod: Json) -> bool:
    """Whether the Pod brings the node's network: it puts a configuration where the container runtime looks for one."""
    volumes = get_in(pod, "spec", "volumes", default=())
    paths = (get_in(volume, "hostPath", "path", default="") for volume in volumes)
    return any(path.rstrip("/").startswith(CNI_CONFIG_FOLDER) or path.rstrip("/") == "/etc/cni" for path in paths)


def tolerates(spec: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    """Whether a Pod's tolerations let it onto a node with *taint*."""
    for toleration in spec.get("tolerations") or ():
        if toleration.get("effect") and toleration["effect"] != taint.get("effect"):
            continue
        if toleration.get("operator", "Equal") == "Exists":
            if not toleration.get("key") or toleration["key"] == taint["key"]:
                return True
        elif toleration.get("key") == taint["key"] and toleration.get("value", "") == taint.get("value", ""):
            return True
    return False


def repelling_taints(spec: Mapping[str, Any], node: Json) -> list[Json]:
    """The node's taints that keep the Pod from being placed there."""
    taints = get_in(node, "spec", "taints", default=())
    return [t for t in taints if t.get("effect") != "PreferNoSchedule" and not tolerates(spec, t)]


def selects(spec: Mapping[str, Any], node: Json) -> bool:
    """Whether nodeSelector and the required node affinity of a Pod accept *node*."""
    have = labels(node)
    if any(have.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    terms = get_in(
        spec,
        "affinity",
        "nodeAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution",
        "nodeSelectorTerms",
        default=None,
    )
    return terms is None or any(_term_accepts(term, node) for term in terms)


def _term_accepts(term: Json, node: Json) -> bool:
    fields = {"metadata.name": node["metadata"]["name"]}
    return all(_accepts(expr, labels(node)) for expr in term.get("matchExpressions") or ()) and all(
        _accepts(expr, fields) for expr in term.get("matchFields") or ()
    )


def _accepts(expression: Json, have: Mapping[str, str]) -> bool:
    key, operator, values = expression["key"], expression["operator"], expression.get("values") or []
    value = have.get(key)
    match operator:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt":
            return value is not None and value.isdigit() and int(value) > int(values[0])
        case "Lt":
            return value is not None and value.isdigit() and int(value) < int(values[0])
    return False


def template_hash(value: Any) -> str:
    """A short stable name for a Pod template (FNV-1a of its JSON, in the alphabet of generated names)."""
    digest = 0x811C9DC5
    for byte in gojson.dumps(value):
        digest = ((digest ^ byte) * 0x01000193) & 0xFFFFFFFF
    return "".join(SUFFIX_ALPHABET[int(digit) % len(SUFFIX_ALPHABET)] for digit in str(digest))


def node_names(nodes: Iterable[Json]) -> list[str]:
    """The names of *nodes*, sorted."""
    return sorted(str(meta(node)["name"]) for node in nodes)


def owner_key(obj: Json, kind: str) -> tuple[Key, ...]:
    """The controller of *obj* when it is of *kind*: for waking it."""
    owner = controller_of(obj)
    return (Key(Key.of(obj).namespace, owner["name"]),) if owner and owner["kind"] == kind else ()
