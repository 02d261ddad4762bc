"""Control-plane Machines with their infrastructure and bootstrap objects: made in upstream's order, kept in line.

Source: cluster-api v1.14, controlplane/kubeadm/reconcilers/kubeadmcontrolplane (helpers.go, syncMachines).
"""

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, copy, is_deleting, owner_references
from fairlead.controllers.clusterapi.cloning import contract_reference, from_template
from fairlead.controllers.clusterapi.controlplane import desired
from fairlead.controllers.clusterapi.controlplane.seen import ControlPlane
from fairlead.controllers.contract import KUBEADM_CONFIG, MACHINE, controller_reference, reference_to
from fairlead.runtime.client import Client
from fairlead.runtime.edit import write_changes
from fairlead.runtime.ids import Ids

MANAGER = "capi-kubeadmcontrolplane"


class MachineMaker:
    """Makes and keeps the machines of control planes."""

    def __init__(self, *, client: Client, ids: Ids) -> None:
        self._client = client
        self._ids = ids

    async def create(self, plane: ControlPlane, *, join: bool, remediation: str = "") -> None:
        """Make one machine: the first one initialises the cluster, every other joins it.

        *remediation* is noted on a machine that replaces another. What was made is removed again when a later object
        is refused. Raises: ApiError, NamingError.
        """
        assert plane.template is not None
        cluster = plane.cluster["metadata"]["name"]
        name = desired.machine_name(plane.kcp, cluster, self._ids)
        await self._drop_orphans(plane, plane.template)
        kept, noted = desired.machine_labels(plane.kcp, cluster), desired.machine_annotations(plane.kcp)
        clone = from_template(plane.template, name=name, owner=plane.kcp, more_labels=kept, more_annotations=noted)
        infra = await self._client.apply(clone, field_manager=MANAGER)
        made = [infra]
        try:
            config = await self._client.apply(self._config(plane, name, join=join), field_manager=MANAGER)
            made.append(config)
            machine = self._machine(plane, name, config, infra, remediation)
            await self._client.apply(machine, field_manager=MANAGER)
        except ApiError:
            for obj in made:
                await self._remove(obj)
            raise

    async def _drop_orphans(self, plane: ControlPlane, template: Json) -> None:
        """Delete infrastructure and bootstrap objects whose Machine was never made: the process ended in between."""
        infra = GVK.of(template)
        namespace = plane.kcp["metadata"]["namespace"]
        used = {machine["metadata"]["name"] for machine in plane.machines}
        selector = f"{desired.NAME_LABEL}={plane.kcp['metadata']['name']}"
        for gvk in (GVK(infra.group, infra.version, infra.kind.removesuffix("Template")), KUBEADM_CONFIG):
            for obj in (await self._client.list(gvk, namespace, label_selector=selector)).items:
                mine = any(owner["uid"] == plane.kcp["metadata"]["uid"] for owner in owner_references(obj))
                if mine and obj["metadata"]["name"] not in used and not is_deleting(obj):
                    await self._remove(obj)

    def _config(self, plane: ControlPlane, name: str, *, join: bool) -> Json:
        return {
            "apiVersion": KUBEADM_CONFIG.api_version,
            "kind": KUBEADM_CONFIG.kind,
            "metadata": {
                "name": name,
                "namespace": plane.kcp["metadata"]["namespace"],
                "labels": desired.machine_labels(plane.kcp, plane.cluster["metadata"]["name"]),
                **({"annotations": noted} if (noted := desired.machine_annotations(plane.kcp)) else {}),
                "ownerReferences": [reference_to(plane.kcp)],
            },
            "spec": desired.bootstrap_spec(plane.kcp, join=join),
        }

    def _machine(self, plane: ControlPlane, name: str, config: Json, infra: Json, remediation: str) -> Json:
        cluster = plane.cluster["metadata"]["name"]
        noted = {**desired.machine_annotations(plane.kcp), desired.PRE_TERMINATE_HOOK: ""}
        if remediation:
            noted[desired.REMEDIATION_FOR] = remediation
        domain = next_failure_domain(plane)
        return {
            "apiVersion": MACHINE.api_version,
            "kind": MACHINE.kind,
            "metadata": {
                "name": name,
                "namespace": plane.kcp["metadata"]["namespace"],
                "labels": desired.machine_labels(plane.kcp, cluster),
                "annotations": noted,
                "ownerReferences": [controller_reference(plane.kcp)],
                "finalizers": ["machine.cluster.x-k8s.io"],
            },
            "spec": {
                **desired.mutable_spec(plane.kcp),
                "clusterName": cluster,
                "version": plane.version,
                "bootstrap": {"configRef": contract_reference(config)},
                "infrastructureRef": contract_reference(infra),
                **({"failureDomain": domain} if domain else {}),
            },
        }

    async def _remove(self, obj: Json) -> None:
        key = Key.of(obj)
        try:
            await self._client.delete(GVK.of(obj), key.name, key.namespace)
        except ApiError as error:
            if not error.is_not_found:
                raise

    async def keep_in_line(self, plane: ControlPlane) -> ControlPlane:
        """Let labels, annotations, timeouts, taints and gates follow the spec on what is there; writes what differs."""
        cluster = plane.cluster["metadata"]["name"]
        kept, noted = desired.machine_labels(plane.kcp, cluster), desired.machine_annotations(plane.kcp)
        machines = []
        for machine in plane.machines:
            wanted: Json = copy(machine)
            _follow_spec(wanted, desired.mutable_spec(plane.kcp), only_deletion=is_deleting(machine))
            if not is_deleting(machine):
                _follow_metadata(wanted, kept, {**noted, desired.PRE_TERMINATE_HOOK: ""}, spare=desired.REMEDIATION_FOR)
                name = machine["metadata"]["name"]
                for obj in (plane.configs.get(name), plane.infra.get(name)):
                    if obj is not None and not is_deleting(obj):
                        other: Json = copy(obj)
                        _follow_metadata(other, kept, noted)
                        await write_changes(self._client, obj, other, field_manager=MANAGER)
            machines.append(await write_changes(self._client, machine, wanted, field_manager=MANAGER))
        return plane.with_machines(machines)


