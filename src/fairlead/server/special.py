"""Requests that store nothing of their own: access reviews, evictions, bindings, tokens, logs.

Source: kubernetes v1.36 pkg/registry/authorization, pkg/registry/core/pod/storage/eviction.go and storage.go.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from fairlead.api.errors import ApiError, bad_request
from fairlead.base.objects import Json, Key, get_in
from fairlead.server import eviction
from fairlead.server.authorization import Attributes
from fairlead.server.identity import User
from fairlead.server.registry import Resource
from fairlead.server.request import DeleteOptions

if TYPE_CHECKING:
    from fairlead.server.handlers import Call
    from fairlead.server.server import ApiServer

PodCall = Callable[[str, Json, "Call"], Awaitable[Json]]
_REVIEW_GROUPS = ("authorization.k8s.io", "authentication.k8s.io")
_STREAMS = ("attach", "exec", "log", "portforward", "proxy")


class Special:
    """The requests of one server that are about no stored object of their own."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server

    def is_review(self, resource: Resource) -> bool:
        """Whether creating this resource asks a question."""
        return resource.group in _REVIEW_GROUPS

    def review(self, call: Call, resource: Resource, obj: Json) -> Json:
        """The answer to a review: the object with its status."""
        spec = obj.get("spec") or {}
        head = {"kind": resource.kind, "apiVersion": resource.api_version(call.route.version)}
        metadata = {"creationTimestamp": None}
        match resource.kind:
            case "SelfSubjectAccessReview":
                status = self._access(call.user, spec)
            case "SubjectAccessReview" | "LocalSubjectAccessReview":
                status = self._access(User(spec.get("user", ""), tuple(spec.get("groups") or ())), spec)
            case "SelfSubjectRulesReview":
                status = self._rules(call.user, spec.get("namespace", ""))
            case "SelfSubjectReview":
                return {**head, "metadata": metadata, "status": {"userInfo": _user_info(call.user)}}
            case _:
                status = self._token(spec.get("token", ""))
        return {**head, "metadata": metadata, "spec": spec, "status": status}

    def _access(self, user: User, spec: Json) -> Json:
        asked = spec.get("resourceAttributes")
        if asked is not None:
            deed = Attributes(
                asked.get("verb", ""),
                asked.get("group", ""),
                asked.get("resource", ""),
                asked.get("subresource", ""),
                asked.get("namespace", ""),
                asked.get("name", ""),
            )
        elif spec.get("nonResourceAttributes") is not None:
            asked = spec["nonResourceAttributes"]
            deed = Attributes(asked.get("verb", ""), path=asked.get("path", ""))
        else:
            raise bad_request("exactly one of nonResourceAttributes or resourceAttributes must be specified")
        return {"allowed": self._server.authorizer.allows(user, deed)}

    def _rules(self, user: User, namespace: str) -> Json:
        if user.is_master:
            everything = [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]
            paths = [{"verbs": ["*"], "nonResourceURLs": ["*"]}]
            return {"resourceRules": everything, "nonResourceRules": paths, "incomplete": False}
        rules = list(self._server.authorizer.rules(user, namespace))
        resources = [
            _kept(each, "verbs", "apiGroups", "resources", "resourceNames") for each in rules if each.get("resources")
        ]
        paths = [_kept(each, "verbs", "nonResourceURLs") for each in rules if each.get("nonResourceURLs")]
        return {"resourceRules": resources, "nonResourceRules": paths, "incomplete": False}

    def _token(self, token: str) -> Json:
        try:
            user = self._server.authenticator.authenticate(None, f"Bearer {token}")
        except ApiError:
            return {"user": {}, "error": "the token is not known"}
        return {"authenticated": True, "user": _user_info(user)}

    async def subresource(self, call: Call, resource: Resource) -> Json:
        """Do what a subresource without an object of its own asks. Raises: ApiError."""
        route = call.route
        objects = self._server.objects
        key = Key(route.namespace, route.name)
        record = objects.find(resource, key)
        if route.subresource in _STREAMS:
            hook = self._server.pod_calls.get(route.subresource)
            if hook is None:
                raise ApiError(
                    501,
                    "NotImplemented",
                    f"{resource.kind} '{key}' has no {route.subresource}: its node is simulated and runs no containers",
                )
            return await hook(route.subresource, record.view, call)
        sub = resource.subresource(route.subresource)
        assert sub is not None
        api_version = f"{sub.group}/{sub.version}" if sub.group else sub.version
        body = await call.object(resource, call.request(), sub.kind, api_version)
        kind, version = body.get("kind") or sub.kind, (body.get("apiVersion") or api_version).rpartition("/")[2]
        if kind != sub.kind:
            cause = f"converting ({version}.{kind}) to ({sub.group or 'core'}.{sub.kind}): unknown conversion"
            raise bad_request(f'{kind} in version "{version}" cannot be handled as a {sub.kind}: {cause}')
        if route.subresource == "eviction":
            return await self._evict(call, resource, key, body)
        if route.subresource == "binding":
            return await self._bind(call, resource, key, body)
        return self._request_token(resource, key, body)

    async def _evict(self, call: Call, resource: Resource, key: Key, body: Json) -> Json:
        name = (body.get("metadata") or {}).get("name")
        if name != key.name:
            raise bad_request("name in URL does not match name in Eviction object")
        given = body.get("deleteOptions") or {}
        options = DeleteOptions(grace_seconds=given.get("gracePeriodSeconds"), dry_run=bool(given.get("dryRun")))
        server = self._server
        outcome = eviction.evict(server.objects, server.store, resource, key, options, call.request())
        await server.store.settled(outcome.revision)
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}

    async def _bind(self, call: Call, resource: Resource, key: Key, body: Json) -> Json:
        node = get_in(body, "target", "name", default="")
        if not node:
            raise ApiError(500, "", "target.name: Required value")

        def change(pod: Json) -> Json:
            if get_in(pod, "spec", "nodeName"):
                raise ApiError(
                    409, "Conflict", f'pod {key.name} is already assigned to node "{pod["spec"]["nodeName"]}"'
                )
            return {**pod, "spec": {**pod["spec"], "nodeName": node}}

        outcome = self._server.objects.update(resource, "v1", key, change, call.request())
        await self._server.store.settled(outcome.revision)
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}

    def _request_token(self, resource: Resource, key: Key, body: Json) -> Json:
        issue = self._server.issue_token
        if issue is None:
            text = "this API server issues no service account tokens"
            raise ApiError(501, "NotImplemented", f"{resource.kind} '{key}': {text}")
        status: Any = issue(key, body.get("spec") or {})
        return {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", **body, "status": status}


def _user_info(user: User) -> Json:
    info: Json = {"username": user.name, "groups": list(user.groups)}
    return info | {"uid": user.uid} if user.uid else info


def _kept(rule: Json, *names: str) -> Json:
    return {name: rule[name] for name in names if name in rule}
