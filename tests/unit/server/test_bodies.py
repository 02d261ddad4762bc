"""Bodies that cannot be read, or say a thing twice: Go's words for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.server.handlers import LARGE_BYTES
from fairlead.server.local import LocalClient
from fairlead.server.scanning import repeated_fields, syntax_error
from fairlead.server.server import ApiServer

from .conftest import Scenario
from .test_http import call

Run = Callable[[Scenario], None]
MAPS = "/api/v1/namespaces/default/configmaps"
BOATS = "/apis/sea.example.com/v2/namespaces/default/boats"
MERGE, SMP, PATCH = (f"application/{kind}-patch+json" for kind in ("merge", "strategic-merge", "json"))
APPLY = "application/apply-patch+yaml"

BROKEN = [
    ("", "unexpected end of JSON input"),
    ("{", "unexpected end of JSON input"),
    ('{"a":"x', "unexpected end of JSON input"),
    ('{"a":}', "invalid character '}' looking for beginning of value"),
    ('{"a":1,}', "invalid character '}' looking for beginning of object key string"),
    ("{,}", "invalid character ',' looking for beginning of object key string"),
    ('{"a" 1}', "invalid character '1' after object key"),
    ('{"a":01}', "invalid character '1' after object key:value pair"),
    ('{"a":[1,2}', "invalid character '}' after array element"),
    ("[1,]", "invalid character ']' looking for beginning of value"),
    ("{}x", "invalid character 'x' after top-level value"),
    ('{"a":"\x01"}', "invalid character '\\x01' in string literal"),
    ('{"a":"\n"}', "invalid character '\\n' in string literal"),
    ('{"a":"\\x"}', "invalid character 'x' in string escape code"),
    ('{"a":"\\u12"}', "invalid character '\"' in \\u hexadecimal character escape"),
    ("{'a':1}", "invalid character '\\'' looking for beginning of object key string"),
    ("tru", "invalid character ' ' in literal true (expecting 'e')"),
    ("nil", "invalid character 'i' in literal null (expecting 'u')"),
    ("-", "invalid character ' ' in numeric literal"),
    ("-x", "invalid character 'x' in numeric literal"),
    ("1.}", "invalid character '}' after decimal point in numeric literal"),
    ("1e+", "invalid character ' ' in exponent of numeric literal"),
    ("\ufeff{}", "invalid character 'ï' looking for beginning of value"),
    ('{"a":"\\ud800"}', ""),
    (' {"a": [1, -2.5e+3, "\\u00e4", true, null, {}, []]} ', ""),
]


@pytest.mark.parametrize(("body", "text"), BROKEN)
def test_what_is_no_json(body: str, text: str) -> None:
    """The scanner stops where Go's does, with its words."""
    assert syntax_error(body.encode()) == text


@given(
    st.recursive(
        st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    )
)
def test_json_is_taken(value: Any) -> None:
    """What is JSON has no syntax error and, of a dict, no repeated field."""
    body = json.dumps(value).encode()
    assert syntax_error(body) == ""
    assert repeated_fields(body, value) is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), min_size=1))
def test_repeated_fields_are_those_written_twice(pairs: list[tuple[str, int]]) -> None:
    """A key is told of once however often it comes, in the order of its repetition."""
    body = ("{" + ", ".join(f'"{key}" : {number}' for key, number in pairs) + "}").encode()
    found = repeated_fields(body, json.loads(body))
    keys = [key for key, _ in pairs]
    twice = [key for place, key in enumerate(keys) if key in keys[:place]]
    assert list(found.repeated if found else {}) == list(dict.fromkeys(twice))


def test_texts_that_look_like_keys() -> None:
    """JSON inside a text does not count, however its quotes are written; a repetition beside it does."""
    for inner in (b'\\"a\\":1', b"\\u0022a\\u0022:1"):
        plain = b'{"data":{"j":"{' + inner + b'}"}}'
        assert repeated_fields(plain, json.loads(plain)) is None
        twice = plain[:-1] + b',"data":{}}'
        found = repeated_fields(twice, json.loads(twice))
        assert found is not None
        assert list(found.repeated) == ["data"]


