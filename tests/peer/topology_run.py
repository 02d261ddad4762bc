"""One managed cluster through its life, on any API server, with whatever topology controller runs there.

The control plane's provider is played here: its status says what a real one would. What is left after each stage is
told without what differs from run to run: random ends of names, uids, times, resource versions.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Awaitable, Callable
from typing import Any

from topology_cases import cluster, cluster_class, patch, value, variable
from topology_scenarios import CHECKS, SPEC, control, deck_machines, definition, op, templates

from fairlead.base.objects import GVK, Json, get_in
from fairlead.runtime.client import Client

NAMESPACE = "fleet"
CORE, INFRA = "cluster.x-k8s.io", "infrastructure.cluster.x-k8s.io"
CLUSTER = GVK(CORE, "v1beta2", "Cluster")
CLASS = GVK(CORE, "v1beta2", "ClusterClass")
PLANE = GVK("controlplane.cluster.x-k8s.io", "v1beta2", "KubeadmControlPlane")
DEPLOYMENT = GVK(CORE, "v1beta2", "MachineDeployment")
EVENT = GVK("", "v1", "Event")
MADE = (
    GVK(INFRA, "v1beta2", "VSphereCluster"),
    PLANE,
    DEPLOYMENT,
    GVK(CORE, "v1beta2", "MachineHealthCheck"),
    GVK(INFRA, "v1beta2", "VSphereMachineTemplate"),
    GVK("bootstrap.cluster.x-k8s.io", "v1beta2", "KubeadmConfigTemplate"),
)
GIVEN = (
    *MADE[4:],
    GVK(INFRA, "v1beta2", "VSphereClusterTemplate"),
    GVK(PLANE.group, "v1beta2", "KubeadmControlPlaneTemplate"),
)
OWNED = "topology.cluster.x-k8s.io/owned"
RANDOM = re.compile(r"\b(skiff(?:-md-[0-9])?)-[bcdfghjklmnpqrstvwxz2456789]{5}\b")
UID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OLD, NEW = "v1.33.1", "v1.34.0"

Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
Settle = Callable[[], Awaitable[None]]


def the_class() -> Json:
    """A class with variables, patches, health checks and metadata."""
    declared = [
        variable("image", {"type": "string", "default": "noble"}),
        variable("size", {"type": "object", "properties": {"cpus": {"type": "integer", "default": 2}}, "default": {}}),
    ]
    files = [
        op("add", f"{SPEC}/kubeadmConfigSpec/files/-", valueFrom={"template": "path: /etc/{{ .image }}\ncontent: x"})
    ]
    sized = [op("add", f"{SPEC}/numCPUs", valueFrom={"variable": "size.cpus"})]
    machines = definition(*sized, apiVersion=f"{INFRA}/v1beta2", kind="VSphereMachineTemplate")
    made = cluster_class(
        variables=declared,
        patches=[control(*files, name="files"), patch(machines, deck_machines(*sized), name="size")],
    )
    made["spec"]["controlPlane"]["metadata"] = {"labels": {"of": "class"}, "annotations": {"of": "class"}}
    made["spec"]["workers"]["machineDeployments"][0]["healthCheck"] = {"checks": CHECKS}
    return made


def the_templates() -> list[Json]:
    """The templates of that class, good enough for admission."""
    found = copy.deepcopy(templates())
    for each in found:
        each["metadata"].pop("uid")
        each["metadata"].get("annotations", {}).pop("kubectl.kubernetes.io/last-applied-configuration", None)
        if each["kind"] == "KubeadmControlPlaneTemplate":
            del each["spec"]["template"]["spec"]["machineTemplate"]
        if each["kind"] == "VSphereMachineTemplate":
            each["spec"]["template"]["spec"] = {
                "numCPUs": 4,
                "memoryMiB": 4096,
                "template": "ubuntu",
                "network": {"devices": [{"networkName": "VM Network", "dhcp4": True}]},
            }
        if each["kind"] == "VSphereClusterTemplate":
            each["spec"]["template"]["spec"] = {
                "server": "vc",
                "controlPlaneEndpoint": {"host": "10.0.0.1", "port": 6443},
            }
    return found


def the_cluster() -> Json:
    deck = {"class": "deck", "replicas": 1}
    given = cluster(
        {"variables": [], "workers": {"machineDeployments": [{**deck, "name": "md-0"}, {**deck, "name": "md-1"}]}}
    )
    del given["metadata"]["uid"], given["spec"]["topology"]["variables"]
    given["spec"]["topology"]["controlPlane"] = {"replicas": 1, "metadata": {"labels": {"by": "topology"}}}
    return given


class Run:
    """The stages, in order."""

    def __init__(self, client: Client, until: Until, settle: Settle) -> None:
        self._client, self._until, self._settle = client, until, settle
        self.stages: dict[str, Json] = {}

    async def all(self) -> dict[str, Json]:
        await self._stage("created", self._create())
        await self._stage("control plane up", self._plane_reports(OLD))
        await self._stage("scaled", self._change(scaled))
        await self._stage("labelled", self._change(labelled))
        await self._stage("variable changed", self._change(with_variable))
        await self._stage("worker sized", self._change(with_override))
        await self._stage("drift", self._drift())
        await self._stage("upgrade", self._change(upgraded))
        await self._stage("control plane upgraded", self._plane_reports(NEW))
        await self._stage("workers added and removed", self._change(regrouped))
        await self._stage("class broken", self._break_class())
        await self._stage("class repaired", self._client_apply(the_class()))
        return self.stages

    async def _stage(self, name: str, action: Awaitable[None]) -> None:
        await action
        await self._settle()
        self.stages[name] = await self._seen()

    async def _client_apply(self, obj: Json) -> None:
        await self._client.apply(obj, field_manager="user")

    async def _create(self) -> None:
        await self._client_apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        for each in (*the_templates(), the_class()):
            await self._client_apply(each)

        async def is_read() -> bool:
            found = await self._client.get(CLASS, "boats", NAMESPACE)
            return get_in(found, "status", "observedGeneration") == found["metadata"]["generation"]

        await self._until(is_read)
        await self._client_apply(the_cluster())

        async def is_referring() -> bool:
            found = await self._client.get(CLUSTER, "skiff", NAMESPACE)
            return bool(get_in(found, "spec", "controlPlaneRef"))

        await self._until(is_referring)

    async def _plane(self) -> Json:
        [found] = (await self._client.list(PLANE, NAMESPACE)).items
        return found

    async def _plane_reports(self, version: str) -> None:
        """Do what a control plane's provider does once all its machines have *version*."""
        plane = await self._plane()
        replicas = plane["spec"]["replicas"]
        status = {
            "version": version,
            "versions": [{"version": version, "replicas": replicas}],
            "replicas": replicas,
            "readyReplicas": replicas,
            "availableReplicas": replicas,
            "upToDateReplicas": replicas,
            "initialization": {"controlPlaneInitialized": True},
        }
        await self._client.patch(
            PLANE,
            plane["metadata"]["name"],
            NAMESPACE,
            {"status": status},
            subresource="status",
            field_manager="provider",
        )

    async def _change(self, change: Callable[[Json], None]) -> None:
        given = the_cluster()
        for each in (scaled, labelled, with_variable, with_override, upgraded, regrouped):
            each(given)
            if each is change:
                break
        await self._client_apply(given)

    async def _drift(self) -> None:
        """A person changes what the topology owns, and adds what it does not."""
        name = (await self._plane())["metadata"]["name"]
        changed = {
            "metadata": {"labels": {"by": "person", "extra": "label"}},
            "spec": {"replicas": 5, "rollout": {"before": {"certificatesExpiryDays": 30}}},
        }
        await self._client.patch(PLANE, name, NAMESPACE, changed, field_manager="person")

    async def _break_class(self) -> None:
        broken = the_class()
        broken["spec"]["patches"].append(
            control(op("add", f"{SPEC}/x", valueFrom={"variable": "size.missing"}), name="bad")
        )
        await self._client_apply(broken)

    # What is there.

    async def _seen(self) -> Json:
        found: Json = {}
        for gvk in MADE:
            listed = (await self._client.list(gvk, NAMESPACE)).items
            own = [told(each, gvk) for each in listed if OWNED in (each["metadata"].get("labels") or {})]
            found[gvk.kind] = sorted(own, key=str)
        for gvk in GIVEN:
            listed = (await self._client.list(gvk, NAMESPACE)).items
            found[f"owners of {gvk.kind}"] = sorted(
                [each["metadata"]["name"], owners(each)]
                for each in listed
                if OWNED not in (each["metadata"].get("labels") or {})
            )
        given = await self._client.get(CLUSTER, "skiff", NAMESPACE)
        found["Cluster"] = {
            **told(given, CLUSTER),
            "condition": condition_of(given, "TopologyReconciled"),
            "upgradePlans": {key: get_in(given, "status", key, "upgradePlan") for key in ("controlPlane", "workers")},
        }
        of_class = await self._client.get(CLASS, "boats", NAMESPACE)
        found["ClusterClass"] = {
            "variables": get_in(of_class, "status", "variables"),
            "conditions": [
                condition_of(of_class, kind) for kind in ("VariablesReady", "RefVersionsUpToDate", "Paused")
            ],
        }
        events = (await self._client.list(EVENT, NAMESPACE)).items
        found["events"] = sorted(
            {unnamed(f"{each['reason']}: {each['message']}") for each in events if "Topology" in each["reason"]}
        )
        return found


