"""What `status` says of namespaces."""

from __future__ import annotations

import json

from fairlead.api.infrastructure.kinds import VSPHERE_CLUSTER
from fairlead.base.objects import Json
from fairlead.cli.fleet import Fleet
from fairlead.cli.notes import notes
from fairlead.testing.serving import Served

from .conftest import Cli, fleet_objects
from .test_causes import shown, unready


def test_a_namespace_that_is_not_there(cli: Cli) -> None:
    """It is an error, not an empty fleet in which all is Ready."""
    outcome = cli("status", "-n", "nowhere")
    assert (outcome.code, outcome.out) == (1, "")
    assert "namespace 'nowhere' does not exist" in outcome.err
    assert "hint: without -n" in outcome.err


def test_a_namespace_without_a_fleet(cli: Cli) -> None:
    """Nothing is there, and that is said of the namespace."""
    outcome = cli("status", "-n", "kube-system")
    assert (outcome.code, outcome.out) == (0, "Nothing in namespace kube-system yet: no sources, no clusters.\n")


def test_part_of_a_fleet() -> None:
    """What `status --watch -n` shows of all that it follows."""
    fleet = Fleet(fleet_objects())
    assert {id_.namespace for id_ in fleet.within("staging").objects} == {"staging"}
    assert fleet.within("").objects == fleet.objects


def test_an_endpoint_that_was_changed_too_late(own: Cli, served: Served) -> None:
    """It fails nothing, and is remarked upon: in text, and as data."""
    change: Json = {"spec": {"controlPlaneEndpoint": {"host": "10.9.9.9"}}}
    served.run(served.client.patch(VSPHERE_CLUSTER, "skiff", "staging", change))
    text = own("status", "-n", "staging")
    assert text.code == 0
    assert "! VSphereCluster staging/skiff: asks for" in text.out
    assert "10.9.9.9:6443, the cluster stays at 192.168.20.11:6443" in " ".join(text.out.split())
    [note] = json.loads(own("status", "-o", "json").out)["notes"]
    assert note["message"].startswith("asks for the control plane endpoint")


def test_an_endpoint_that_another_cluster_has() -> None:
    """The Cluster is the cause, not the machine that waits for it; what follows from it goes unsaid."""
    probe = "Remote connection not established yet: 10.0.0.1:6443 is answered by another cluster: n/old (machine old-1)"
    message = f"* RemoteConnectionProbe: {probe}\n* ControlPlaneAvailable: Control plane not yet initialized"
    cluster = unready("Cluster", "c", message, controlPlaneRef={"kind": "KubeadmControlPlane", "name": "p"})
    cluster["status"]["conditions"][0]["type"] = "Available"
    machine = unready("Machine", "m", "Waiting for Cluster control plane to be initialized", clusterName="c")
    text = shown(cluster, machine)
    assert f"✗ Cluster n/c: RemoteConnectionProbe: {probe} holds up" in text
    assert "◎" not in text
    assert "next: an endpoint is for good" in text


def test_what_two_apply() -> None:
    """An object in two inventories is remarked upon with both; the same name in another cluster is another object."""

    def applies(name: str, cluster: str = "") -> Json:
        spec = {"kubeConfig": {"secretRef": {"name": f"{cluster}-kubeconfig"}}} if cluster else {}
        entries = [{"id": f"n_{each}__ConfigMap", "v": "v1"} for each in ("x", "y")]
        metadata = {"name": name, "namespace": "n"}
        return {
            "kind": "Kustomization",
            "metadata": metadata,
            "spec": spec,
            "status": {"inventory": {"entries": entries}},
        }

    fleet = Fleet([applies("a"), applies("b"), applies("c", "one"), applies("d", "two")])
    [note] = notes(fleet)
    assert str(note) == (
        "Kustomization n/a: applies ConfigMap n/x and 1 more, and so does Kustomization n/b: they take it from each "
        "other. Keep it in one of them"
    )
