"""The ASGI face: routes, discovery, tables, protobuf bodies, identities; no socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from fairlead.api.errors import ApiError
from fairlead.server import jsonpath, protobuf, routes
from fairlead.server.identity import User
from fairlead.server.local import LocalClient
from fairlead.server.server import ApiServer

from .conftest import Scenario, boat, config_map

Run = Callable[[Scenario], None]
ADMIN = ("admin", ("system:masters",))
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


async def call(
    server: ApiServer,
    method: str,
    path: str,
    body: Any = None,
    *,
    peer: tuple[str, tuple[str, ...]] | None = ADMIN,
    **headers: str,
) -> tuple[int, Any]:
    """One request through the ASGI application."""
    raw = body if isinstance(body, bytes) else (b"" if body is None else json.dumps(body).encode())
    sent: list[Any] = []
    path, _, query = path.partition("?")

    async def receive() -> Any:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    named = {"content-type": "application/json", **{key.replace("_", "-"): value for key, value in headers.items()}}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(key.encode(), value.encode()) for key, value in named.items()],
        "state": {"peer": peer},
    }
    await server.asgi(scope, receive, send)
    text = b"".join(each.get("body", b"") for each in sent)
    try:
        return sent[0]["status"], json.loads(text)
    except ValueError:
        return sent[0]["status"], text.decode()


def test_create_get_and_table(scene: Run) -> None:
    """201 with the object; a Table when the client asks for one, with the kind's own columns."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        path = "/apis/sea.example.com/v2/namespaces/default/boats"
        assert (await call(server, "POST", path, boat()))[0] == 201
        code, table = await call(server, "GET", path, accept=TABLE)
        assert code == 200
        assert [each["name"] for each in table["columnDefinitions"]] == ["Name", "Length"]
        assert table["rows"][0]["cells"] == ["b", 10]
        code, found = await call(server, "GET", "/api/v1/namespaces/default")
        assert (code, found["kind"]) == (200, "Namespace")

    scene(scenario)