def scaled(given: Json) -> None:
    topology = given["spec"]["topology"]
    topology["controlPlane"]["replicas"] = 3
    topology["workers"]["machineDeployments"][0]["replicas"] = 2


def labelled(given: Json) -> None:
    topology = given["spec"]["topology"]
    topology["controlPlane"]["metadata"] = {
        "labels": {"by": "topology", "new": "label"},
        "annotations": {"new": "note"},
    }
    topology["workers"]["machineDeployments"][0]["metadata"] = {"labels": {"new": "label"}}


def with_variable(given: Json) -> None:
    given["spec"]["topology"]["variables"] = [value("image", "trixie")]


def with_override(given: Json) -> None:
    deck = given["spec"]["topology"]["workers"]["machineDeployments"][0]
    deck["variables"] = {"overrides": [value("size", {"cpus": 8})]}


def upgraded(given: Json) -> None:
    given["spec"]["topology"]["version"] = NEW


def regrouped(given: Json) -> None:
    decks = given["spec"]["topology"]["workers"]["machineDeployments"]
    decks[1] = {"class": "deck", "name": "md-2", "replicas": 1}


# Telling.


def unnamed(text: str) -> str:
    return RANDOM.sub(r"\1-xxxxx", text)


def plain(found: Any) -> Any:
    if isinstance(found, dict):
        return {unnamed(key): plain(each) for key, each in found.items()}
    if isinstance(found, list):
        return [plain(each) for each in found]
    return unnamed(found) if isinstance(found, str) else found


