"""The kinds' rules as webhooks: what another API server asks, and what it is told."""

import asyncio
import base64
import json
from typing import Any

import pytest

from fairlead.api.clusterapi.kinds import KINDS as CLUSTER_KINDS
from fairlead.api.infrastructure.kinds import KINDS as VSPHERE_KINDS
from fairlead.base.objects import GVK, Json
from fairlead.engines.merge.patches import json_patch
from fairlead.server.webhooks import CONVERT, DEFAULT, VALIDATE, Webhooks, manifests
from fairlead.testing.topology import Managed

KINDS = (*CLUSTER_KINDS, *VSPHERE_KINDS)
MACHINE_KIND = {"group": "cluster.x-k8s.io", "version": "v1beta2", "kind": "Machine"}


class Known:
    """Other objects that rules may look at."""

    def __init__(self, *objects: Json) -> None:
        self._objects = {(GVK.of(obj), obj["metadata"]["namespace"], obj["metadata"]["name"]): obj for obj in objects}

    def look(self, gvk: GVK, namespace: str, name: str) -> Json | None:
        return self._objects.get((gvk, namespace, name))

    def look_all(self, gvk: GVK, namespace: str) -> list[Json]:
        return [obj for (kind, space, _), obj in self._objects.items() if kind == gvk and namespace in ("", space)]


def ask(path: str, review: Any, method: str = "POST", others: Known | None = None) -> tuple[int, Json]:
    """The code and the body of the answer."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": json.dumps(review).encode(), "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    webhooks = Webhooks(KINDS)
    if others is not None:
        webhooks.look_at(others)
    asyncio.run(webhooks({"type": "http", "method": method, "path": path}, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


def admit(path: str, obj: Json, old: Json | None = None) -> Json:
    kind = {**MACHINE_KIND, "kind": obj["kind"]}
    request = {"uid": "1", "kind": kind, "operation": "UPDATE" if old else "CREATE", "object": obj}
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {**request, "oldObject": old}}
    code, body = ask(path, review)
    assert code == 200, body
    assert body["response"]["uid"] == "1"
    return dict(body["response"])


def machine(**spec: Any) -> Json:
    whole = {
        "clusterName": "blue",
        "bootstrap": {"dataSecretName": "x"},
        "infrastructureRef": {"apiGroup": "infrastructure.cluster.x-k8s.io", "kind": "VSphereMachine", "name": "m"},
        **spec,
    }
    metadata = {"name": "m", "namespace": "fleet"}
    return {"apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Machine", "metadata": metadata, "spec": whole}


def test_defaults_come_as_a_patch() -> None:
    """The patch applied to the object gives what the embedded server would store."""
    obj = machine(version="1.35.0")
    response = admit(DEFAULT, obj)
    assert response["patchType"] == "JSONPatch"
    patched: Any = json_patch(obj, json.loads(base64.b64decode(response["patch"])))
    assert patched["spec"]["version"] == "v1.35.0"
    assert patched["metadata"]["labels"] == {"cluster.x-k8s.io/cluster-name": "blue"}
    assert admit(DEFAULT, patched) == {"uid": "1", "allowed": True}, "nothing to add the second time"


def test_wrong_types_are_left_to_the_schema() -> None:
    """Rules do not stumble over a value of the wrong type; the API server's own validation names it."""
    assert admit(DEFAULT, machine(clusterName=7))["allowed"] is True
    assert "patch" not in admit(DEFAULT, machine(clusterName=7))


def test_refusals_carry_a_status() -> None:
    """A refusal is a Status with causes, without the prefix that the API server sets before it."""
    response = admit(VALIDATE, machine(version="vlatest"))
    assert response["allowed"] is False
    status = response["status"]
    assert (status["code"], status["reason"]) == (422, "Invalid")
    assert status["message"].startswith('Machine.cluster.x-k8s.io "m" is invalid: spec.version: Invalid value')
    assert [cause["field"] for cause in status["details"]["causes"]] == ["spec.version"]
    assert admit(VALIDATE, machine(version="v1.35.0")) == {"uid": "1", "allowed": True}
    moved = admit(VALIDATE, machine(clusterName="green"), machine())
    assert "spec.clusterName" in moved["status"]["message"]


def test_rules_that_look_at_other_objects_are_left_out() -> None:
    """A Cluster's topology may change although its ClusterClass cannot be looked at from here; its own rules hold."""

    def cluster(version: str) -> Json:
        topology = {"classRef": {"name": "boats"}, "version": version}
        metadata = {"name": "blue", "namespace": "fleet"}
        spec = {"topology": topology}
        return {"apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Cluster", "metadata": metadata, "spec": spec}

    assert admit(VALIDATE, cluster("v1.34.0"), cluster("v1.33.0"))["allowed"]
    refused = admit(VALIDATE, cluster("latest"), cluster("v1.33.0"))
    assert "version must be a valid semantic version" in refused["status"]["message"]


