"""The contract that Cluster API and its providers keep: labels, references, owners, pause.

The families of controllers do not know each other; this is what they all know.

Source: cluster-api v1.14 util/util.go (GetOwnerMachine, GetClusterFromMetadata), util/paused, api/core/v1beta2.
"""

from collections.abc import Iterable
from datetime import timedelta

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, annotations, get_in, labels, owner_references
from fairlead.runtime.client import Client
from fairlead.runtime.controller import Wake, Watch

CLUSTER = GVK("cluster.x-k8s.io", "v1beta2", "Cluster")
MACHINE = GVK("cluster.x-k8s.io", "v1beta2", "Machine")
MACHINE_SET = GVK("cluster.x-k8s.io", "v1beta2", "MachineSet")
MACHINE_DEPLOYMENT = GVK("cluster.x-k8s.io", "v1beta2", "MachineDeployment")
MACHINE_HEALTH_CHECK = GVK("cluster.x-k8s.io", "v1beta2", "MachineHealthCheck")
KUBEADM_CONFIG = GVK("bootstrap.cluster.x-k8s.io", "v1beta2", "KubeadmConfig")
KUBEADM_CONFIG_TEMPLATE = GVK("bootstrap.cluster.x-k8s.io", "v1beta2", "KubeadmConfigTemplate")
CONTROL_PLANE = GVK("controlplane.cluster.x-k8s.io", "v1beta2", "KubeadmControlPlane")
SECRET = GVK("", "v1", "Secret")
INFRASTRUCTURE_GROUPS = ("infrastructure.cluster.x-k8s.io", "vmware.infrastructure.cluster.x-k8s.io")
CLUSTER_SECRET_TYPE = "cluster.x-k8s.io/secret"
CLUSTER_NAME_LABEL = "cluster.x-k8s.io/cluster-name"
CONTROL_PLANE_LABEL = "cluster.x-k8s.io/control-plane"
PAUSED_ANNOTATION = "cluster.x-k8s.io/paused"

# How long each layer lets the one below come to rest before it looks: a burst of changes is one pass and one write.
SETTLE_MACHINE = timedelta(milliseconds=10)  # also infrastructure
SETTLE_SET = timedelta(milliseconds=15)  # also control planes
SETTLE_DEPLOYMENT = timedelta(milliseconds=20)
SETTLE_CLUSTER = timedelta(milliseconds=30)


async def get_or_none(client: Client, gvk: GVK, key: Key) -> Json | None:
    """The object, or None when it is not there."""
    try:
        return await client.get(gvk, key.name, key.namespace)
    except ApiError as error:
        if error.is_not_found:
            return None
        raise


async def owner(client: Client, obj: Json, gvk: GVK) -> Json | None:
    """The owner of *obj* that is of *gvk*'s group and kind, or None when there is none (any more)."""
    for reference in owner_references(obj):
        group = reference.get("apiVersion", "").rpartition("/")[0]
        if reference.get("kind") == gvk.kind and group == gvk.group:
            return await get_or_none(client, gvk, Key(Key.of(obj).namespace, reference["name"]))
    return None


async def cluster_of(client: Client, obj: Json) -> Json | None:
    """The Cluster that the cluster-name label of *obj* names."""
    name = labels(obj).get(CLUSTER_NAME_LABEL, "")
    return await get_or_none(client, CLUSTER, Key(Key.of(obj).namespace, name)) if name else None


def is_paused(cluster: Json | None, obj: Json) -> bool:
    """Whether the cluster or the object itself is paused."""
    return bool(cluster and get_in(cluster, "spec", "paused")) or PAUSED_ANNOTATION in annotations(obj)


def pause_message(cluster: Json | None, obj: Json) -> str:
    """Why it is paused, as the Paused condition says it."""
    reasons = []
    if cluster and get_in(cluster, "spec", "paused"):
        reasons.append("Cluster spec.paused is set to true")
    if PAUSED_ANNOTATION in annotations(obj):
        reasons.append(f"{obj['kind']} has the {PAUSED_ANNOTATION} annotation")
    return ", ".join(reasons)


def is_control_plane(obj: Json) -> bool:
    """Whether *obj* belongs to a control-plane Machine."""
    return CONTROL_PLANE_LABEL in labels(obj)


def with_owner(references: Iterable[Json], new: Json) -> list[Json]:
    """*references* with *new* in the place of an older one to the same object, else at the end."""
    listed = [dict(reference) for reference in references]
    for index, reference in enumerate(listed):
        same = reference.get("kind") == new["kind"] and reference.get("name") == new["name"]
        if same and reference.get("apiVersion", "").rpartition("/")[0] == new["apiVersion"].rpartition("/")[0]:
            listed[index] = {**reference, **new}
            return listed
    return [*listed, new]


def watch_infrastructure(kind: str, wake: Wake) -> list[Watch]:
    """Watches of *kind* in the API group of each infrastructure provider; an API need not serve all of them."""
    return [Watch(GVK(group, "v1beta2", kind), wake, optional=True) for group in INFRASTRUCTURE_GROUPS]


def gvk_of_reference(reference: Json) -> GVK:
    """The kind that a contract reference (apiGroup, kind, name) names, in the version this program knows."""
    return GVK(reference.get("apiGroup", ""), "v1beta2", reference.get("kind", ""))


async def referenced(client: Client, reference: Json | None, namespace: str) -> Json | None:
    """The object that a contract reference names, or None."""
    if not reference or not reference.get("name"):
        return None
    return await get_or_none(client, gvk_of_reference(reference), Key(namespace, reference["name"]))


async def in_cluster(client: Client, gvk: GVK, cluster: Json) -> list[Json]:
    """The objects of *gvk* that carry the cluster's label, by name."""
    key = Key.of(cluster)
    found = await client.list(gvk, key.namespace, label_selector=f"{CLUSTER_NAME_LABEL}={key.name}")
    return sorted(found.items, key=lambda obj: str(obj["metadata"]["name"]))


def is_controlled_by(obj: Json, uid: str) -> bool:
    """Whether the object's controller has this uid."""
    return any(o.get("uid") == uid and o.get("controller") for o in owner_references(obj))


def controller_reference(obj: Json) -> Json:
    """An owner reference to *obj* as controller."""
    return {**reference_to(obj), "controller": True, "blockOwnerDeletion": True}


def reference_to(obj: Json) -> Json:
    """An owner reference to *obj*, not as controller."""
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "name": obj["metadata"]["name"],
        "uid": obj["metadata"]["uid"],
    }
