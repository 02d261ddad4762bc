"""Deployments and ReplicaSets of a simulated cluster.

Source: kubernetes v1.36 pkg/controller/{deployment,replicaset}: names, hash label, rolling steps, status, conditions.
"""

import math
from collections.abc import Sequence
from typing import Any

from fairlead.api.errors import ApiError
from fairlead.base.objects import Json, Key, copy, get_in, is_deleting
from fairlead.lab.kube.pods import (
    DEPLOYMENT,
    POD,
    REPLICA_SET,
    controller_reference,
    from_template,
    is_finished,
    is_ready,
    owned,
    owner_key,
    template_hash,
)
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.conditions import set_condition
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing
from fairlead.runtime.outcome import Result

HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"


async def get_or_none(client: Client, gvk: Any, key: Key) -> Json | None:
    """The object, or None when it is not there."""
    try:
        return await client.get(gvk, key.name, key.namespace)
    except ApiError as error:
        if error.is_not_found:
            return None
        raise


class ReplicaSetController(BaseController):
    """Keeps as many Pods of one template as are asked for."""

    name = "replicaset"
    kind = REPLICA_SET

    def __init__(self, *, client: Client) -> None:
        self._client = client

    def watches(self) -> Sequence[Watch]:
        return (Watch(POD, lambda pod: owner_key(pod, "ReplicaSet")),)

    async def reconcile(self, key: Key) -> Result:
        rs = await get_or_none(self._client, REPLICA_SET, key)
        if rs is None or is_deleting(rs):
            return Result.done()
        pods = [p for p in await owned(self._client, POD, rs) if not is_finished(p) and not is_deleting(p)]
        wanted = get_in(rs, "spec", "replicas", default=1)
        for _ in range(wanted - len(pods)):
            template = rs["spec"]["template"]
            pod = from_template(rs, template, generateName=f"{key.name}-")
            pods.append(await self._client.create(pod, field_manager="kube-controller-manager"))
        for pod in sorted(pods, key=is_ready)[: max(len(pods) - wanted, 0)]:
            await self._client.delete(POD, pod["metadata"]["name"], key.namespace)
            pods.remove(pod)
        ready = sum(map(is_ready, pods))
        async with editing(self._client, rs, field_manager="kube-controller-manager") as draft:
            draft["status"] = {
                **(draft.get("status") or {}),
                "replicas": len(pods),
                "fullyLabeledReplicas": len(pods),
                "readyReplicas": ready,
                "availableReplicas": ready,
                "observedGeneration": rs["metadata"].get("generation", 1),
            }
        return Result.done()


def _count(value: int | str, total: int, *, round_up: bool) -> int:
    """An absolute number or a percentage of *total*."""
    if isinstance(value, str) and value.endswith("%"):
        share = int(value[:-1]) * total / 100
        return math.ceil(share) if round_up else math.floor(share)
    return int(value)


