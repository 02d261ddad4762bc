"""The kinds' own rules for another API server: conversion, defaults and refusals as webhooks.

The embedded server asks a `Kind` directly; a real kube-apiserver asks over HTTPS, with the same outcome. `manifests`
makes the definitions and configurations that point it here.

Source: Kubernetes v1.36 pkg apis admission/v1 and apiextensions/v1 (AdmissionReview, ConversionReview).
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import orjson

from fairlead.api.errors import ApiError, bad_request, invalid
from fairlead.api.kind import Admission, DeniedError, Kind
from fairlead.base.objects import GVK, Json, get_in
from fairlead.engines.schema.errors import TYPE_INVALID
from fairlead.engines.schema.model import Schema, custom_resource_schema
from fairlead.engines.schema.validation import validate
from fairlead.server.asgi import BODY_LIMIT_BYTES, Receive, Scope, Send

log = logging.getLogger(__name__)

CONVERT, DEFAULT, VALIDATE = "/convert", "/default", "/validate"
CONFIGURATION = "fairlead"
TIMEOUT_SECONDS = 10


def manifests(kinds: Iterable[Kind], url: str, authority: str) -> list[Json]:
    """What a cluster must hold: the definitions of *kinds*, and who to ask about their objects.

    *url* is where `Webhooks` answers, *authority* the PEM certificate that its server certificate hangs on.
    """
    bundle = base64.b64encode(authority.encode()).decode()

    def client(path: str) -> Json:
        return {"url": url.rstrip("/") + path, "caBundle": bundle}

    listed = list(kinds)
    definitions = [_definition(kind, client(CONVERT)) for kind in listed]
    asked = (
        ("MutatingWebhookConfiguration", DEFAULT, [kind for kind in listed if kind.default is not None]),
        ("ValidatingWebhookConfiguration", VALIDATE, [kind for kind in listed if kind.validate is not None]),
    )
    configurations: list[Json] = [
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": name,
            "metadata": {"name": CONFIGURATION},
            "webhooks": [_webhook(kind, path, client(path)) for kind in concerned],
        }
        for name, path, concerned in asked
    ]
    return [*definitions, *configurations]


def _definition(kind: Kind, client: Json) -> Json:
    definition = kind.crd()
    if kind.convert is not None and len(kind.versions) > 1:
        webhook = {"conversionReviewVersions": ["v1"], "clientConfig": client}
        definition["spec"]["conversion"] = {"strategy": "Webhook", "webhook": webhook}
    return definition


def _name(kind: Kind, path: str) -> str:
    name = kind.webhook or f"validation.{kind.kind.lower()}.{kind.group}"
    return name.replace("validation.", "default.", 1) if path == DEFAULT else name


def _operations(kind: Kind, path: str) -> list[str]:
    return ["CREATE", "UPDATE", *(["DELETE"] if path == VALIDATE and kind.guards_deletion else [])]


def _webhook(kind: Kind, path: str, client: Json) -> Json:
    return {
        "name": _name(kind, path),
        "clientConfig": client,
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "matchPolicy": "Equivalent",
        "timeoutSeconds": TIMEOUT_SECONDS,
        "rules": [
            {
                "apiGroups": [kind.group],
                "apiVersions": [kind.versions[0].name],
                "operations": _operations(kind, path),
                "resources": [kind.plural],
            }
        ],
    }


class Others(Protocol):
    """The other objects of the cluster, as far as they are known."""

    def look(self, gvk: GVK, namespace: str, name: str) -> Json | None:
        """One of them, or None."""
        ...

    def look_all(self, gvk: GVK, namespace: str) -> Iterable[Json]:
        """Those of a namespace; of all when it is empty."""
        ...


class Webhooks:
    """The ASGI application that answers. Rules see nothing but the one object until `look_at` is called."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._others: Others | None = None
        self._kinds = {(kind.group, kind.kind): kind for kind in kinds}
        self._schemas: dict[str, Schema] = {}
        self._answers: dict[str, Callable[[Json], Json]] = {
            CONVERT: self._convert,
            DEFAULT: self._default,
            VALIDATE: self._validate,
        }

    def look_at(self, others: Others) -> None:
        """From now on rules may look at *others*."""
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        answer = self._answers.get(scope.get("path", ""))
        if answer is None or scope["method"] != "POST":
            await _send(send, 404, {"message": f"{scope['method']} {scope.get('path')}: no such webhook"})
            return
        try:
            review = orjson.loads(await _body(receive))
            request = review["request"]
            response = {"uid": request["uid"], **answer(request)}
        except Exception as error:  # the other side reads the text; a review must not end the program
            log.warning("webhook failed", extra={"path": scope["path"], "error": repr(error)})
            await _send(send, 400, {"message": f"cannot answer the review: {error!r}"})
            return
        await _send(send, 200, {"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response})

    def _kind(self, group: str, name: str) -> Kind:
        kind = self._kinds.get((group, name))
        if kind is None:
            raise bad_request(f"{name}.{group} is none of the kinds that are served here")
        return kind

    def _convert(self, request: Json) -> Json:
        wanted = str(request["desiredAPIVersion"])
        converted = []
        for obj in request["objects"]:
            kind = self._kind(obj["apiVersion"].rpartition("/")[0], obj["kind"])
            if kind.convert is None:
                raise bad_request(f"{kind.kind}.{kind.group} has no conversion")
            converted.append(kind.convert(obj, wanted.rpartition("/")[2]))
        return {"convertedObjects": converted, "result": {"status": "Success"}}

    def _default(self, request: Json) -> Json:
        kind = self._kind(request["kind"]["group"], request["kind"]["kind"])
        given = self._admission(request)
        if kind.default is None or self._has_wrong_types(kind, given.new):
            return {"allowed": True}  # the API server's own look at the schema follows, and says what is wrong
        try:
            changed = kind.default(given)
        except DeniedError as error:
            return _refused(ApiError(error.code, error.reason, error.message))
        patch = [
            {"op": "add", "path": f"/{name}", "value": value}
            for name, value in changed.items()
            if given.new.get(name) != value
        ]
        if not patch:
            return {"allowed": True}
        return {
            "allowed": True,
            "patchType": "JSONPatch",
            "patch": base64.b64encode(orjson.dumps(patch)).decode(),
        }

    def _validate(self, request: Json) -> Json:
        kind = self._kind(request["kind"]["group"], request["kind"]["kind"])
        given = self._admission(request)
        try:
            problems = kind.validate(given) if kind.validate is not None else ()
        except DeniedError as error:
            return _refused(ApiError(error.code, error.reason, error.message))
        if not problems:
            return {"allowed": True}
        causes = [(each.reason, each.message, each.field) for each in problems]
        name = get_in(given.new, "metadata", "name", default="")
        return _refused(invalid(kind.denied_group or kind.group, kind.kind, name, causes))

    def _admission(self, request: Json) -> Admission:
        user = get_in(request, "userInfo", "username", default="")
        dry_run, operation = bool(request.get("dryRun")), request["operation"]
        new, old = request["object"], request.get("oldObject")
        if operation == "DELETE":  # there is no new one
            new, old = request["oldObject"], None
        if self._others is None:
            return Admission(operation, new, old, user, dry_run=dry_run, alone=True)
        return Admission(operation, new, old, user, self._others.look, self._others.look_all, dry_run)

    def _has_wrong_types(self, kind: Kind, obj: Json) -> bool:
        version = next(each for each in kind.versions if obj["apiVersion"] == f"{kind.group}/{each.name}")
        name = f"{kind.plural}.{obj['apiVersion']}"
        schema = self._schemas.get(name)
        if schema is None:
            schema = self._schemas[name] = custom_resource_schema(version.schema)
        return any(each.type == TYPE_INVALID for each in validate(obj, schema))


def _refused(error: ApiError) -> Json:
    return {"allowed": False, "status": error.status()}


async def _body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > 2 * BODY_LIMIT_BYTES:  # a review carries the old object beside the new one
            raise bad_request(f"the review is over the limit of {2 * BODY_LIMIT_BYTES} bytes")
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


async def _send(send: Send, status: int, body: Any) -> None:
    headers: Sequence[tuple[bytes, bytes]] = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": orjson.dumps(body)})
