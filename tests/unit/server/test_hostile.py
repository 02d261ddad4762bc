"""Requests that nobody in their right mind sends: each gets a kube-apiserver's answer, and harms nobody."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import Any

import pytest

from fairlead.base.objects import Key
from fairlead.engines.merge.patches import PatchError, json_patch
from fairlead.runtime.virtual import run_virtual
from fairlead.server import store as store_module
from fairlead.server import watching
from fairlead.server.asgi import BODY_LIMIT_SECONDS, SEND_LIMIT_SECONDS
from fairlead.server.bounded import HEAD_LIMIT_BYTES, HEAD_LIMIT_SECONDS, URL_LIMIT_BYTES
from fairlead.server.listener import Listener, _Plain
from fairlead.server.local import LocalClient
from fairlead.server.server import ApiServer

from .conftest import CONFIG_MAP, Scenario
from .test_http import call

Run = Callable[[Scenario], None]
MAPS = "/api/v1/namespaces/default/configmaps"
MERGE, JSON_PATCH = "application/merge-patch+json", "application/json-patch+json"
HEAD = {"apiVersion": "v1", "kind": "ConfigMap"}


def config_map(name: str = "a", **more: Any) -> dict[str, Any]:
    return {**HEAD, "metadata": {"name": name}, **more}


def b64(count: int) -> str:
    return base64.b64encode(b"x" * count).decode()


DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def with_rule(rule: str) -> Any:
    """A definition with a rule for its objects."""
    spec_schema = {"type": "object"}
    rules = [{"rule": rule}]
    schema = {"type": "object", "properties": {"spec": spec_schema}, "x-kubernetes-validations": rules}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "ships", "kind": "Ship"}
    spec = {"group": "sea.io", "scope": "Namespaced", "names": names, "versions": [version]}
    return {"metadata": {"name": "ships.sea.io"}, "spec": spec}


OWNER = {"apiVersion": "v1", "kind": "X", "name": "n", "uid": "u", "controller": True}
EVENT = {"apiVersion": "v1", "kind": "Event", "name": "n", "uid": "u"}


def named(name: str, kind: str = "", **more: Any) -> Any:
    """An object with nothing but its metadata."""
    return {**({"kind": kind} if kind else {}), "metadata": {"name": name, **more}}


TOKEN = base64.urlsafe_b64encode(b'{"v":"meta.k8s.io/v1","rv":1,"start":"default/a\\u0000"}').decode()

REFUSED = [
    pytest.param("POST", MAPS, {**HEAD, "metadata": []}, 400, "cannot unmarshal array into Go struct field", id="list"),
    pytest.param("POST", MAPS, {"kind": 5}, 400, "couldn't get version/kind; json parse error", id="kind"),
    pytest.param("POST", MAPS, {**HEAD, "metadata": {"uid": 5}}, 400, "of type types.UID", id="uid"),
    pytest.param("POST", MAPS, b"[" * 10_000 + b"]" * 10_000, 400, "unrecognized", id="deep"),
    pytest.param("POST", MAPS, b"\xff\xfe", 400, "unrecognized", id="no-utf8"),
    pytest.param("POST", MAPS, config_map(data={"a/b": ""}), 422, "data[a/b]: Invalid value", id="key"),
    pytest.param(
        "POST",
        MAPS,
        config_map(data={"a": "x" * ((1 << 20) + 1)}),
        422,
        "[]: Too long: may not be more than 1048576 bytes",
        id="large-config-map",
    ),
    pytest.param(
        "POST",
        "/api/v1/namespaces/default/secrets",
        {"metadata": {"name": "a"}, "data": {"a": b64((1 << 20) + 1)}},
        422,
        "data: Too long: may not be more than 1048576 bytes",
        id="large-secret",
    ),
    pytest.param("POST", MAPS, named("a.b", "Namespace"), 400, "unknown conversion", id="namespace"),
    pytest.param("POST", "/api/v1/namespaces", named("a.b"), 422, "must not contain dots", id="dots"),
    pytest.param("POST", "/api/v1/namespaces", named("a" * 64), 422, "no more than 63 characters", id="long-name"),
    pytest.param("POST", MAPS, named("a", labels={"a/b/c": ""}), 422, "a valid label key must consist", id="slashes"),
    pytest.param("POST", MAPS, named("a", labels={f"{'a' * 254}/b": ""}), 422, "than 253 bytes", id="long-prefix"),
    pytest.param("POST", MAPS, named("a", ownerReferences=[EVENT]), 422, "disallowed from being an owner", id="event"),
    pytest.param("POST", MAPS, named("a", ownerReferences=[OWNER, OWNER]), 422, "for X/n and X/n", id="controllers"),
    pytest.param(
        "POST",
        MAPS,
        named("a", finalizers=["orphan", "foregroundDeletion"]),
        422,
        "cannot be both set",
        id="finalizers",
    ),
    pytest.param(
        "POST", f"{MAPS}?dryRun=All&dryRun=x", named("b"), 422, '["All","x"]: supported values: "All"', id="dry"
    ),
    pytest.param(
        "DELETE", f"{MAPS}/a", {"dryRun": ["x"]}, 422, 'DeleteOptions.meta.k8s.io "" is invalid', id="dry-delete"
    ),
    pytest.param(
        "DELETE",
        f"{MAPS}/a",
        {"propagationPolicy": "Orphan", "orphanDependents": True},
        422,
        "orphanDependents and deletionPropagation cannot be both set",
        id="both-policies",
    ),
    pytest.param(
        "PUT", f"{MAPS}/a?fieldValidation=x", named("a"), 422, 'values: "", "Ignore", "Strict", "Warn"', id="validation"
    ),
    pytest.param("PUT", f"{MAPS}/a", named("a", resourceVersion="x"), 500, "ParseUint", id="revision-of-object"),
    pytest.param(
        "PUT",
        f"{MAPS}/a",
        named("a", deletionTimestamp="2020-01-01T00:00:00Z"),
        422,
        "is immutable",
        id="deletion-time",
    ),
    pytest.param("PATCH", f"{MAPS}/a", {"metadata": {"name": None}}, 400, "was undeterminable", id="no-name-left"),
    pytest.param("POST", DEFINITIONS, with_rule("self.b == 1"), 422, "undefined field 'b'", id="definition"),
    pytest.param("POST", DEFINITIONS, with_rule("self."), 422, "compilation failed: ERROR: <input>", id="rule"),
    pytest.param("PATCH", f"{MAPS}/a", {"metadata": "x"}, 422, "patch: Invalid value", id="patched-head"),
    pytest.param("PATCH", f"{MAPS}/a", {"metadata": None}, 400, "was undeterminable", id="patched-away"),
    pytest.param("PATCH", f"{MAPS}/a?fieldManager={'m' * 129}", {}, 422, "fieldManager: Too long", id="manager"),
    pytest.param("PATCH", f"{MAPS}/a?fieldManager=%01", {}, 422, "invalid character U+0001", id="unreadable-manager"),
    pytest.param("DELETE", f"{MAPS}/a", {"gracePeriodSeconds": "x"}, 400, "of type int64", id="grace"),
    pytest.param("DELETE", f"{MAPS}/a", {"preconditions": [1]}, 400, "v1.Preconditions", id="preconditions"),
    pytest.param("DELETE", f"{MAPS}/a?gracePeriodSeconds=x", None, 400, "ParseInt", id="grace-in-the-query"),
    pytest.param("GET", f"{MAPS}?limit={'9' * 30}", None, 400, "value out of range", id="limit"),
    pytest.param("GET", f"{MAPS}?resourceVersion=-1", None, 400, "invalid resource version", id="revision"),
    pytest.param("GET", f"{MAPS}?resourceVersion=9999", None, 504, "Too large resource version", id="future"),
    pytest.param("GET", f"{MAPS}?limit=", None, 400, 'ParseInt: parsing "": invalid syntax', id="no-limit"),
    pytest.param("GET", f"{MAPS}?continue=abc", None, 400, "continue key is not valid: invalid char", id="token"),
    pytest.param(
        "GET", f"{MAPS}?continue=e30", None, 400, "does not recognize this encoded version", id="token-of-none"
    ),
    pytest.param("GET", f"{MAPS}?continue=a", None, 400, "invalid continue token", id="token-cut"),
    pytest.param(
        "GET", f"{MAPS}?continue={TOKEN}&resourceVersion=1", None, 400, "when using continue", id="token-and-revision"
    ),
    pytest.param("GET", f"{MAPS}?resourceVersionMatch=Exact", None, 422, "unless resourceVersion is", id="match"),
    pytest.param(
        "GET",
        f"{MAPS}?resourceVersion=0&resourceVersionMatch=Exact",
        None,
        422,
        'forbidden for resourceVersion "0"',
        id="0",
    ),
    pytest.param("GET", f"{MAPS}?sendInitialEvents=true", None, 422, "forbidden for list", id="initial-events-of-list"),
    pytest.param(
        "GET",
        f"{MAPS}?watch=1&resourceVersionMatch=NotOlderThan",
        None,
        422,
        "unless sendInitialEvents",
        id="watch-match",
    ),
    pytest.param(
        "GET",
        f"{MAPS}?watch=1&sendInitialEvents=true",
        None,
        422,
        "requires setting resourceVersionMatch",
        id="initial",
    ),
    pytest.param("GET", f"{MAPS}?watch=1&resourceVersion=x", None, 500, "ParseUint", id="watch-revision"),
    pytest.param("GET", f"{MAPS}?watch=1&timeoutSeconds=x", None, 400, "ParseInt", id="timeout"),
    pytest.param("TRACE", MAPS, None, 405, "does not allow this method", id="trace-objects"),
    pytest.param("DELETE", "/api/v1/configmaps", None, 405, "does not allow this method", id="delete-everywhere"),
    pytest.param("GET", "/api/v2/pods", None, 404, "could not find the requested resource", id="version"),
    pytest.param("GET", f"{MAPS}/a/log", None, 404, "could not find the requested resource", id="subresource"),
    pytest.param("TRACE", "/version", None, 405, "does not allow this method", id="trace"),
    pytest.param(
        "POST",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        {"spec": 5},
        400,
        "cannot unmarshal number into Go struct field SelfSubjectAccessReview.spec",
        id="review",
    ),
]


@pytest.mark.parametrize("path", ["/api", "/api/v1", "/version", MAPS, f"{MAPS}/a", f"{MAPS}?watch=1", f"{MAPS}/none"])
def test_heads_are_refused(scene: Run, path: str) -> None:
    """HEAD is no method of the API; health answers it."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        await call(server, "POST", MAPS, config_map())
        await call(server, "GET", "/api")
        assert await call(server, "HEAD", path) == (405, "")
        assert await call(server, "HEAD", "/healthz") == (200, "")

    scene(scenario)