REFUSED = [
    pytest.param("POST", MAPS, b"{", "", 400, "json parse error: unexpected end of JSON input ({)", id="cut"),
    pytest.param("POST", MAPS, b"", "", 400, "unexpected end of JSON input (<empty>)", id="empty"),
    pytest.param("POST", MAPS, b"[]", "", 400, 'Kind string "json:\\"kind,omitempty\\"" } (5b5d)', id="list"),
    pytest.param("POST", MAPS, b"null", "", 422, "name or generateName is required", id="null"),
    pytest.param("POST", BOATS, b"null", "", 400, "Object 'Kind' is missing in 'null' (6e756c6c)", id="no-kind"),
    pytest.param("POST", MAPS, b'{"apiVersion":"a/b/c"}', "", 400, "unexpected GroupVersion string: a/b/c", id="three"),
    pytest.param(
        "POST", MAPS, b'{"kind":"Nope"}', "", 400, 'no kind "Nope" is registered for version "v1"', id="unknown-kind"
    ),
    pytest.param(
        "POST", MAPS, b'{"kind":"Secret"}', "", 400, "(v1.Secret) to (core.ConfigMap): unknown", id="other-kind"
    ),
    pytest.param(
        "POST",
        BOATS,
        b'{"apiVersion":"sea.example.com/v2","kind":"Ship","metadata":{"name":"x"}}',
        "",
        422,
        'kind: Invalid value: "Ship": must be Boat',
        id="custom-kind",
    ),
    pytest.param("POST", BOATS, b'{"kind":"Boat"}', "", 400, "the API version in the data () does not", id="version"),
    pytest.param(
        "POST",
        BOATS,
        b'{"apiVersion":"sea.example.com/v2","kind":"Boat","metadata":{"labels":1}}',
        "",
        400,
        "Go struct field ObjectMeta.labels of type map[string]string",
        id="labels",
    ),
    pytest.param("POST", MAPS, b"a: b: c", "application/yaml", 400, "yaml: mapping values", id="yaml"),
    pytest.param("PUT", f"{MAPS}/a", b"{}", "", 400, "was undeterminable: name must be provided", id="no-name"),
    pytest.param("PATCH", f"{MAPS}/a", b"{", MERGE, 400, "error decoding patch: unexpected end", id="merge"),
    pytest.param("PATCH", f"{MAPS}/a", b"[]", MERGE, 400, "error decoding patch: json: cannot", id="merge-list"),
    pytest.param("PATCH", f"{MAPS}/a", b"{}", PATCH, 400, "[]handlers.jsonPatchOp", id="operations"),
    pytest.param("PATCH", f"{MAPS}/a", b'[{"op":1}]', PATCH, 400, "field jsonPatchOp.op of type string", id="op"),
    pytest.param("PATCH", f"{MAPS}/a", b"{", "text/plain", 415, "415: Unsupported Media Type", id="no-patch"),
    pytest.param("PATCH", f"{MAPS}/a", b'{"$patch":"x"}', SMP, 500, "unknown patch type: x in map", id="directive"),
    pytest.param("PATCH", f"{MAPS}/a", b"{", SMP, 400, "unexpected end of JSON input", id="strategic"),
    pytest.param("PATCH", f"{MAPS}/a?fieldManager=m", b"1", APPLY, 400, "while decoding JSON: json:", id="apply"),
    pytest.param(
        "PATCH", f"{MAPS}/a?fieldManager=m", b"kind: X", APPLY, 400, "invalid object type: /, Kind=X", id="type"
    ),
    pytest.param("DELETE", f"{MAPS}/a", b"{", "", 400, "couldn't get version/kind; json parse error", id="options"),
    pytest.param("DELETE", f"{MAPS}/a", b'{"kind":"x"}', "", 400, 'no kind "x" is registered', id="options-kind"),
]


@pytest.mark.parametrize(("method", "path", "body", "kind", "code", "words"), REFUSED)
def test_refused(scene: Run, method: str, path: str, body: bytes, kind: str, code: int, words: str) -> None:
    """What cannot be read is refused in the words of the API server."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        await call(server, "POST", MAPS, {"metadata": {"name": "a"}})
        found, status = await call(server, method, path, body, content_type=kind or "application/json")
        assert (found, words in status["message"]) == (code, True), status["message"]

    scene(scenario)


TWICE = b'{"metadata":{"name":"x"},"data":{"k":"1","k":"2"},"nope":1,"immutable":true,"immutable":false}'
TWICE_TEXT = 'duplicate field "data.k", unknown field "nope", duplicate field "immutable"'


def test_fields_twice(scene: Run) -> None:
    """Strict refuses, Warn warns in the order of the body, Ignore takes the last value."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        code, status = await call(server, "POST", f"{MAPS}?fieldValidation=Strict", TWICE)
        assert code == 400
        assert status["message"].endswith(f"strict decoding error: {TWICE_TEXT}")
        assert await warnings(server, "POST", f"{MAPS}?dryRun=All", TWICE) == TWICE_TEXT.split(", ")
        assert await warnings(server, "POST", f"{MAPS}?fieldValidation=Ignore", TWICE) == []
        found = await call(server, "GET", f"{MAPS}/x")
        assert found[1]["data"] == {"k": "2"}
        yaml = b"metadata: {name: z}\ndata:\n  k: a\n  k: b\n"
        said = await warnings(server, "POST", MAPS, yaml, content_type="application/yaml")
        assert said == ['line 4: key "k" already set in map']

    scene(scenario)


