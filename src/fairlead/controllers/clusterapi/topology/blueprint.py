"""What a managed cluster is made from: its ClusterClass and the templates that the class names.

Source: cluster-api v1.14, core/reconcilers/topology/cluster/blueprint.go (order and texts).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, get_in, meta
from fairlead.controllers.clusterapi.topology.labels import CLUSTER_CLASS
from fairlead.engines.clusterclass.patches import Pair, Templates
from fairlead.runtime.client import Client
from fairlead.runtime.conditions import find
from fairlead.runtime.outcome import TroubleError


class TopologyError(TroubleError):
    """A topology that cannot be brought about as things are; the TopologyReconciled condition carries the text."""


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A ClusterClass with its templates; worker classes by name."""

    cluster_class: Json
    templates: Templates
    deployment_classes: Mapping[str, Json] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Namespace and name of the class, as messages give them."""
        return str(Key.of(self.cluster_class))


def class_key(cluster: Json) -> Key:
    """Where the ClusterClass of *cluster* is; its own namespace unless the reference says otherwise."""
    reference = get_in(cluster, "spec", "topology", "classRef", default={})
    return Key(reference.get("namespace") or Key.of(cluster).namespace, reference.get("name", ""))


async def read_class(client: Client, cluster: Json) -> Json:
    """The ClusterClass of *cluster*. Raises: TopologyError when it is missing or was not taken note of yet."""
    key = class_key(cluster)
    try:
        found = await client.get(CLUSTER_CLASS, key.name, key.namespace)
    except ApiError as error:
        raise TopologyError(f"failed to retrieve ClusterClass {key}: {error.message}") from error
    ready = find(get_in(found, "status", "conditions"), "VariablesReady")
    if ready is None or ready["status"] == "False":
        text = 'status of VariablesReady condition on ClusterClass must be "True"'
        cause = f": {ready['message']}" if ready and ready.get("message") else ""
        raise TopologyError(f"ClusterClass is not successfully reconciled: {text}{cause}")
    generation, observed = meta(found).get("generation", 0), get_in(found, "status", "observedGeneration", default=0)
    if generation != observed:
        text = f"ClusterClass.status.observedGeneration must be {generation}, but is {observed}"
        templates = find(get_in(found, "status", "conditions"), "RefVersionsUpToDate") or {}
        cause = f": {templates['message']}" if templates.get("status") == "Unknown" else ""
        raise TopologyError(f"ClusterClass is not successfully reconciled: {text}{cause}")
    return found


async def read_blueprint(client: Client, cluster_class: Json) -> Blueprint:
    """*cluster_class* with all its templates. Raises: TopologyError naming the first that is missing."""
    spec = cluster_class["spec"]
    reader = _Reader(client, cluster_class)
    infrastructure = await reader.read(
        spec["infrastructure"], "failed to get infrastructure cluster template for ClusterClass {name}"
    )
    plane = await reader.read(spec["controlPlane"], "failed to get control plane template for ClusterClass {name}")
    machine = None
    if spec["controlPlane"].get("machineInfrastructure"):
        machine = await reader.read(
            spec["controlPlane"]["machineInfrastructure"],
            "failed to get control plane's machine template for ClusterClass {name}",
        )
    classes = {entry["class"]: entry for entry in get_in(spec, "workers", "machineDeployments", default=())}
    pairs = {}
    for name, entry in classes.items():
        place = f'for ClusterClass {{name}}, MachineDeployment class "{name}"'
        made = await reader.read(entry["infrastructure"], f"failed to get infrastructure machine template {place}")
        boot = await reader.read(entry["bootstrap"], f"failed to get bootstrap config template {place}")
        pairs[name] = Pair(bootstrap=boot, infrastructure=made)
    templates = Templates(infrastructure, plane, machine, pairs)
    return Blueprint(cluster_class, templates, classes)


class _Reader:
    """Reads templates, each once."""

    def __init__(self, client: Client, cluster_class: Json) -> None:
        self._client = client
        self._class = Key.of(cluster_class)
        self._read: dict[tuple[GVK, str], Json] = {}

    async def read(self, part: Json, problem: str) -> Json:
        reference = part["templateRef"]
        gvk, key = GVK.parse(reference["apiVersion"], reference["kind"]), Key(self._class.namespace, reference["name"])
        known = self._read.get((gvk, key.name))
        if known is not None:
            return known
        try:
            found = await self._client.get(gvk, key.name, key.namespace)
        except ApiError as error:
            text = problem.format(name=self._class)
            cause = f"failed to retrieve {gvk.kind} {key}: {error.message}"
            raise TopologyError(f"error reading the ClusterClass: {text}: {cause}") from error
        self._read[gvk, key.name] = found
        return found