def test_rules_look_at_other_objects() -> None:
    """With the class at hand variables get their defaults, wrong ones are refused, and a class in use stays."""
    [of_class] = [obj for obj in Managed().objects() if obj["kind"] == "ClusterClass"]
    of_class["metadata"]["namespace"] = "fleet"
    cluster = Managed().cluster()
    cluster["metadata"]["namespace"] = "fleet"

    def told(path: str, obj: Json | None, old: Json | None, operation: str) -> Json:
        kind = {**MACHINE_KIND, "kind": (obj or old or {})["kind"]}
        request = {"uid": "1", "kind": kind, "operation": operation, "object": obj, "oldObject": old}
        review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
        code, body = ask(path, review, others=Known(of_class, cluster))
        assert code == 200, body
        return dict(body["response"])

    defaulted = told(DEFAULT, cluster, None, "CREATE")
    [change] = json.loads(base64.b64decode(defaulted["patch"]))
    assert {"name": "memoryMiB", "value": 4096} in change["value"]["topology"]["variables"]
    wrong = Managed(memory=1).cluster()
    wrong["metadata"]["namespace"] = "fleet"
    assert "memoryMiB" in told(DEFAULT, wrong, cluster, "UPDATE")["status"]["message"]
    refused = told(VALIDATE, None, of_class, "DELETE")
    assert refused["allowed"] is False
    assert "it is used by Cluster(s): fleet/blue" in refused["status"]["message"]


def test_deletions_are_asked_about_where_they_are_judged() -> None:
    """Of a ClusterClass, which may be in use; of nothing else here."""
    configurations = [o for o in manifests(KINDS, "https://x", "pem") if o["kind"] == "ValidatingWebhookConfiguration"]
    asked = {
        webhook["rules"][0]["resources"][0]
        for webhook in configurations[0]["webhooks"]
        if "DELETE" in webhook["rules"][0]["operations"]
    }
    assert asked == {"clusterclasses"}


def test_conversion_goes_both_ways() -> None:
    """Objects come back in the version that was asked for, in their order."""
    older = {
        **machine(),
        "apiVersion": "cluster.x-k8s.io/v1beta1",
        "spec": {
            "clusterName": "blue",
            "nodeDrainTimeout": "1m0s",
            "bootstrap": {"dataSecretName": "x"},
            "infrastructureRef": {
                "apiVersion": "infrastructure.cluster.x-k8s.io/v1beta1",
                "kind": "VSphereMachine",
                "name": "m",
            },
        },
    }

    def convert(obj: Json, version: str) -> Json:
        request = {"uid": "2", "desiredAPIVersion": f"cluster.x-k8s.io/{version}", "objects": [obj]}
        review = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "ConversionReview", "request": request}
        code, body = ask(CONVERT, review)
        assert code == 200, body
        assert body["response"]["result"] == {"status": "Success"}
        [converted] = body["response"]["convertedObjects"]
        return dict(converted)

    newer = convert(older, "v1beta2")
    assert newer["apiVersion"] == "cluster.x-k8s.io/v1beta2"
    assert newer["spec"]["deletion"]["nodeDrainTimeoutSeconds"] == 60
    assert convert(newer, "v1beta1")["spec"]["nodeDrainTimeout"] == "1m0s"


@pytest.mark.parametrize(
    ("path", "method", "review", "code"),
    [
        pytest.param("/elsewhere", "POST", {}, 404, id="path"),
        pytest.param(VALIDATE, "GET", {}, 404, id="method"),
        pytest.param(VALIDATE, "POST", [], 400, id="no-review"),
        pytest.param(
            VALIDATE,
            "POST",
            {"request": {"uid": "1", "kind": {"group": "x", "kind": "Y"}, "object": {}, "operation": "CREATE"}},
            400,
            id="unknown-kind",
        ),
    ],
)
def test_nonsense_is_refused(path: str, method: str, review: Any, code: int) -> None:
    """What is no review gets a code and a text, and does not end the program."""
    got, body = ask(path, review, method)
    assert got == code
    assert body["message"]


def test_manifests_point_here() -> None:
    """Every kind has its definition; conversion and rules are asked for at the URL, trusting the authority."""
    objects = manifests(KINDS, "https://127.0.0.1:9/", "PEM")
    definitions = [obj for obj in objects if obj["kind"] == "CustomResourceDefinition"]
    assert len(definitions) == len(KINDS)
    by_name = {obj["metadata"]["name"]: obj for obj in definitions}
    client = by_name["machines.cluster.x-k8s.io"]["spec"]["conversion"]["webhook"]["clientConfig"]
    assert client == {"url": "https://127.0.0.1:9/convert", "caBundle": base64.b64encode(b"PEM").decode()}
    mutating, validating = objects[-2:]
    assert "default.machine.cluster.x-k8s.io" in {hook["name"] for hook in mutating["webhooks"]}
    [rule] = next(h for h in validating["webhooks"] if h["name"] == "validation.machine.cluster.x-k8s.io")["rules"]
    assert (rule["apiVersions"], rule["resources"]) == (["v1beta2"], ["machines"])