def owners(obj: Json) -> list[str]:
    """Its owners: kind, name, and what the API server has to know of them."""
    listed = obj["metadata"].get("ownerReferences") or ()
    return sorted(
        f"{each['kind']} {unnamed(each['name'])}{' controller' * bool(each.get('controller'))}"
        f"{' blocks' * bool(each.get('blockOwnerDeletion'))}"
        for each in listed
    )


def told(obj: Json, gvk: GVK) -> Json:
    """An object of the topology: names, metadata, spec, and the fields the topology controller has applied."""
    metadata = obj["metadata"]
    applied = [
        {"apiVersion": each["apiVersion"], "fields": sorted(paths(each["fieldsV1"]))}
        for each in metadata.get("managedFields") or ()
        if each["manager"] == "capi-topology" and each["operation"] == "Apply"
    ]
    return {
        "name": unnamed(metadata["name"]),
        "labels": plain(metadata.get("labels") or {}),
        "annotations": plain(metadata.get("annotations") or {}),
        "finalizers": sorted(metadata.get("finalizers") or ()),
        "owners": owners(obj),
        "spec": plain(obj["spec"]),
        "applied": plain(applied),
        "isDeleting": "deletionTimestamp" in metadata,
    }


def paths(fields: Json, at: str = "") -> list[str]:
    """The leaves of a fieldsV1 tree."""
    below = {key: each for key, each in fields.items() if key != "."}
    if not below:
        return [at]
    return [path for key, each in below.items() for path in paths(each, f"{at}/{UID.sub('uid', key)}")]


def condition_of(obj: Json, kind: str) -> Json | None:
    for each in get_in(obj, "status", "conditions", default=()):
        if each["type"] == kind:
            return {key: unnamed(each.get(key) or "") for key in ("type", "status", "reason", "message")}
    return None
