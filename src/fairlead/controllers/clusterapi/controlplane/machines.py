"""A new control-plane Machine with its infrastructure and bootstrap objects, in upstream's order and with its names.

Source: cluster-api v1.14, controlplane/kubeadm/internal/controllers/helpers.go.
"""

from fairlead.base.objects import Json, annotations, copy, get_in, labels
from fairlead.controllers.clusterapi.cloning import contract_reference, from_template
from fairlead.controllers.clusterapi.controlplane.seen import GATES, ControlPlane
from fairlead.controllers.contract import (
    CLUSTER_NAME_LABEL,
    CONTROL_PLANE_LABEL,
    KUBEADM_CONFIG,
    MACHINE,
    controller_reference,
    reference_to,
)
from fairlead.runtime.client import Client
from fairlead.runtime.events import Recorder
from fairlead.runtime.ids import Ids

MANAGER = "capi-kubeadmcontrolplane"
NAME_LABEL = "cluster.x-k8s.io/control-plane-name"
PRE_TERMINATE_HOOK = "pre-terminate.delete.hook.machine.cluster.x-k8s.io/kcp-cleanup"


class MachineMaker:
    """Makes the machines of control planes."""

    def __init__(self, *, client: Client, ids: Ids, recorder: Recorder) -> None:
        self._client = client
        self._ids = ids
        self._recorder = recorder

    async def create(self, plane: ControlPlane, template: Json, *, join: bool) -> None:
        """Make one machine: the first one initialises the cluster, every other joins it."""
        meta = plane.kcp["metadata"]
        name = f"{meta['name']}-{self._ids.suffix()}"
        asked = get_in(plane.kcp, "spec", "machineTemplate", default={})
        kept = {
            **labels(asked),
            CLUSTER_NAME_LABEL: plane.cluster["metadata"]["name"],
            CONTROL_PLANE_LABEL: "",
            NAME_LABEL: meta["name"],
        }
        noted = dict(annotations(asked))
        clone = from_template(template, name=name, owner=plane.kcp, more_labels=kept, more_annotations=noted)
        infra = await self._client.apply(clone, field_manager=MANAGER)
        config = await self._client.apply(
            {
                "apiVersion": KUBEADM_CONFIG.api_version,
                "kind": KUBEADM_CONFIG.kind,
                "metadata": {
                    "name": name,
                    "namespace": meta["namespace"],
                    "labels": kept,
                    "annotations": noted,
                    "ownerReferences": [reference_to(plane.kcp)],
                },
                "spec": _bootstrap_spec(plane.kcp, join=join),
            },
            field_manager=MANAGER,
        )
        more = copy(asked.get("spec") or {})
        gates = list(more.get("readinessGates") or ())
        gates += [{"conditionType": type_} for type_ in GATES if plane.uses_local_etcd or not type_.startswith("Etcd")]
        body = {
            "apiVersion": MACHINE.api_version,
            "kind": MACHINE.kind,
            "metadata": {
                "name": name,
                "namespace": meta["namespace"],
                "labels": kept,
                "annotations": {**noted, PRE_TERMINATE_HOOK: ""},
                "ownerReferences": [controller_reference(plane.kcp)],
                "finalizers": ["machine.cluster.x-k8s.io"],
            },
            "spec": {
                **more,
                "clusterName": plane.cluster["metadata"]["name"],
                "version": plane.version,
                "readinessGates": gates,
                "bootstrap": {"configRef": contract_reference(config)},
                "infrastructureRef": contract_reference(infra),
                **self._domain(plane),
            },
        }
        await self._client.apply(body, field_manager=MANAGER)

    def _domain(self, plane: ControlPlane) -> Json:
        """The failure domain with the fewest control-plane machines, where there are any."""
        listed = [
            d["name"]
            for d in get_in(plane.cluster, "status", "failureDomains", default=())
            if d.get("controlPlane", True)
        ]
        if not listed:
            return {}
        used = [get_in(machine, "spec", "failureDomain") for machine in plane.machines]
        return {"failureDomain": min(listed, key=lambda name: (used.count(name), name))}


def _bootstrap_spec(kcp: Json, *, join: bool) -> Json:
    spec: Json = copy(get_in(kcp, "spec", "kubeadmConfigSpec", default={}))
    spec.pop("initConfiguration" if join else "joinConfiguration", None)
    if join:
        spec.setdefault("joinConfiguration", {})
    return spec
