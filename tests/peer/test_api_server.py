"""The embedded API server beside a real kube-apiserver: the same requests, the same answers."""

from __future__ import annotations

import http.client
import json
import re
import ssl
import time
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from fairlead.runtime.kubeconfig import Access, load_access
from fairlead.runtime.tls import tls_context
from fairlead.testing import peers

from .broken_definitions import BROKEN
from .refused_requests import refused
from .test_kubectl import Cluster

ABSENT = peers.missing("etcd", "kube-apiserver")
pytestmark = [pytest.mark.peer, pytest.mark.skipif(bool(ABSENT), reason=ABSENT)]

Json = dict[str, Any]
NAMESPACE = "compare"
MERGE, PATCH, SMP = (f"application/{kind}-patch+json" for kind in ("merge", "json", "strategic-merge"))
APPLY = "application/apply-patch+yaml"
_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_ADDRESS = re.compile(r"10\.(9[6-9]|1[01]\d)\.\d+\.\d+")


class Side:
    """One of the two servers."""

    def __init__(self, port: int, context: ssl.SSLContext, headers: dict[str, str]) -> None:
        self._connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=20)
        self._headers = headers

    def close(self) -> None:
        self._connection.close()

    def call(self, method: str, path: str, body: Any = None, media_type: str = "application/json") -> Json:
        headers = {**self._headers, "Accept": "application/json", "User-Agent": "tester/1"}
        if body is not None:
            headers["Content-Type"] = media_type
        data = body if body is None or isinstance(body, str) else json.dumps(body)
        self._connection.request(method, path, data, headers)
        response = self._connection.getresponse()
        raw = response.read()
        try:
            value = json.loads(raw)
        except ValueError:
            value = raw.decode()
        warning = response.headers.get_all("Warning")
        return {"status": response.status, "body": normal(value), "warning": warning}


def normal(value: Any) -> Any:
    """*value* without what differs by nature: revisions, times, uids, given addresses."""
    if isinstance(value, dict):
        dropped = ("resourceVersion", "time", "continue")
        return {key: normal(item) for key, item in value.items() if key not in dropped and item != ""}
    if isinstance(value, list):
        return [normal(item) for item in value]
    if isinstance(value, str):
        return _ADDRESS.sub("ADDRESS", _TIME.sub("TIME", _UID.sub("UID", value)))
    return value


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    folder = tmp_path_factory.mktemp("peer")
    with Cluster(folder) as cluster, peers.kube_apiserver(folder) as access:
        ours, theirs = side_of(load_access(cluster.kubeconfig)), side_of(access)
        try:
            yield ours, theirs
        finally:
            ours.close()
            theirs.close()


def side_of(access: Access) -> Side:
    return Side(urlsplit(access.server).port or 0, tls_context(access), {})


def config_map(name: str = "a", **meta: Any) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **meta}, "data": {"a": "1"}}