class DeploymentController(BaseController):
    """Rolls from one template to the next through ReplicaSets."""

    name = "deployment"
    kind = DEPLOYMENT

    def __init__(self, *, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def watches(self) -> Sequence[Watch]:
        return (Watch(REPLICA_SET, lambda rs: owner_key(rs, "Deployment")),)

    async def reconcile(self, key: Key) -> Result:
        deployment = await get_or_none(self._client, DEPLOYMENT, key)
        if deployment is None or is_deleting(deployment):
            return Result.done()
        sets = await owned(self._client, REPLICA_SET, deployment)
        digest = template_hash(deployment["spec"]["template"])
        new = next((rs for rs in sets if rs["metadata"]["labels"].get(HASH_LABEL) == digest), None)
        old = [rs for rs in sets if rs is not new]
        if new is None and not deployment["spec"].get("paused"):
            new = await self._create_set(deployment, digest, old)
        if new is not None:
            await self._roll(deployment, new, old)
        await self._report(deployment, new, old)
        return Result.done()

    async def _create_set(self, deployment: Json, digest: str, old: Sequence[Json]) -> Json:
        meta = deployment["metadata"]
        template = copy(deployment["spec"]["template"])
        template.setdefault("metadata", {}).setdefault("labels", {})[HASH_LABEL] = digest
        revision = 1 + max((int(rs["metadata"].get("annotations", {}).get(REVISION, 0)) for rs in old), default=0)
        selector = copy(deployment["spec"]["selector"])
        selector.setdefault("matchLabels", {})[HASH_LABEL] = digest
        wanted = get_in(deployment, "spec", "replicas", default=1)
        body = {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": f"{meta['name']}-{digest}",
                "namespace": meta["namespace"],
                "labels": template["metadata"]["labels"],
                "annotations": {REVISION: str(revision)},
                "ownerReferences": [controller_reference(deployment)],
            },
            "spec": {"replicas": 0 if old else wanted, "selector": selector, "template": template},
        }
        return await self._client.create(body, field_manager="kube-controller-manager")

    async def _roll(self, deployment: Json, new: Json, old: Sequence[Json]) -> None:
        wanted = get_in(deployment, "spec", "replicas", default=1)
        rolling = get_in(deployment, "spec", "strategy", "rollingUpdate", default={})
        if get_in(deployment, "spec", "strategy", "type") == "Recreate":
            surge, unavailable = 0, wanted
        else:
            surge = _count(rolling.get("maxSurge", "25%"), wanted, round_up=True)
            unavailable = _count(rolling.get("maxUnavailable", "25%"), wanted, round_up=False)
        if not surge and not unavailable:
            unavailable = 1
        sizes = {rs["metadata"]["name"]: rs["spec"].get("replicas", 1) for rs in (new, *old)}
        name, old_total = new["metadata"]["name"], sum(rs["spec"].get("replicas", 1) for rs in old)
        target = wanted if not old_total else min(wanted, max(wanted + surge - old_total, 0))
        if target > sizes[name] or not old_total:
            await self._scale(new, target)
            sizes[name] = target
        available = sum(get_in(rs, "status", "availableReplicas", default=0) for rs in (new, *old))
        spare = available - (wanted - unavailable)
        for rs in old:
            size = rs["spec"].get("replicas", 1)
            dead = size - get_in(rs, "status", "availableReplicas", default=0)
            cut = min(size, max(spare, 0) + dead)
            if cut:
                await self._scale(rs, size - cut)
                spare -= max(cut - dead, 0)

    async def _scale(self, rs: Json, replicas: int) -> None:
        if rs["spec"].get("replicas", 1) != replicas:
            meta = rs["metadata"]
            body = {"spec": {"replicas": replicas}}
            await self._client.patch(
                REPLICA_SET, meta["name"], meta["namespace"], body, field_manager="kube-controller-manager"
            )

    async def _report(self, deployment: Json, new: Json | None, old: Sequence[Json]) -> None:
        wanted = get_in(deployment, "spec", "replicas", default=1)
        sets = [rs for rs in (new, *old) if rs is not None]

        def total(field: str, among: Sequence[Json]) -> int:
            return sum(get_in(rs, "status", field, default=0) for rs in among)

        updated = total("replicas", [new] if new else [])
        available = total("availableReplicas", sets)
        if new is not None:
            deployment = await self._numbered(deployment, new["metadata"].get("annotations", {}).get(REVISION, "1"))
        async with editing(self._client, deployment, field_manager="kube-controller-manager") as draft:
            status = draft.setdefault("status", {})
            status.update(
                observedGeneration=deployment["metadata"].get("generation", 1),
                replicas=total("replicas", sets),
                updatedReplicas=updated,
                readyReplicas=total("readyReplicas", sets),
                availableReplicas=available,
            )
            if wanted > available:
                status["unavailableReplicas"] = wanted - available
            else:
                status.pop("unavailableReplicas", None)
            self._conditions(deployment, status, wanted, updated, available)

    async def _numbered(self, deployment: Json, revision: str) -> Json:
        """The deployment with its revision, written as status is: any other way it would be a new generation."""
        meta = deployment["metadata"]
        if meta.get("annotations", {}).get(REVISION) == revision:
            return deployment
        return await self._client.patch(
            DEPLOYMENT,
            meta["name"],
            meta["namespace"],
            {"metadata": {"annotations": {REVISION: revision}}},
            subresource="status",
            field_manager="kube-controller-manager",
        )

    def _conditions(self, deployment: Json, status: Json, wanted: int, updated: int, available: int) -> None:
        conditions, now = status.setdefault("conditions", []), self._clock.now()
        enough = available >= wanted - _count(
            get_in(deployment, "spec", "strategy", "rollingUpdate", "maxUnavailable", default="25%"),
            wanted,
            round_up=False,
        )
        if enough:
            set_condition(
                conditions,
                "Available",
                True,
                "MinimumReplicasAvailable",
                "Deployment has minimum availability.",
                now=now,
            )
        else:
            set_condition(
                conditions,
                "Available",
                False,
                "MinimumReplicasUnavailable",
                "Deployment does not have minimum availability.",
                now=now,
            )
        name = deployment["metadata"]["name"]
        done = updated == wanted == status["replicas"] and available >= wanted
        reason = "NewReplicaSetAvailable" if done else "ReplicaSetUpdated"
        message = (
            f'Deployment "{name}" has successfully progressed.' if done else f'Deployment "{name}" is progressing.'
        )
        set_condition(conditions, "Progressing", True, reason, message, now=now)
