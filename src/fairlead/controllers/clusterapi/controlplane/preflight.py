"""Whether a control plane is calm enough to be changed. Pure.

Source: cluster-api v1.14, controlplane/kubeadm/reconcilers/kubeadmcontrolplane/preflight.go.
"""

from collections.abc import Collection
from dataclasses import dataclass

from fairlead.base.objects import Json, annotations, get_in
from fairlead.controllers.clusterapi.controlplane.desired import REMEDIATION_IN_PROGRESS
from fairlead.controllers.clusterapi.controlplane.quorum import keeps_api, keeps_quorum
from fairlead.controllers.clusterapi.controlplane.seen import ETCD_MEMBER, ControlPlane, node_name
from fairlead.runtime.conditions import find


@dataclass(frozen=True, slots=True)
class Preflight:
    """What keeps a change waiting: `causes` for the conditions, `errors` for the event."""

    causes: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.causes

    def text(self) -> str:
        """The errors as Go prints an aggregate of them."""
        distinct = list(dict.fromkeys(self.errors))
        return distinct[0] if len(distinct) == 1 else f"[{', '.join(distinct)}]"


CERTIFICATES = "cluster certificates are missing or unknown"
DELETING = "waiting for a control plane Machine to complete deletion"
COMPONENTS = "waiting for control plane components to become healthy"
ETCD = "waiting for etcd cluster to become healthy"


def check(
    plane: ControlPlane, *, scale_up: bool, certificates: bool = True, excluded: Collection[str] = ()
) -> Preflight:
    """Judge *plane*; the machines named in *excluded* may be ill, for they go."""
    if not plane.machines:
        return Preflight()
    if scale_up and not certificates:
        return Preflight((CERTIFICATES,))
    if plane.deleting():
        return Preflight((DELETING,))
    causes: dict[str, None] = {}
    errors: list[str] = []
    for machine in plane.machines:
        if machine["metadata"]["name"] not in excluded:
            _judge(plane, machine, causes, errors)
    if errors and scale_up and REMEDIATION_IN_PROGRESS in annotations(plane.kcp):
        return _while_remediating(plane)
    return Preflight(tuple(sorted(causes)), tuple(errors))


def _judge(plane: ControlPlane, machine: Json, causes: dict[str, None], errors: list[str]) -> None:
    name = machine["metadata"]["name"]
    if not node_name(machine):
        errors.append(f"Machine {name} does not have a corresponding Node yet (Machine.status.nodeRef not set)")
        causes[COMPONENTS] = None
        if plane.uses_local_etcd:
            causes[ETCD] = None
        return
    for type_ in plane.health_types:
        condition = find(get_in(machine, "status", "conditions"), type_)
        if condition is not None and condition["status"] == "True":
            continue
        causes[ETCD if type_ == ETCD_MEMBER else COMPONENTS] = None
        if condition is None:
            errors.append(f"Machine {name} does not have {type_} condition")
        else:
            state = condition["status"].lower()
            errors.append(f"Machine {name} reports {type_} condition is {state} ({condition.get('message', '')})")


def _while_remediating(plane: ControlPlane) -> Preflight:
    """Less is asked of a control plane that replaces a machine it had to remove."""
    causes, errors = [], []
    if not keeps_api(plane):
        causes.append(COMPONENTS)
        errors.append(
            "cannot add a new control plane Machine when there are no control plane Machines with all Kubernetes "
            "control plane components in healthy state. Please check Kubernetes control plane component status"
        )
    if plane.uses_local_etcd and not plane.members:
        causes.append(ETCD)
        errors.append("cannot check etcd cluster health before scale up, etcd member list is empty")
    elif plane.uses_local_etcd and not keeps_quorum(plane, adding=True):
        causes.append(ETCD)
        errors.append("adding a new control plane Machine can lead to etcd quorum loss. Please check the etcd status")
    return Preflight(tuple(causes), tuple(errors))
