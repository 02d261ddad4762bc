"""More of kubectl on the embedded API server: reading, watching, conflicts, deletion, rights, new kinds."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.base import yaml as goyaml
from fairlead.runtime.kubeconfig import Access, render
from fairlead.testing import peers

from .test_kubectl import Cluster

ABSENT = peers.missing("kubectl")
pytestmark = [pytest.mark.peer, pytest.mark.skipif(bool(ABSENT), reason=ABSENT)]

Json = dict[str, Any]
NEW_KIND = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: buoys.sea.example.org}
spec:
  group: sea.example.org
  names: {kind: Buoy, plural: buoys, singular: buoy, shortNames: [by], categories: [marks]}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.lights, statusReplicasPath: .status.lights}}
    additionalPrinterColumns:
    - {name: Colour, type: string, jsonPath: .spec.colour}
    - {name: Depth, type: integer, jsonPath: .spec.depth, priority: 1}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [colour]
            properties:
              colour: {type: string, enum: [red, green], description: Which side to pass.}
              depth: {type: integer, minimum: 1, default: 5}
              lights: {type: integer, default: 1}
            x-kubernetes-validations:
            - {rule: "self.colour != 'red' || self.depth < 100", message: red buoys stand in shallow water}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
"""


def buoy(name: str, **spec: Any) -> str:
    return json.dumps(
        {"apiVersion": "sea.example.org/v1", "kind": "Buoy", "metadata": {"name": name}, "spec": spec},
    )