def test_strict_validation_names_the_field(scene: Run) -> None:
    """fieldValidation=Strict refuses, Warn answers with a warning."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        path = "/apis/sea.example.com/v2/namespaces/default/boats?fieldValidation=Strict"
        code, status = await call(server, "POST", path, boat(colour="red"))
        assert code == 400
        assert status["message"] == (
            'Boat in version "v2" cannot be handled as a Boat: strict decoding error: unknown field "spec.colour"'
        )

    scene(scenario)


def test_identities(scene: Run) -> None:
    """Certificates, tokens, impersonation and nobody at all; RBAC decides for all but masters."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        pods = "/api/v1/namespaces/default/pods"
        code, status = await call(server, "GET", pods, peer=("bob", ()))
        assert code == 403
        assert status["message"] == (
            'pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "default"'
        )
        assert (await call(server, "GET", pods, peer=None))[0] == 403
        assert (await call(server, "GET", "/healthz", peer=None)) == (200, "ok")
        assert (await call(server, "GET", pods, peer=None, authorization="Bearer nope"))[0] == 401
        server.authenticator.add_token("known", User("robot", ("system:masters",)))
        assert (await call(server, "GET", pods, peer=None, authorization="Bearer known"))[0] == 200
        assert (await call(server, "GET", pods, impersonate_user="bob"))[0] == 403
        for kind, spec in (
            ("Role", {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]}),
            ("RoleBinding", {"roleRef": {"kind": "Role", "name": "r"}, "subjects": [{"kind": "User", "name": "bob"}]}),
        ):
            meta = {"name": "r", "namespace": "default"}
            await client.create({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": meta, **spec})
        assert (await call(server, "GET", pods, peer=("bob", ())))[0] == 200

    scene(scenario)


def test_continue_pages_through_a_list(scene: Run) -> None:
    """limit and continue give every object once."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        for name in "abcde":
            await client.create(config_map(name))
        path, seen, token = "/api/v1/namespaces/default/configmaps?limit=2", [], ""
        while True:
            _, page = await call(server, "GET", path + (f"&continue={token}" if token else ""))
            seen.extend(each["metadata"]["name"] for each in page["items"])
            token = page["metadata"].get("continue", "")
            if not token:
                break
        assert seen == list("abcde")

    scene(scenario)


def test_pages_are_of_one_state(scene: Run) -> None:
    """Later pages show the state of the first one, whatever was written in between; so does a list of a revision."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        for name in "abcde":
            await client.create(config_map(name))
        path = "/api/v1/namespaces/default/configmaps"
        _, first = await call(server, "GET", f"{path}?limit=2")
        revision = first["metadata"]["resourceVersion"]
        assert first["metadata"]["remainingItemCount"] == 3
        await call(server, "DELETE", f"{path}/d")
        await client.create(config_map("ca"))
        await call(server, "PATCH", f"{path}/e", {"data": {"k": "new"}}, content_type="application/merge-patch+json")
        _, rest = await call(server, "GET", f"{path}?continue={first['metadata']['continue']}")
        assert [each["metadata"]["name"] for each in rest["items"]] == list("cde")
        assert rest["metadata"] == {"resourceVersion": revision}
        assert "new" not in json.dumps(rest)
        exact = f"{path}?resourceVersion={revision}&resourceVersionMatch=Exact"
        _, then = await call(server, "GET", exact)
        assert [each["metadata"]["name"] for each in then["items"]] == list("abcde")
        _, now = await call(server, "GET", f"{path}?resourceVersion={revision}")
        assert [each["metadata"]["name"] for each in now["items"]] == ["a", "b", "c", "ca", "e"]

    scene(scenario)


def test_pages_of_a_forgotten_state(scene: Run) -> None:
    """When the history is gone, a later page is refused with a token that goes on with the present state."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        for name in "abcd":
            await client.create(config_map(name))
        path = "/api/v1/namespaces/default/configmaps"
        _, first = await call(server, "GET", f"{path}?limit=2")
        await call(server, "DELETE", f"{path}/c")
        server.store._floor = server.store.revision
        code, status = await call(server, "GET", f"{path}?continue={first['metadata']['continue']}")
        assert (code, status["reason"]) == (410, "Expired")
        assert status["message"].startswith("The provided continue parameter is too old to display a consistent list")
        _, rest = await call(server, "GET", f"{path}?continue={status['metadata']['continue']}")
        assert [each["metadata"]["name"] for each in rest["items"]] == ["d"]
        revision = first["metadata"]["resourceVersion"]
        code, status = await call(server, "GET", f"{path}?limit=9&resourceVersion={revision}")
        assert (code, status["message"]) == (410, "The resourceVersion for the provided list is too old.")

    scene(scenario)


def test_selected_lists_do_not_count_the_rest(scene: Run) -> None:
    """remainingItemCount is told of whole lists only; revision 0 is answered all at once."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        for name in "abc":
            obj = config_map(name)
            await client.create({**obj, "metadata": {**obj["metadata"], "labels": {"x": "y"}}})
        path = "/api/v1/namespaces/default/configmaps?limit=2"
        _, page = await call(server, "GET", f"{path}&labelSelector=x%3Dy")
        assert (len(page["items"]), "remainingItemCount" in page["metadata"]) == (2, False)
        assert len((await call(server, "GET", f"{path}&resourceVersion=0"))[1]["items"]) == 3

    scene(scenario)


def test_openapi_refers_to_what_it_holds(scene: Run) -> None:
    """Every reference of an OpenAPI document leads to a schema in it."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        for path in ("apis/apps/v1", "apis/sea.example.com/v2", "apis/apiextensions.k8s.io/v1"):
            code, document = await call(server, "GET", f"/openapi/v3/{path}")
            assert code == 200
            schemas = document["components"]["schemas"]
            for part in json.dumps(document).split('"#/components/schemas/')[1:]:
                assert part.partition('"')[0] in schemas

    scene(scenario)


def test_protobuf_bodies() -> None:
    """A ConfigMap in its protobuf envelope reads as the same object; rubbish is refused."""

    def field(number: int, data: bytes) -> bytes:
        return bytes([number << 3 | 2, len(data)]) + data

    meta = field(1, b"settings") + field(3, b"default")
    entry = field(1, b"key") + field(2, b"value")
    raw = field(1, meta) + field(2, entry)
    body = b"k8s\x00" + field(1, field(1, b"v1") + field(2, b"ConfigMap")) + field(2, raw)
    assert protobuf.decode(body) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "default"},
        "data": {"key": "value"},
    }
    for wrong in (b"", b"k8s\x00\x0a\xff", body[:-3]):
        with pytest.raises(ApiError):
            protobuf.decode(wrong)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".spec.name", "a"),
        ('.status.conditions[?(@.type=="Ready")].status', "True"),
        (".spec.list[1]", 2),
        (".spec.list[*]", 1),
        (r".metadata.labels.example\.com/x", "y"),
        (".metadata.labels['example.com/x']", "y"),
        (".spec.none.deeper", None),
    ],
)
def test_json_paths(path: str, expected: object) -> None:
    """The paths that printer columns use."""
    value = {
        "metadata": {"labels": {"example.com/x": "y"}},
        "spec": {"name": "a", "list": [1, 2]},
        "status": {"conditions": [{"type": "Other", "status": "False"}, {"type": "Ready", "status": "True"}]},
    }
    assert jsonpath.first(path, value) == expected


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/api/v1/pods", ("list", "", "pods", "", "")),
        ("GET", "/api/v1/namespaces/x", ("get", "x", "namespaces", "x", "")),
        ("PUT", "/api/v1/namespaces/x/finalize", ("update", "x", "namespaces", "x", "finalize")),
        ("PATCH", "/apis/apps/v1/namespaces/x/deployments/d/scale", ("patch", "x", "deployments", "d", "scale")),
        ("DELETE", "/api/v1/namespaces/x/pods", ("deletecollection", "x", "pods", "", "")),
    ],
)
def test_routes(method: str, path: str, expected: tuple[str, ...]) -> None:
    """What a method and a path ask for."""
    route = routes.parse(method, path, "")
    assert (route.verb, route.namespace, route.resource, route.name, route.subresource) == expected