def deployment(name: str = "d", **spec: Any) -> Json:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    given = {"selector": {"matchLabels": {"a": "b"}}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": given}


def yacht(called: str, **spec: Any) -> Json:
    return {"apiVersion": "sea.example.org/v1", "kind": "Yacht", "metadata": {"name": called}, "spec": spec}


DEFINITION: Json = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "yachts.sea.example.org"},
    "spec": {
        "group": "sea.example.org",
        "names": {"kind": "Yacht", "plural": "yachts"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {
                    "status": {},
                    "scale": {"specReplicasPath": ".spec.n", "statusReplicasPath": ".status.n"},
                },
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "required": ["name"],
                                "x-kubernetes-validations": [{"rule": "self.name != 'bad'", "message": "bad name"}],
                                "properties": {
                                    "name": {"type": "string", "maxLength": 5},
                                    "n": {"type": "integer", "default": 3, "minimum": 1},
                                    "c": {"type": "string", "enum": ["a", "b"]},
                                },
                            },
                            "status": {"type": "object", "properties": {"ok": {"type": "boolean"}}},
                        },
                    }
                },
            }
        ],
    },
}
CORE = f"/api/v1/namespaces/{NAMESPACE}"
APPS = f"/apis/apps/v1/namespaces/{NAMESPACE}"
SEA = f"/apis/sea.example.org/v1/namespaces/{NAMESPACE}"
MAPS = f"{CORE}/configmaps"
REQUESTS: tuple[tuple[Any, ...], ...] = (
    ("POST", MAPS, config_map()),
    ("POST", MAPS, config_map()),
    ("POST", MAPS, config_map("Bad_Name")),
    ("POST", MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}),
    ("POST", MAPS, config_map("x", namespace="other")),
    ("POST", MAPS, config_map("x", labels={"a b": "c"})),
    ("POST", MAPS, config_map("x", labels={"a": "c c"})),
    ("POST", MAPS, config_map("x", finalizers=["nodomain"])),
    ("POST", MAPS, config_map("x", ownerReferences=[{"kind": "X"}])),
    ("POST", "/api/v1/namespaces/nope/configmaps", config_map("x")),
    ("POST", MAPS, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "z"}}),
    ("POST", MAPS, {**config_map("u1"), "zzz": 1}),
    ("POST", f"{MAPS}?fieldValidation=Strict", {**config_map("u2"), "zzz": 1}),
    ("POST", MAPS, {**config_map("t"), "data": {"a": 1}}),
    ("POST", f"{MAPS}?dryRun=All", config_map("dry")),
    ("GET", f"{MAPS}/a"),
    ("GET", f"{MAPS}/none"),
    ("PUT", f"{MAPS}/a", config_map("b")),
    ("PUT", f"{MAPS}/none", config_map("none")),
    ("PUT", f"{MAPS}/a", config_map("a", resourceVersion="1")),
    ("PUT", f"{MAPS}/a", config_map("a", uid="abc")),
    ("PUT", f"{MAPS}/a", config_map("a", labels={"x": "y"})),
    ("PATCH", f"{MAPS}/a", {"data": {"b": "2"}}, MERGE),
    ("PATCH", f"{MAPS}/a", [{"op": "test", "path": "/data/b", "value": "3"}], PATCH),
    ("PATCH", f"{MAPS}/a", [{"op": "add", "path": "/data/c", "value": "3"}], PATCH),
    ("PATCH", f"{MAPS}/a", {"data": {"c": None}}, SMP),
    ("PATCH", f"{MAPS}/a", {"metadata": {"resourceVersion": "1"}}, MERGE),
    ("PATCH", f"{MAPS}/s?fieldManager=m1", config_map("s"), APPLY),
    ("PATCH", f"{MAPS}/s?fieldManager=m2", {**config_map("s"), "data": {"a": "2"}}, APPLY),
    ("PATCH", f"{MAPS}/s?fieldManager=m2&force=true", {**config_map("s"), "data": {"a": "2", "b": "x"}}, APPLY),
    ("POST", f"{APPS}/deployments", deployment()),
    ("POST", f"{APPS}/deployments", deployment("e", replicas="x")),
    ("POST", f"{APPS}/deployments", deployment("e", replicas=-1)),
    ("POST", f"{APPS}/deployments", deployment("e", selector={"matchLabels": {"a": "zz"}})),
    ("POST", f"{APPS}/deployments?fieldValidation=Strict", deployment("e", zzz=1)),
    ("PATCH", f"{APPS}/deployments/d", {"spec": {"replicas": 3}}, MERGE),
    ("PATCH", f"{APPS}/deployments/d/scale", {"spec": {"replicas": 4}}, MERGE),
    ("GET", f"{APPS}/deployments/d/scale"),
    ("PATCH", f"{APPS}/deployments/d", {"spec": {"selector": {"matchLabels": {"q": "r"}}}}, MERGE),
    ("POST", f"{SEA}/yachts", yacht("y", name="y")),
    ("POST", f"{SEA}/yachts", yacht("z", name="toolong")),
    ("POST", f"{SEA}/yachts", yacht("z", name="z", n=0)),
    ("POST", f"{SEA}/yachts", yacht("z", name="z", c="q")),
    ("POST", f"{SEA}/yachts", yacht("z", name="bad")),
    ("POST", f"{SEA}/yachts", yacht("z")),
    ("POST", f"{SEA}/yachts?fieldValidation=Strict", yacht("z", name="z", unknown=1)),
    ("PUT", f"{SEA}/yachts/y", yacht("y", name="y")),
    ("PUT", f"{SEA}/yachts/none", yacht("none", name="y")),
    ("PATCH", f"{SEA}/yachts/y", {"spec": {"n": 5}}, MERGE),
    ("PATCH", f"{SEA}/yachts/y", {"spec": {"n": 5}}, SMP),
    ("PATCH", f"{SEA}/yachts/y/status", {"status": {"ok": True}, "spec": {"n": 9}}, MERGE),
    ("GET", f"{SEA}/yachts/y/foo"),
    ("DELETE", f"{MAPS}/none"),
    ("DELETE", f"{MAPS}/a", {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": "x"}}),
    ("DELETE", f"{MAPS}/a"),
    ("POST", MAPS, config_map("f", finalizers=["a.b/c"])),
    ("DELETE", f"{MAPS}/f"),
    ("POST", MAPS, config_map("f")),
    ("PATCH", f"{MAPS}/f", {"metadata": {"finalizers": None}}, MERGE),
    ("DELETE", "/api/v1/namespaces/default"),
    ("POST", f"{CORE}/services", {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {}}),
    ("GET", "/apis/sea.example.org/v1"),
    ("GET", "/apis/zzz.example.org"),
    ("PUT", MAPS, config_map()),
    ("POST", f"{MAPS}/a", config_map()),
)


def test_same_requests_same_answers(sides: tuple[Side, Side]) -> None:
    """Bodies, codes, Status texts and warnings are equal, request by request."""
    prepare(sides)
    different = differences(sides, REQUESTS)
    assert not different, f"{len(different)} of {len(REQUESTS)} differ:\n" + "\n".join(different)


def test_same_refusals(sides: tuple[Side, Side]) -> None:
    """What is wrong with a request, both servers say in the same words."""
    prepare(sides)
    for side in sides:
        side.call("POST", MAPS, config_map("here"))
        side.call("POST", f"{SEA}/yachts", yacht("y", name="y"))
    requests = refused(MAPS, f"{SEA}/yachts")
    different = differences(sides, requests)
    assert not different, f"{len(different)} of {len(requests)} differ:\n" + "\n".join(different)


def prepare(sides: tuple[Side, Side]) -> None:
    """A namespace and a definition on both servers."""
    for side in sides:
        side.call(
            "POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        )
        side.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", DEFINITION)
    for _ in range(50):
        if sides[1].call("GET", f"{SEA}/yachts")["status"] == 200:
            break
        time.sleep(0.2)


def differences(sides: tuple[Side, Side], requests: Iterable[tuple[Any, ...]]) -> list[str]:
    """The requests that the two servers answer otherwise, with both answers."""
    ours, theirs = sides
    different = []
    for method, path, *rest in requests:
        mine, real = ours.call(method, path, *rest), theirs.call(method, path, *rest)
        if mine != real:
            different.append(
                f"{method} {path} {json.dumps(rest)[:200]}\n  ours  {json.dumps(mine)}\n  theirs {json.dumps(real)}"
            )
    return different


DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def test_broken_definitions_are_refused(sides: tuple[Side, Side]) -> None:
    """Both servers say the same of definitions that are wrong somewhere; Go visits fields in any order."""
    ours, theirs = sides
    different = []
    for name, broken in BROKEN.items():
        mine, real = (said(side.call("POST", f"{DEFINITIONS}?dryRun=All", broken)) for side in (ours, theirs))
        if mine != real:
            different.append(f"{name}\n  ours   {json.dumps(mine)}\n  theirs {json.dumps(real)}")
        elif real[0] != 422:
            different.append(f"{name}: taken by both")
    assert not different, f"{len(different)} of {len(BROKEN)} differ:\n" + "\n".join(different)


def said(answer: Json) -> tuple[int, list[str]]:
    """The code of an answer and what it says is wrong, each thing once, in the order of the alphabet."""
    causes = answer["body"]["details"].get("causes") or [] if answer["status"] >= 400 else []
    return answer["status"], sorted({f"{each['field']}: {each['reason']}: {each['message']}" for each in causes})
