"""Requests with something wrong in each: broken bodies, repeated fields, options that make no sense, odd methods.

A body that is a text is sent as it is; none of them changes anything.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

Json = dict[str, Any]
Requests = tuple[tuple[Any, ...], ...]

MERGE, PATCH, SMP = (f"application/{kind}-patch+json" for kind in ("merge", "json", "strategic-merge"))
APPLY, YAML = "application/apply-patch+yaml", "application/yaml"
TWICE = '{"metadata":{"name":"t","labels":{"a":"1","a":"2"}},"data":{"k":"1","k":"2"},"zzz":1}'
BROKEN = (
    "{",
    "",
    "[]",
    "1",
    '{"a":}',
    '{"a":1,}',
    '{"a" 1}',
    '{"a":"\x01"}',
    "tru",
    '{"a":01}',
    "{}x",
    '{"a":[1}',
    '{"a":-}',
)
HEADS = (
    "null",
    '{"kind":1}',
    '{"apiVersion":"a/b/c"}',
    '{"kind":"Nope"}',
    '{"kind":"Secret"}',
    '{"apiVersion":"apps/v1","kind":"ConfigMap"}',
    '{"metadata":{"name":1}}',
)
PATCHES = ("{", "[]", "1", '{"a":}', '[{"op":1}]', '{"metadata":{"name":null}}')
OPERATIONS = (
    [{"op": "remove", "path": "/data/zz"}],
    [{"op": "nope", "path": "/a"}],
    [{"op": "test", "path": "/data/a", "value": "2"}],
    [{"op": "move", "from": "/data/q", "path": "/data/r"}],
    [{"op": "add", "path": "/metadata/labels/-", "value": {}}],
)
SELECTORS = ("i in (", "i=1,,j=2", "i>x", "a/b/c=1", "i notin", "=1", "i exists")
LISTS = (
    "limit=",
    "limit=x",
    "limit=99999999999999999999",
    "continue=abc",
    "continue=e30",
    "continue=e30&resourceVersion=1",
    "resourceVersion=x",
    "resourceVersionMatch=Exact",
    "resourceVersion=0&resourceVersionMatch=Exact",
    "resourceVersion=1&resourceVersionMatch=Nope",
    "sendInitialEvents=true",
    "watch=true&sendInitialEvents=true",
    "watch=true&sendInitialEvents=true&resourceVersionMatch=Exact",
    "watch=true&resourceVersionMatch=NotOlderThan",
    "watch=true&resourceVersion=x",
    "watch=true&timeoutSeconds=x",
)
META: tuple[Json, ...] = (
    {"name": "a/b"},
    {"name": "x", "labels": {"a/b/c": ""}},
    {"name": "x", "labels": {"x" * 64: ""}},
    {"name": "x", "annotations": {"a b": ""}},
    {"name": "x", "finalizers": ["a/b", "orphan", "foregroundDeletion"]},
    {"name": "x", "ownerReferences": [{"apiVersion": "v1", "kind": "Event", "name": "n", "uid": "u"}]},
    {"name": "x", "ownerReferences": [{"apiVersion": "a/b/c", "kind": "", "name": "", "uid": ""}]},
)
DELETIONS: tuple[Any, ...] = (
    "{",
    "[]",
    '{"kind":"x"}',
    {"propagationPolicy": "Nope"},
    {"propagationPolicy": "Orphan", "orphanDependents": True},
    {"dryRun": ["Some"]},
    {"gracePeriodSeconds": "x"},
    {"preconditions": {"uid": "x"}},
)


def refused(maps: str, custom: str) -> Requests:
    """The requests about ConfigMaps at *maps*, among them `here`, and Yachts at *custom*, among them `y`."""
    here, dry = f"{maps}/here?dryRun=All", f"{maps}?dryRun=All"
    strict = "&fieldValidation=Strict"
    return (
        *(("POST", f"{path}?dryRun=All", body) for path in (maps, custom) for body in (*BROKEN, *HEADS)),
        *(("POST", dry, body, YAML) for body in ("a: b: c", "- a", "x", "a: [", "&a [*a]")),
        *(("POST", f"{dry}&fieldValidation={each}", TWICE) for each in ("Strict", "Warn", "Ignore")),
        *(("PATCH", here, body, kind) for body in PATCHES for kind in (MERGE, PATCH)),
        *(("PATCH", here, body, SMP) for body in ("{", "[]", '{"$patch":"x"}')),
        ("PATCH", here + strict, '{"metadata":{"labels":{"a":"1","a":"2"}}}', SMP),
        ("PATCH", here, '{"metadata":{"labels":{"a":"1","a":"2"}}}', MERGE),
        ("PATCH", here, '[{"op":"add","op":"add","path":"/data","value":{"a":"1"},"x":1}]', PATCH),
        *(("PATCH", here, body, PATCH) for body in OPERATIONS),
        *(
            ("PATCH", f"{here}&fieldManager=m", body, APPLY)
            for body in ("{", "1", "a: b: c", "kind: X", '{"metadata":1}')
        ),
        ("PATCH", here, {}, "text/plain"),
        ("PATCH", f"{custom}/y", {}, SMP),
        *(("GET", f"{maps}?labelSelector={quote(each)}") for each in SELECTORS),
        *(("GET", f"{maps}?fieldSelector={quote(each)}") for each in ("data.a=1", "metadata.name", "spec.nodeName=x")),
        ("GET", f"{custom}?fieldSelector=spec.name%3Dy"),
        *(("GET", f"{maps}?{each}") for each in LISTS),
        *(("POST", dry, {"metadata": each}) for each in META),
        ("PUT", here, {"metadata": {}}),
        ("PUT", here, {"metadata": {"name": "here", "resourceVersion": "x"}}),
        ("POST", f"{dry}&dryRun=Nope", {"metadata": {"name": "x"}}),
        ("POST", f"{dry}&fieldValidation=Nope", {"metadata": {"name": "x"}}),
        *(("DELETE", f"{maps}/here", body) for body in DELETIONS),
        *(
            (method, path)
            for method in ("HEAD", "PUT", "PATCH", "FOO", "TRACE")
            for path in ("/api", "/api/v1", "/version")
        ),
        *(("HEAD", path) for path in (maps, f"{maps}/here", "/healthz", "/apis/nope/v1/x")),
        *(("FOO", path) for path in (maps, f"{maps}/here")),
        ("DELETE", "/api/v1/configmaps"),
        *(
            ("GET", path)
            for path in ("/api/v2/pods", "/api/nope", "/apis/apps/v2", "/apis/nope/v1", f"{maps}/here/status")
        ),
    )
