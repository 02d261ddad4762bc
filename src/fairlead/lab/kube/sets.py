"""DaemonSets and StatefulSets of a simulated cluster.

Source: kubernetes v1.36 pkg/controller/{daemon,statefulset}: one Pod a node, ordered names, status.
"""

from collections.abc import Sequence

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, copy, get_in, is_deleting, labels
from fairlead.lab.kube.pods import (
    DAEMON_SET,
    NODE,
    POD,
    STATEFUL_SET,
    from_template,
    is_ready,
    owned,
    owner_key,
    repelling_taints,
    selects,
    template_hash,
)
from fairlead.lab.kube.replicas import get_or_none
from fairlead.runtime.client import Client
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing
from fairlead.runtime.outcome import Result

REVISION_LABEL = "controller-revision-hash"
CLAIM = GVK("", "v1", "PersistentVolumeClaim")
_TOLERATED = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
    ("node.kubernetes.io/not-ready", "NoSchedule"),
)


class DaemonSetController(BaseController):
    """Runs one Pod on each node that the template accepts."""

    name = "daemonset"
    kind = DAEMON_SET
    rest = 2.0

    def __init__(self, *, client: Client) -> None:
        self._client = client

    def watches(self) -> Sequence[Watch]:
        return (Watch(POD, lambda pod: owner_key(pod, "DaemonSet")), Watch(NODE, self._all))

    async def _all(self, node: Json) -> list[Key]:
        return [Key.of(ds) for ds in (await self._client.list(DAEMON_SET)).items]

    async def reconcile(self, key: Key) -> Result:
        ds = await get_or_none(self._client, DAEMON_SET, key)
        if ds is None or is_deleting(ds):
            return Result.done()
        digest = template_hash(ds["spec"]["template"])
        spec = self._template(ds, digest)["spec"]
        nodes = [n for n in (await self._client.list(NODE)).items if self._belongs(spec, n)]
        names = {node["metadata"]["name"] for node in nodes}
        by_node: dict[str, Json] = {}
        for pod in await owned(self._client, POD, ds):
            node = get_in(pod, "spec", "nodeName", default="")
            current = labels(pod).get(REVISION_LABEL) == digest
            if node in names and node not in by_node and current:
                by_node[node] = pod
            elif not is_deleting(pod):
                await self._delete(pod)
        for name in sorted(names - by_node.keys()):
            pod = from_template(ds, self._template(ds, digest), generateName=f"{key.name}-")
            pod["spec"]["nodeName"] = name
            by_node[name] = await self._client.create(pod, field_manager="kube-controller-manager")
        await self._report(ds, len(names), list(by_node.values()))
        return Result.done()

    async def _delete(self, pod: Json) -> None:
        key = Key.of(pod)
        try:
            await self._client.delete(POD, key.name, key.namespace)
        except ApiError as error:
            if not error.is_not_found:  # its node's kubelet was quicker
                raise

    def _belongs(self, spec: Json, node: Json) -> bool:
        return not is_deleting(node) and selects(spec, node) and not repelling_taints(spec, node)

    def _template(self, ds: Json, digest: str) -> Json:
        template: Json = copy(ds["spec"]["template"])
        template.setdefault("metadata", {}).setdefault("labels", {})[REVISION_LABEL] = digest
        tolerations = template.setdefault("spec", {}).setdefault("tolerations", [])
        tolerations.extend({"key": key, "operator": "Exists", "effect": effect} for key, effect in _TOLERATED)
        if template["spec"].get("hostNetwork"):
            taint = "node.kubernetes.io/network-unavailable"
            tolerations.append({"key": taint, "operator": "Exists", "effect": "NoSchedule"})
        return template

    async def _report(self, ds: Json, desired: int, pods: Sequence[Json]) -> None:
        ready = sum(map(is_ready, pods))
        async with editing(self._client, ds, field_manager="kube-controller-manager") as draft:
            status = draft.setdefault("status", {})
            status.update(
                currentNumberScheduled=len(pods),
                desiredNumberScheduled=desired,
                numberMisscheduled=0,
                numberReady=ready,
                numberAvailable=ready,
                updatedNumberScheduled=len(pods),
                observedGeneration=ds["metadata"].get("generation", 1),
            )
            if desired > ready:
                status["numberUnavailable"] = desired - ready
            else:
                status.pop("numberUnavailable", None)