def test_patches_that_say_a_thing_twice(scene: Run) -> None:
    """A patch is refused with the object it makes, or itself; an applied object by its lines."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        await call(server, "POST", MAPS, {"metadata": {"name": "a"}})
        strict = f"{MAPS}/a?fieldValidation=Strict"
        twice = b'{"data":{"k":"1","k":"2"}}'
        for kind, shown in ((MERGE, '"{\\"apiVersion\\"'), (SMP, '"map[data:map[k:2]]": strict')):
            code, status = await call(server, "PATCH", strict, twice, content_type=kind)
            assert (code, shown in status["message"]) == (422, True), status["message"]
            assert status["message"].endswith('strict decoding error: duplicate field "data.k"')
        operations = b'[{"op":"add","op":"add","path":"/data","value":{},"x":1}]'
        said = await warnings(server, "PATCH", f"{MAPS}/a", operations, content_type=PATCH)
        assert said == ['json patch duplicate field "[0].op"', 'json patch unknown field "[0].x"']
        applied = b'{"apiVersion":"v1","kind":"ConfigMap","data":{"z":"1","z":"1"}}'
        code, status = await call(server, "PATCH", f"{strict}&fieldManager=m", applied, content_type=APPLY)
        assert status["message"] == (
            "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n"
            '  line 1: key "z" already set in map'
        )

    scene(scenario)


def test_a_body_of_options_hides_the_query(scene: Run) -> None:
    """A deletion with a body does what the body says, dryRun of the query or not, as upstream's does."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        await call(server, "POST", MAPS, {"metadata": {"name": "a"}})
        assert (await call(server, "DELETE", f"{MAPS}/a?dryRun=All"))[0] == 200
        assert (await call(server, "DELETE", f"{MAPS}/a", {"dryRun": ["All"]}))[0] == 200
        assert (await call(server, "GET", f"{MAPS}/a"))[0] == 200
        assert (await call(server, "DELETE", f"{MAPS}/a?dryRun=All", {}))[0] == 200
        assert (await call(server, "GET", f"{MAPS}/a"))[0] == 404

    scene(scenario)


async def warnings(server: ApiServer, method: str, path: str, body: bytes, **headers: str) -> list[str]:
    """What the Warning headers of an answer that is no refusal say."""
    said: list[str] = []

    async def asked(scope: Any, receive: Any, send: Any) -> None:
        async def listening(message: Any) -> None:
            for name, value in message.get("headers", ()):
                if name == b"warning":
                    said.append(value.decode().removeprefix('299 - "')[:-1].replace('\\"', '"'))
            await send(message)

        await server.asgi(scope, receive, listening)

    code, answer = await call(_Through(asked), method, path, body, **headers)  # type: ignore[arg-type]
    assert code < 300, answer["message"]
    return said


class _Through:
    """Stands where a server stands."""

    def __init__(self, asgi: Any) -> None:
        self.asgi = asgi


def test_large_bodies(scene: Run) -> None:
    """What is read beside the loop is read as the rest is, and refused as the rest is."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        filling = b'"data":{"k":"' + b"x" * LARGE_BYTES + b'"}'
        code, made = await call(server, "POST", MAPS, b'{"metadata":{"name":"x"},' + filling + b"}")
        assert (code, len(made["data"]["k"])) == (201, LARGE_BYTES)
        code, status = await call(server, "POST", MAPS, b"{" + filling)
        assert (code, "unexpected end of JSON input" in status["message"]) == (400, True)
        said = await warnings(server, "PATCH", f"{MAPS}/x", b"{" + filling + b',"data":{}}', content_type=MERGE)
        assert said == ['duplicate field "data"']

    scene(scenario)


def test_empty_maps_are_not_kept(scene: Run) -> None:
    """Go does not write empty labels, annotations, owners, finalizers, nor empty data of a ConfigMap or Secret."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        meta = {"name": "x", "labels": {}, "annotations": {}, "finalizers": [], "ownerReferences": []}
        _, made = await call(server, "POST", MAPS, {"metadata": meta, "data": {}})
        assert made.keys() == {"apiVersion", "kind", "metadata"}
        assert made["metadata"].keys() == {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"}
        await call(server, "PATCH", f"{MAPS}/x", {"metadata": {"labels": {"a": "b"}}}, content_type=MERGE)
        _, bare = await call(server, "PATCH", f"{MAPS}/x", {"metadata": {"labels": {"a": None}}}, content_type=MERGE)
        assert "labels" not in bare["metadata"]

    scene(scenario)


def test_what_cannot_be_decoded_is_told_first(scene: Run) -> None:
    """A value of a wrong type comes before unknown fields, and without their warnings."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        body = {"metadata": {"name": "x"}, "spec": {"replicas": "two", "templat": {}}}
        path = "/apis/apps/v1/namespaces/default/deployments?fieldValidation=Strict"
        code, status = await call(server, "POST", path, body)
        assert (code, status["message"].partition(": ")[2]) == (
            400,
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
        )

    scene(scenario)


def test_annotations_of_a_deployment_count(scene: Run) -> None:
    """A Deployment's annotations are part of its generation, but not when its status is written."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        path = "/apis/apps/v1/namespaces/default/deployments"
        template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
        spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
        assert (await call(server, "POST", path, {"metadata": {"name": "d"}, "spec": spec}))[0] == 201
        for place, value, generation in (("d", "1", 2), ("d", "1", 2), ("d/status", "2", 2), ("d", "3", 3)):
            patch = {"metadata": {"annotations": {"x": value}}}
            _, found = await call(server, "PATCH", f"{path}/{place}", patch, content_type=MERGE)
            assert found["metadata"]["generation"] == generation

    scene(scenario)