def config(name: str, namespace: str = "default", **more: Any) -> Json:
    metadata = {"name": name, "namespace": namespace, **more.pop("metadata", {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, **more}


class Real(Cluster):
    """The same kubectl on a real kube-apiserver."""

    def __init__(self, folder: Path, access: Access) -> None:
        self.folder = folder
        self.kubeconfig = folder / "kubeconfig"
        self.kubeconfig.write_text(goyaml.dump(render(access, cluster="real", user="admin")))


@pytest.fixture(scope="module", params=["embedded", "kube-apiserver"])
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Both servers: what is asserted of ours holds for the real one."""
    folder = tmp_path_factory.mktemp("verbs")
    if request.param == "embedded":
        with Cluster(folder) as running:
            yield running
        return
    absent = peers.missing("etcd", "kube-apiserver")
    if absent:
        pytest.skip(absent)
    with peers.kube_apiserver(folder) as access:
        yield Real(folder, access)


def apply(cluster: Cluster, *objects: Json, words: tuple[str, ...] = ()) -> str:
    return cluster.run("apply", "-f", "-", *words, given="\n".join(map(json.dumps, objects)))


def test_output_formats(cluster: Cluster) -> None:
    """yaml, json, name, jsonpath, custom columns, go-template, labels, sorting, and selectors of both kinds."""
    for number, colour in enumerate(("red", "green", "red")):
        apply(cluster, config(f"form-{number}", data={"n": str(9 - number)}, metadata={"labels": {"colour": colour}}))
    selected = ("get", "cm", "-l", "colour")
    assert goyaml.load(cluster.run("get", "cm", "form-0", "-o", "yaml"))["data"] == {"n": "9"}  # type: ignore[index, call-overload]
    listed = json.loads(cluster.run(*selected, "-o", "json"))
    assert listed["kind"] == "List"
    assert len(listed["items"]) == 3
    assert cluster.run(*selected, "-o", "name").split() == [f"configmap/form-{n}" for n in range(3)]
    assert cluster.run(*selected, "-o", "jsonpath={.items[*].data.n}") == "9 8 7"
    assert cluster.run(*selected, "-o", "jsonpath={.items[?(@.data.n=='8')].metadata.name}") == "form-1"
    assert cluster.run(*selected, "-o", "go-template={{len .items}}") == "3"
    columns = cluster.run(*selected, "-o", "custom-columns=N:.data.n", "--sort-by=.data.n", "--no-headers")
    assert columns.split() == ["7", "8", "9"]
    assert cluster.run("get", "cm", "-l", "colour=red", "-o", "name").split() == [
        "configmap/form-0",
        "configmap/form-2",
    ]
    assert cluster.run("get", "cm", "-l", "colour,colour notin (red)", "-L", "colour").split()[-1] == "green"
    by_field = cluster.run("get", "cm", "--field-selector=metadata.name=form-1", "-o", "name")
    assert by_field.split() == ["configmap/form-1"]
    assert "form-0" in cluster.run("get", "cm", "-A", "--show-labels", "--chunk-size=1")
    assert "(NotFound)" in cluster.run("get", "cm", "none", code=1)
    assert "the server doesn't have a resource type" in cluster.run("get", "unheard", code=1)


def test_watch_prints_changes(cluster: Cluster) -> None:
    """`get -w` prints a line for each change, `-o json --output-watch-events` the kind of each event."""
    watch = cluster.start("get", "cm", "-w", "-l", "watched", "--output-watch-events")
    lines: queue.Queue[str] = queue.Queue()
    assert watch.stdout is not None
    reader = threading.Thread(target=lambda: [lines.put(line) for line in watch.stdout or ()])
    reader.start()
    try:
        apply(cluster, config("seen", metadata={"labels": {"watched": ""}}))
        assert lines.get(timeout=20).split()[0] == "EVENT"
        assert lines.get(timeout=20).split()[:2] == ["ADDED", "seen"]
        cluster.run("annotate", "cm", "seen", "note=1")
        assert lines.get(timeout=20).split()[:2] == ["MODIFIED", "seen"]
        cluster.run("label", "cm", "seen", "watched-")
        assert lines.get(timeout=20).split()[:2] == ["DELETED", "seen"], "it left the selection"
    finally:
        watch.terminate()
        reader.join(10)
        watch.communicate()
    cluster.run("delete", "cm", "seen")


def test_server_side_apply_conflicts(cluster: Cluster) -> None:
    """Another manager's field is a conflict that names manager and field; force takes it over; diff shows changes."""
    mine, theirs = config("shared", data={"a": "mine"}), config("shared", data={"a": "theirs", "b": "x"})
    apply(cluster, mine, words=("--server-side", "--field-manager=one"))
    words = ("apply", "--server-side", "--field-manager=two", "-f", "-")
    refused = cluster.run(*words, given=json.dumps(theirs), code=1)
    assert 'Apply failed with 1 conflict: conflict with "one": .data.a' in refused
    assert cluster.run("get", "cm", "shared", "-o", "jsonpath={.data}") == '{"a":"mine"}'
    cluster.run(*words, "--force-conflicts", given=json.dumps(theirs))
    managers = json.loads(cluster.run("get", "cm", "shared", "-o", "json", "--show-managed-fields"))
    owners = {entry["manager"]: entry["fieldsV1"].get("f:data", {}) for entry in managers["metadata"]["managedFields"]}
    assert set(owners["two"]) == {"f:a", "f:b"}
    assert not owners.get("one")
    cluster.run(*words, given=json.dumps(config("shared", data={"a": "theirs"})))
    assert cluster.run("get", "cm", "shared", "-o", "jsonpath={.data}") == '{"a":"theirs"}', "what I let go is gone"
    difference = cluster.start("diff", "-f", "-")
    out, _ = difference.communicate(json.dumps(config("shared", data={"a": "new"})), timeout=60)
    assert difference.returncode == 1
    assert "+  a: new" in out


def test_patch_kinds_and_replace(cluster: Cluster) -> None:
    """JSON, merge and strategic patches; a failed test leaves all as it was; replace with a stale version conflicts."""
    apply(cluster, config("patched", data={"a": "1", "b": "2"}))
    data = ("get", "cm", "patched", "-o", "jsonpath={.data}")
    cluster.run("patch", "cm", "patched", "--type=merge", "-p", '{"data":{"a":null,"c":"3"}}')
    assert json.loads(cluster.run(*data)) == {"b": "2", "c": "3"}
    failing = '[{"op":"test","path":"/data/b","value":"9"},{"op":"remove","path":"/data/c"}]'
    assert "The request is invalid" in cluster.run("patch", "cm", "patched", "--type=json", "-p", failing, code=1)
    cluster.run("patch", "cm", "patched", "--type=json", "-p", '[{"op":"move","from":"/data/c","path":"/data/d"}]')
    assert json.loads(cluster.run(*data)) == {"b": "2", "d": "3"}
    assert "no change" in cluster.run("patch", "cm", "patched", "-p", '{"data":{"b":"2"}}')
    stale = json.loads(cluster.run("get", "cm", "patched", "-o", "json"))
    cluster.run("label", "cm", "patched", "x=y")
    assert "--overwrite is false" in cluster.run("label", "cm", "patched", "x=z", code=1)
    assert "the object has been modified" in cluster.run("replace", "-f", "-", given=json.dumps(stale), code=1)
    cluster.run("annotate", "cm", "patched", "note=one", "--dry-run=server")
    assert "note" not in cluster.run("get", "cm", "patched", "-o", "yaml")


def replica_set(name: str) -> Json:
    pod = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": pod}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": name}, "spec": spec}