class StatefulSetController(BaseController):
    """Keeps Pods with ordinal names, one after the other unless `podManagementPolicy` says Parallel."""

    name = "statefulset"
    kind = STATEFUL_SET

    def __init__(self, *, client: Client) -> None:
        self._client = client

    def watches(self) -> Sequence[Watch]:
        return (Watch(POD, lambda pod: owner_key(pod, "StatefulSet")),)

    async def reconcile(self, key: Key) -> Result:
        sts = await get_or_none(self._client, STATEFUL_SET, key)
        if sts is None or is_deleting(sts):
            return Result.done()
        digest = f"{key.name}-{template_hash(sts['spec']['template'])}"
        wanted = get_in(sts, "spec", "replicas", default=1)
        pods = {p["metadata"]["name"]: p for p in await owned(self._client, POD, sts) if not is_deleting(p)}
        names = [f"{key.name}-{ordinal}" for ordinal in range(wanted)]
        for name in sorted(pods.keys() - set(names), reverse=True):
            await self._client.delete(POD, name, key.namespace)
            del pods[name]
        parallel = get_in(sts, "spec", "podManagementPolicy") == "Parallel"
        for name in names:
            if name not in pods:
                pods[name] = await self._create(sts, name, digest)
            if not is_ready(pods[name]) and not parallel:
                break
        outdated = [n for n in reversed(names) if n in pods and labels(pods[n]).get(REVISION_LABEL) != digest]
        if outdated and all(is_ready(pod) for pod in pods.values()) and len(pods) == wanted:
            await self._client.delete(POD, outdated[0], key.namespace)
        await self._report(sts, digest, list(pods.values()))
        return Result.done()

    async def _create(self, sts: Json, name: str, digest: str) -> Json:
        template = copy(sts["spec"]["template"])
        template.setdefault("metadata", {}).setdefault("labels", {}).update(
            {REVISION_LABEL: digest, "statefulset.kubernetes.io/pod-name": name}
        )
        volumes = template["spec"].setdefault("volumes", [])
        for claim in sts["spec"].get("volumeClaimTemplates") or ():
            claim_name = f"{claim['metadata']['name']}-{name}"
            volumes.append({"name": claim["metadata"]["name"], "persistentVolumeClaim": {"claimName": claim_name}})
            await self._claim(sts, claim, claim_name)
        pod = from_template(sts, template, name=name)
        return await self._client.create(pod, field_manager="kube-controller-manager")

    async def _claim(self, sts: Json, claim: Json, name: str) -> None:
        body = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                **{k: v for k, v in claim["metadata"].items() if k in ("labels", "annotations")},
                "name": name,
                "namespace": sts["metadata"]["namespace"],
            },
            "spec": copy(claim.get("spec") or {}),
        }
        try:
            await self._client.create(body, field_manager="kube-controller-manager")
        except ApiError as error:
            if not error.is_already_exists:
                raise

    async def _report(self, sts: Json, digest: str, pods: Sequence[Json]) -> None:
        ready = sum(map(is_ready, pods))
        current = sum(labels(pod).get(REVISION_LABEL) == digest for pod in pods)
        async with editing(self._client, sts, field_manager="kube-controller-manager") as draft:
            status = draft.setdefault("status", {})
            status.update(
                replicas=len(pods),
                readyReplicas=ready,
                availableReplicas=ready,
                currentReplicas=current,
                updatedReplicas=current,
                updateRevision=digest,
                observedGeneration=sts["metadata"].get("generation", 1),
            )
            if current == len(pods):
                status["currentRevision"] = digest
            status.setdefault("collisionCount", 0)