def next_failure_domain(plane: ControlPlane) -> str:
    """The failure domain with the fewest up-to-date machines, then the fewest machines; empty without any."""
    domains = plane.failure_domains()
    every = [machine["spec"].get("failureDomain") for machine in plane.machines]
    fresh = [m["spec"].get("failureDomain") for m in plane.alive() if not plane.differences(m)]
    return min(domains, key=lambda name: (fresh.count(name), every.count(name), name), default="")


def _follow_spec(machine: Json, wanted: Json, *, only_deletion: bool) -> None:
    spec = machine["spec"]
    have, want = spec.get("deletion") or {}, wanted.get("deletion") or {}
    # the API server fills in a time for the node's deletion where none is asked for
    filled_in = {name: value for name, value in have.items() if name == "nodeDeletionTimeoutSeconds"}
    merged = {**filled_in, **want}
    names = ("taints",) if only_deletion else ("taints", "readinessGates")
    for name, value in (("deletion", merged or None), *((name, wanted.get(name)) for name in names)):
        if value:
            spec[name] = value
        else:
            spec.pop(name, None)


def _follow_metadata(obj: Json, kept: dict[str, str], noted: dict[str, str], spare: str = "") -> None:
    for part, wanted in (("labels", kept), ("annotations", noted)):
        have = dict(obj["metadata"].get(part) or {})
        for name in desired.owned_keys(obj, MANAGER, part) - wanted.keys() - {spare}:
            if not name.startswith("cluster.x-k8s.io/cloned-from"):
                have.pop(name, None)
        have |= wanted
        if have:
            obj["metadata"][part] = have
