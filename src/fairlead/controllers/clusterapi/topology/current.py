"""What a managed cluster has now: the objects that its topology made, as the API holds them.

Objects are read in the version that the ClusterClass names for them, so that they compare with what is wanted.
Source: cluster-api v1.14, core/reconcilers/topology/cluster/current_state.go (rules and texts).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, get_in, is_deleting, labels, meta
from fairlead.controllers.clusterapi.topology.blueprint import Blueprint, TopologyError
from fairlead.controllers.clusterapi.topology.contract import machine_reference
from fairlead.controllers.clusterapi.topology.labels import DEPLOYMENT, OWNED, is_owned
from fairlead.controllers.contract import (
    CLUSTER_NAME_LABEL,
    MACHINE,
    MACHINE_DEPLOYMENT,
    MACHINE_HEALTH_CHECK,
    get_or_none,
)
from fairlead.engines.clusterclass.versions import CurrentWorkers
from fairlead.runtime.client import Client


@dataclass(frozen=True, slots=True)
class CurrentDeployment:
    """One MachineDeployment with its templates (None while it is being deleted)."""

    object: Json
    bootstrap: Json | None = None
    infrastructure: Json | None = None
    health_check: Json | None = None
    upgrading: bool = False

    @property
    def workers(self) -> CurrentWorkers:
        version = get_in(self.object, "spec", "template", "spec", "version", default="")
        return CurrentWorkers(meta(self.object)["name"], version, self.upgrading)


@dataclass(frozen=True, slots=True)
class Current:
    """All objects of a managed cluster that exist; MachineDeployments by their name in the topology."""

    cluster: Json
    infrastructure: Json | None = None
    plane: Json | None = None
    plane_machine: Json | None = None
    plane_health_check: Json | None = None
    deployments: Mapping[str, CurrentDeployment] = field(default_factory=dict)


async def read_current(client: Client, cluster: Json, blueprint: Blueprint) -> Current:
    """Read all objects of *cluster*. Raises: TopologyError when one is missing or is nobody's topology's."""
    reader = _Reader(client, cluster, blueprint)
    try:
        return await reader.read()
    except TopologyError as error:
        raise TopologyError(f"error reading current state of the Cluster topology: {error}") from error


class _Reader:
    def __init__(self, client: Client, cluster: Json, blueprint: Blueprint) -> None:
        self._client = client
        self._cluster = cluster
        self._namespace = Key.of(cluster).namespace
        self._blueprint = blueprint

    async def read(self) -> Current:
        templates = self._blueprint.templates
        infrastructure = await self._part("infrastructureRef", templates.infrastructure_cluster)
        plane = await self._part("controlPlaneRef", templates.control_plane)
        machine = check = None
        if plane is not None and templates.control_plane_machine is not None:
            machine = await self._template(
                machine_reference(plane),
                templates.control_plane_machine,
                f"{plane['kind']} {Key.of(plane)}",
                f"failed to get InfrastructureMachineTemplate for {plane['kind']} {Key.of(plane)}",
            )
            check = await get_or_none(self._client, MACHINE_HEALTH_CHECK, Key.of(plane))
        deployments = await self._deployments()
        return Current(self._cluster, infrastructure, plane, machine, check, deployments)

    async def _part(self, name: str, template: Json) -> Json | None:
        """The infrastructure cluster or the control plane that the Cluster refers to."""
        reference = get_in(self._cluster, "spec", name)
        if not reference:
            return None
        gvk = _aligned(reference, template, "Template")
        key = Key(self._namespace, reference["name"])
        found = await self._get(gvk, key, f"failed to read {gvk.kind} {key}")
        if not is_owned(found):
            owner = f"Cluster {Key.of(self._cluster)}"
            raise TopologyError(f"{gvk.kind} {key} referenced from {owner} is not topology owned")
        return found

    async def _template(self, reference: Json, template: Json | None, owner: str, problem: str) -> Json:
        gvk = _aligned(reference, template, "")
        key = Key(self._namespace, reference.get("name", ""))
        found = await self._get(gvk, key, problem)
        if not is_owned(found):
            raise TopologyError(f"{gvk.kind} {key} referenced from {owner} is not topology owned")
        return found

    async def _get(self, gvk: GVK, key: Key, problem: str) -> Json:
        try:
            return await self._client.get(gvk, key.name, key.namespace)
        except ApiError as error:
            raise TopologyError(f"{problem}: failed to retrieve {gvk.kind} {key}: {error.message}") from error

    async def _deployments(self) -> dict[str, CurrentDeployment]:
        selector = f"{CLUSTER_NAME_LABEL}={Key.of(self._cluster).name},{OWNED}="
        listed = (await self._client.list(MACHINE_DEPLOYMENT, self._namespace, label_selector=selector)).items
        found: dict[str, CurrentDeployment] = {}
        for deployment in sorted(listed, key=lambda obj: str(meta(obj)["name"])):
            name = labels(deployment).get(DEPLOYMENT, "")
            if not name:
                raise TopologyError(f"failed to find label {DEPLOYMENT} in MachineDeployment {Key.of(deployment)}")
            if name in found:
                text = f"duplicate MachineDeployment {Key.of(deployment)} found for label {DEPLOYMENT}: {name}"
                raise TopologyError(text)
            found[name] = await self._deployment(deployment, name)
        return found

    async def _deployment(self, deployment: Json, name: str) -> CurrentDeployment:
        key = Key.of(deployment)
        check = await get_or_none(self._client, MACHINE_HEALTH_CHECK, key)
        upgrading = await self._is_upgrading(deployment)
        if is_deleting(deployment):
            return CurrentDeployment(deployment, health_check=check, upgrading=upgrading)
        topologies = get_in(self._cluster, "spec", "topology", "workers", "machineDeployments", default=())
        class_name = next((entry["class"] for entry in topologies if entry["name"] == name), None)
        pair = self._blueprint.templates.machine_deployments.get(class_name or "")
        if class_name is not None and pair is None:
            raise TopologyError(f"failed to find MachineDeployment class {class_name} in ClusterClass")
        machine, owner = deployment["spec"]["template"]["spec"], f"MachineDeployment {key}"
        bootstrap = await self._template(
            get_in(machine, "bootstrap", "configRef", default={}),
            pair.bootstrap if pair else None,
            owner,
            f"{owner} Bootstrap reference could not be retrieved",
        )
        infrastructure = await self._template(
            machine.get("infrastructureRef") or {},
            pair.infrastructure if pair else None,
            owner,
            f"{owner} Infrastructure reference could not be retrieved",
        )
        return CurrentDeployment(deployment, bootstrap, infrastructure, check, upgrading)

    async def _is_upgrading(self, deployment: Json) -> bool:
        """Whether a machine of *deployment*, or its node, has another version than it asks for."""
        wanted = get_in(deployment, "spec", "template", "spec", "version", default="")
        if not wanted:
            return False
        matched = get_in(deployment, "spec", "selector", "matchLabels", default={})
        selector = ",".join(f"{label}={value}" for label, value in sorted(matched.items()))
        machines = (await self._client.list(MACHINE, self._namespace, label_selector=selector)).items
        return any(
            get_in(machine, "spec", "version") != wanted
            or get_in(machine, "status", "nodeInfo", "kubeletVersion", default=wanted) != wanted
            for machine in machines
        )


def _aligned(reference: Json, template: Json | None, suffix: str) -> GVK:
    """The kind that *reference* names, in the version of *template* when that is of the same kind."""
    group, kind = reference.get("apiGroup", ""), reference.get("kind", "")
    if template is not None:
        gvk = GVK.of(template)
        if gvk.group == group and gvk.kind.removesuffix(suffix) == kind:
            return GVK(group, gvk.version, kind)
    return GVK(group, "v1beta2", kind)