@pytest.mark.parametrize(("cascade", "child_stays"), [("background", False), ("foreground", False), ("orphan", True)])
def test_deletion_cascades(cluster: Cluster, cascade: str, child_stays: bool) -> None:
    """Dependants go with their owner, or stay without their owner reference."""
    if isinstance(cluster, Real):
        pytest.skip("garbage is collected by the kube-controller-manager, which is not run here")
    owner, child = f"owner-{cascade}", f"child-{cascade}"
    apply(cluster, replica_set(owner))
    uid = cluster.run("get", "rs", owner, "-o", "jsonpath={.metadata.uid}")
    reference = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": owner, "uid": uid, "blockOwnerDeletion": True}
    apply(cluster, config(child, metadata={"ownerReferences": [reference]}))
    cluster.run("delete", "rs", owner, f"--cascade={cascade}", "--timeout=20s")
    assert cluster.run("get", "rs", owner, "--ignore-not-found") == ""
    if child_stays:
        left = json.loads(cluster.run("get", "cm", child, "-o", "json"))
        assert "ownerReferences" not in left["metadata"]
    else:
        cluster.run("wait", "--for=delete", f"configmap/{child}", "--timeout=20s")


def test_finalizers_hold(cluster: Cluster) -> None:
    """A finalizer keeps a deleted object, marked; a second delete changes nothing; letting go removes it."""
    apply(cluster, config("held", metadata={"finalizers": ["example.org/hold"]}))
    cluster.run("delete", "cm", "held", "--wait=false")
    marked = cluster.run("get", "cm", "held", "-o", "jsonpath={.metadata.deletionTimestamp}")
    assert marked
    cluster.run("delete", "cm", "held", "--wait=false")
    assert cluster.run("get", "cm", "held", "-o", "jsonpath={.metadata.deletionTimestamp}") == marked
    gone = cluster.start("wait", "--for=delete", "configmap/held", "--timeout=20s")
    cluster.run("patch", "cm", "held", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    gone.communicate(timeout=30)
    assert gone.returncode == 0
    apply(cluster, *[config(f"many-{n}", metadata={"labels": {"many": ""}}) for n in range(3)])
    assert cluster.run("delete", "cm", "-l", "many").count("deleted") == 3


def test_events_are_told(cluster: Cluster) -> None:
    """`kubectl events` and `describe` show an object's events, by type."""
    apply(cluster, config("eventful"))
    uid = cluster.run("get", "cm", "eventful", "-o", "jsonpath={.metadata.uid}")
    subject = {"apiVersion": "v1", "kind": "ConfigMap", "name": "eventful", "namespace": "default", "uid": uid}
    event: Json = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "eventful.1", "namespace": "default"},
        "involvedObject": subject,
        "reason": "Sinking",
        "message": "water in the hold",
        "type": "Warning",
        "firstTimestamp": "2026-01-01T00:00:00Z",
        "lastTimestamp": "2026-01-01T00:00:00Z",
        "count": 3,
        "source": {"component": "mate"},
    }
    cluster.run("create", "-f", "-", given=json.dumps(event))
    shown = cluster.run("events", "--for=configmap/eventful", "--types=Warning").splitlines()
    assert shown[0].split() == ["LAST", "SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]
    assert "Sinking" in shown[1]
    assert "water in the hold" in shown[1]
    assert "Sinking" not in cluster.run("events", "--for=configmap/eventful", "--types=Normal")
    assert "Sinking" in cluster.run("get", "events", "--field-selector=involvedObject.name=eventful")
    assert "Sinking" in cluster.run("describe", "cm", "eventful")


def test_rights(cluster: Cluster) -> None:
    """RBAC decides for somebody else: what a role gives is allowed, all else refused in the server's words."""
    cluster.run("create", "role", "reader", "--verb=get,list", "--resource=configmaps")
    cluster.run("create", "rolebinding", "reader", "--role=reader", "--user=anna")
    assert cluster.run("auth", "can-i", "list", "configmaps", "--as=anna").strip() == "yes"
    denied = cluster.start("auth", "can-i", "delete", "configmaps", "--as=anna")
    assert denied.communicate(timeout=60)[0].startswith("no")
    assert denied.returncode == 1
    assert "[get list]" in cluster.run("auth", "can-i", "--list", "--as=anna")
    refused = cluster.run("delete", "cm", "--all", "--as=anna", code=1)
    assert 'User "anna" cannot' in refused
    assert "Forbidden" in refused
    cluster.run("get", "cm", "--as=anna")


def test_new_kinds(cluster: Cluster) -> None:
    """A definition applied with kubectl is served at once: defaults, pruning, CEL, columns, scale, explain, removal."""
    cluster.run("apply", "-f", "-", given=NEW_KIND)
    cluster.run("wait", "--for=condition=Established", "crd/buoys.sea.example.org", "--timeout=20s")
    explained = ""
    deadline = time.monotonic() + 20  # the real server publishes schemas a little later
    while "Which side to pass." not in explained:
        assert time.monotonic() < deadline, explained
        explained = cluster.start("explain", "buoy.spec.colour").communicate(timeout=60)[0]
    assert "buoys" in cluster.run("api-resources", "--api-group=sea.example.org", "-o", "wide")
    cluster.run("apply", "-f", "-", given=buoy("north", colour="red"))
    assert cluster.run("get", "by", "north", "-o", "jsonpath={.spec}") == '{"colour":"red","depth":5,"lights":1}'
    cluster.run("apply", "-f", "-", "--validate=ignore", given=buoy("south", colour="green", bell="loud"))
    assert "bell" not in cluster.run("get", "by", "south", "-o", "jsonpath={.spec}"), "pruned"
    for spec, told in (
        ({"colour": "blue"}, 'spec.colour: Unsupported value: "blue": supported values: "red", "green"'),
        ({}, "spec.colour: Required value"),
        ({"colour": "green", "depth": 0}, "spec.depth in body should be greater than or equal to 1"),
        ({"colour": "red", "depth": 500}, "red buoys stand in shallow water"),
        ({"colour": "green", "depth": "deep"}, 'spec.depth: Invalid value: "string"'),
    ):
        assert told in cluster.run("apply", "-f", "-", given=buoy("bad", **spec), code=1)
    cluster.run("scale", "buoy/north", "--replicas=4")
    assert cluster.run("get", "by", "north", "-o", "jsonpath={.spec.lights}") == "4"
    wide = [line.split() for line in cluster.run("get", "marks", "-o", "wide").splitlines()]
    assert wide[0] == ["NAME", "COLOUR", "DEPTH"]
    assert wide[1:] == [["north", "red", "5"], ["south", "green", "5"]]
    cluster.run("delete", "crd", "buoys.sea.example.org", "--timeout=20s")
    assert "NotFound" in cluster.run("get", "--raw", "/apis/sea.example.org/v1/buoys", code=1)


def test_edit_with_an_editor_of_ones_own(cluster: Cluster) -> None:
    """KUBE_EDITOR changes an object; an edit that breaks it is refused, and nothing is lost."""
    apply(cluster, config("edited", data={"a": "1"}))
    cluster.run("edit", "cm", "edited", KUBE_EDITOR='sed -i \'s/a: "1"/a: "2"/\'')
    assert cluster.run("get", "cm", "edited", "-o", "jsonpath={.data.a}") == "2"
    cluster.run("edit", "cm", "edited", KUBE_EDITOR="true")
    cluster.run("edit", "cm", "edited", "--output-patch", KUBE_EDITOR='sed -i \'s/a: "2"/a: "3"/\'')
    assert cluster.run("get", "cm", "edited", "-o", "jsonpath={.data.a}") == "3"
