"""What to do next about a cause that `status` names, where the object's own message does not say it.

Messages are upstream's, written for those who know the controllers; the advice is for those who know vSphere.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from fairlead.base.objects import meta
from fairlead.cli.fleet import Cause, Fleet, Id
from fairlead.cli.health import NO_NETWORK, STRANGER, State


class Advice(NamedTuple):
    """For causes of some kinds whose message has one of some words, once it has said so for a time.

    `{name}`, `{namespace}` and `{cluster}` in the text are the cause's.
    """

    kinds: tuple[str, ...]
    words: tuple[str, ...]
    text: str
    after_seconds: int = 0


_VM = ("VSphereVM", "VSphereMachine", "Machine")
_DELIVERY = ("Kustomization", "HelmRelease")
TABLE = (
    Advice(
        ("Machine",),
        (NO_NETWORK,),
        "nodes are NotReady until the cluster has a network plugin (CNI): deliver one by a Kustomization or "
        "HelmRelease with spec.kubeConfig.secretRef.name {cluster}-kubeconfig (as in examples/fleet), or "
        "by a ClusterResourceSet",
        10,
    ),
    Advice(
        _VM,
        ("vm with bios uuid",),
        "the VM is gone from vCenter. The cluster's MachineHealthCheck replaces the machine when its time is over; "
        "at once: kubectl -n {namespace} delete machine {name}",
    ),
    Advice(
        _VM,
        ("WaitingForIPAllocation", "waiting for network addresses"),
        "the VM is on and has no address: check the DHCP scope and the VLAN of its port group",
        120,
    ),
    Advice(
        _VM,
        ("unable to find template",),
        "no template of that name is in vCenter: import it, or correct the name (or the version in it) in Git",
    ),
    Advice(
        ("Machine",),
        ("Waiting for a Node with spec.providerID", "Waiting for Cluster control plane to be initialized"),
        "the VM is on, and cloud-init and kubeadm should have made it a node: look at its console and at "
        "/var/log/cloud-init-output.log in it",
        300,
    ),
    Advice(
        ("VSphereCluster",),
        ("thumbprint does not match",),
        "vCenter shows another certificate than the one that spec.thumbprint names. If that is right, put the new "
        "thumbprint into Git: govc about.cert -k -thumbprint",
    ),
    Advice(
        ("VSphereCluster", "VSphereVM"),
        ("Login failure", "incorrect user name or password"),
        "correct the credentials in the Secret that spec.identityRef leads to: it is tried again as soon as the Secret "
        "changes",
    ),
    Advice(
        _VM,
        ("can't resize template disk down",),
        "diskGiB must be at least the size of the template's disk",
    ),
    Advice(
        ("Cluster",),
        (STRANGER,),
        "an endpoint is for good: free the address there, or take this cluster out of Git and put it back with an "
        "address of its own",
    ),
    Advice(
        _DELIVERY,
        ("variable not set (strict mode)",),
        "correct the name, or give it a value in spec.postBuild. A ${{…}} that is not meant for Flux is written "
        "$${{…}}, or its object gets the label kustomize.toolkit.fluxcd.io/substitute: disabled",
    ),
    Advice(
        _DELIVERY,
        ("cannot update Kubernetes version from",),
        "a control plane goes up by one minor version at a time, and never down: push the next minor version first",
    ),
    Advice(
        ("HelmRelease",),
        ("don't meet the specifications of the schema",),
        "correct spec.values (or what spec.valuesFrom names) at the path after 'at': names that are not allowed are "
        "slips or not the chart's. fairlead helm template CHART -f VALUES, with the same values in a file, gives the "
        "line and the name that was probably meant",
    ),
    Advice(
        _DELIVERY,
        ("unable to read KubeConfig secret",),
        "the Secret is made with the cluster: check that the cluster is in Git and that the names agree",
    ),
)


def advice(fleet: Fleet, cause: Cause, now: datetime) -> str:
    """What to do next; empty where the message says it, or only time helps."""
    for each in TABLE:
        if (
            cause.id.kind in each.kinds
            and any(word in cause.health.message for word in each.words)
            and cause.health.seconds_at(now) >= each.after_seconds
        ):
            cluster = fleet.cluster_of(cause.id)
            if cluster is not None and NO_NETWORK in each.words and _is_being_delivered(fleet, cluster):
                return ""
            name = cluster.name if cluster is not None else cause.id.name
            return each.text.format(name=cause.id.name, namespace=cause.id.namespace, cluster=name)
    return ""


def _is_being_delivered(fleet: Fleet, cluster: Id) -> bool:
    """Whether something is on its way into *cluster* now: its network plugin perhaps."""
    return any(
        fleet.works_in(Id.of(obj)) == cluster
        and health.state is State.WAITING
        and health.reason != "DependencyNotReady"
        for obj in fleet.of_kind(*_DELIVERY)
        if meta(obj)["namespace"] == cluster.namespace and (health := fleet.health(Id.of(obj)))
    )