@pytest.mark.parametrize(("method", "path", "body", "code", "words"), REFUSED)
def test_refused(scene: Run, method: str, path: str, body: Any, code: int, words: str) -> None:
    """The code of a real API server, and words that say what is wrong; never an internal error."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        assert (await call(server, "POST", MAPS, config_map()))[0] == 201
        await call(server, "GET", "/version")  # kept documents answer no other method either
        kind = MERGE if method == "PATCH" else "application/json"
        found, status = await call(server, method, path, body, content_type=kind)
        text = status if isinstance(status, str) else status["message"]
        assert (found, words in text) == (code, True), text

    scene(scenario)


def test_other_media_types(scene: Run) -> None:
    """What is neither JSON nor YAML nor protobuf is not read, whatever it looks like."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        for kind in ("application/xml", "application/x-www-form-urlencoded", "application/cbor"):
            code, status = await call(server, "POST", MAPS, config_map(), content_type=kind)
            assert (code, status["reason"]) == (415, "UnsupportedMediaType")

    scene(scenario)


def test_objects_that_etcd_would_not_take(scene: Run) -> None:
    """An object over 1.5 MiB is refused in etcd's words; what was there stays, and so does the revision."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        spec = {"name": "x" * 1_400_000}
        boat = {"apiVersion": "sea.example.com/v2", "kind": "Boat", "metadata": {"name": "b"}, "spec": spec}
        path = "/apis/sea.example.com/v2/namespaces/default/boats"
        assert (await call(server, "POST", path, boat))[0] == 201
        before = server.store.revision
        patch = {"metadata": {"annotations": {"a": "x" * 250_000}}}
        code, status = await call(server, "PATCH", f"{path}/b", patch, content_type=MERGE)
        assert (code, status["message"]) == (500, "etcdserver: request is too large")
        assert server.store.revision == before
        assert "annotations" not in (await call(server, "GET", f"{path}/b"))[1]["metadata"]

    scene(scenario)


def test_escapes_do_not_count(scene: Run) -> None:
    """A full ConfigMap whose text is all quotes is twice as long in JSON, and is taken all the same."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        assert (await call(server, "POST", MAPS, config_map(data={"a": '"' * (1 << 20)})))[0] == 201

    scene(scenario)


def test_copies_within_copies() -> None:
    """Forty operations that each double a document are refused before they have filled the memory."""
    copies = [{"op": "copy", "from": "/a", "path": f"/a/{number}"} for number in range(40)]
    with pytest.raises(PatchError, match="accumulated size increase of copy") as refused:
        json_patch({"a": {"b": "text"}}, copies)
    assert refused.value.code == 422
    assert json_patch({"a": {"b": 1}}, copies[:2])["a"]["1"] == {"b": 1, "0": {"b": 1}}


def test_history_is_bounded_in_bytes(scene: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large object that changes all the time does not fill the memory with its past."""
    monkeypatch.setattr(store_module, "HISTORY_LIMIT_BYTES", 100_000)

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        await call(server, "POST", MAPS, config_map(data={"a": "x" * 20_000}))
        for number in range(50):
            await client.patch(CONFIG_MAP, "a", "default", {"data": {"n": str(number)}})
        kept = server.store.since("configmaps", "", server.store.revision - 3)
        assert [change.record.key for change in kept] == [Key("default", "a")] * 3
        with pytest.raises(store_module.Expired):
            server.store.since("configmaps", "", server.store.revision - 10)

    scene(scenario)


def test_body_that_never_comes(scene: Run) -> None:
    """Who does not send what was announced is told so after a minute, and hung up on."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        sent: list[Any] = []

        async def receive() -> Any:
            await asyncio.sleep(7)
            return {"type": "http.request", "body": b" ", "more_body": True}

        async def send(message: Any) -> None:
            sent.append(message)

        peer = ("admin", ("system:masters",))
        scope = {"type": "http", "method": "POST", "path": MAPS, "headers": [], "state": {"peer": peer}}
        began = server.objects.clock.monotonic()
        await server.asgi(scope, receive, send)
        assert sent[0]["status"] == 408
        assert (b"connection", b"close") in sent[0]["headers"]
        assert server.objects.clock.monotonic() - began == pytest.approx(BODY_LIMIT_SECONDS)

    scene(scenario)


def test_watcher_that_reads_nothing(scene: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A watch is sent in small pieces, holds a bounded part of the past, and ends when nobody takes it."""
    monkeypatch.setattr(watching, "QUEUE_LIMIT_BYTES", 400_000)

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        pieces: list[bytes] = []
        reading = asyncio.Event()
        reading.set()

        async def receive() -> Any:
            await asyncio.Event().wait()

        async def send(message: Any) -> None:
            await reading.wait()
            pieces.append(message.get("body", b""))

        peer = {"peer": ("admin", ("system:masters",))}
        scope = {
            "type": "http",
            "method": "GET",
            "path": MAPS,
            "query_string": b"watch=1",
            "headers": [],
            "state": peer,
        }

        def watch() -> asyncio.Task[None]:
            return asyncio.ensure_future(server.asgi(scope, receive, send))

        await call(server, "POST", MAPS, config_map(data={"a": "x" * 200_000}))
        first = watch()
        await asyncio.sleep(1)
        assert len(b"".join(pieces)) > 200_000
        assert max(map(len, pieces)) <= 64 << 10
        reading.clear()
        stream = next(iter(server._streams))
        for number in range(8):
            await client.patch(CONFIG_MAP, "a", "default", {"data": {"n": str(number)}})
            await asyncio.sleep(0.1)
        assert stream.idle  # what was queued is let go of, and the watcher is told to begin anew
        assert not first.done()
        await asyncio.sleep(SEND_LIMIT_SECONDS)
        assert first.done()
        assert stream not in server._streams

    scene(scenario)


# Heads of requests, on a connection without a socket.


class Wire(asyncio.Transport):
    """Remembers what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def abort(self) -> None:
        self.closed = True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def greet(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


def answered(*parts: bytes, wait: float = 0) -> Wire:
    """What comes back when *parts* arrive one after the other."""

    async def main() -> Wire:
        listener = Listener()
        protocol = _Plain(
            config=listener._config, server_state=listener._state, app_state={}, _loop=asyncio.get_running_loop()
        )
        protocol.app = greet
        wire = Wire()
        protocol.connection_made(wire)
        for part in parts:
            protocol.data_received(part)
            await asyncio.sleep(0)
        await asyncio.sleep(wait)
        protocol.connection_lost(ConnectionResetError())
        return wire

    return run_virtual(main())


GET = b"GET / HTTP/1.1\r\nHost: a\r\n"


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        pytest.param([GET, b"\r\n"], b"200 OK", id="fine"),
        pytest.param([GET + b"X: " + b"a" * (HEAD_LIMIT_BYTES - 100) + b"\r\n\r\n"], b"200 OK", id="just-fits"),
        pytest.param([GET + b"X: " + b"a" * HEAD_LIMIT_BYTES + b"\r\n\r\n"], b"431 ", id="one-large-header"),
        pytest.param([GET, *[b"X: " + b"a" * 100_000] * 12], b"431 ", id="header-without-end"),
        pytest.param([GET, *[b"X: a\r\n" * 10_000] * 30], b"431 ", id="headers-without-end"),
        pytest.param([b"GET /" + b"a" * URL_LIMIT_BYTES + b" HTTP/1.1\r\n"], b"414 ", id="long-url"),
        pytest.param([b"GET / HTTP/1.1\r\n\r\n"], b"400 ", id="no-host"),
        pytest.param([GET + b"Host: b\r\n\r\n"], b"400 ", id="two-hosts"),
        pytest.param([GET + b"\r\n", GET + b"X: " + b"a" * HEAD_LIMIT_BYTES + b"\r\n\r\n"], b"431 ", id="second"),
        pytest.param([b"nonsense\r\n\r\n"], b"400 ", id="nonsense"),
        pytest.param([b"FOO / HTTP/1.1\r\nHost: a\r\n\r\n"], b"405 ", id="unknown-method"),
    ],
)
def test_heads(parts: list[bytes], status: bytes) -> None:
    """The head of a request is bounded, whole or in parts, first or later on a connection."""
    wire = answered(*parts, wait=1)
    assert wire.written.split(b"HTTP/1.1 ")[-1].startswith(status), wire.written[:200]
    assert wire.closed or status == b"200 OK"


@pytest.mark.parametrize(
    ("parts", "closed"),
    [
        pytest.param([], True, id="nothing"),
        pytest.param([GET], True, id="half-a-head"),
        pytest.param([GET + b"\r\n"], False, id="idle-between-requests"),
        pytest.param([GET + b"\r\n", b"GET"], True, id="half-a-second-head"),
    ],
)
def test_slow_heads(parts: list[bytes], closed: bool) -> None:
    """Who does not finish a head is hung up on; who waits between two requests is not, for a while."""
    assert answered(*parts, wait=HEAD_LIMIT_SECONDS + 1).closed is closed


def test_what_is_done_to_pods_is_checked(scene: Run) -> None:
    """Evictions and bindings name their pod and node; a pod's spec stays as it is, but for its node, once."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        pods = "/api/v1/namespaces/default/pods"
        spec = {"containers": [{"name": "c", "image": "i"}]}
        assert (await call(server, "POST", pods, {"metadata": {"name": "p"}, "spec": spec}))[0] == 201
        for path, body, code, words in (
            ("eviction", {"metadata": {"name": "q"}}, 400, "does not match name in Eviction"),
            ("eviction", {"kind": "Pod", "metadata": {"name": "p"}}, 400, "cannot be handled as a Eviction"),
            ("binding", {"metadata": {"name": "p"}, "target": {}}, 500, "target.name: Required value"),
        ):
            found, status = await call(server, "POST", f"{pods}/p/{path}", body)
            assert (found, words in status["message"]) == (code, True), status
        patch = {"spec": {"containers": [{"name": "c", "image": "i", "env": [{"name": "a", "value": "b"}]}]}}
        code, status = await call(server, "PATCH", f"{pods}/p", patch, content_type=MERGE)
        assert (code, "pod updates may not change fields other than" in status["message"]) == (422, True)
        bound = {"metadata": {"name": "p"}, "target": {"name": "n"}}
        assert (await call(server, "POST", f"{pods}/p/binding", bound))[0] == 201
        assert (await call(server, "GET", f"{pods}/p"))[1]["spec"]["nodeName"] == "n"

    scene(scenario)
