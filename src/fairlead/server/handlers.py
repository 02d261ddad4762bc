"""Answers API requests: finds what a route means and does it with the server's objects.

Source: apiserver v0.36 pkg/endpoints/handlers (get.go, create.go, update.go, patch.go, delete.go, watch.go).
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from fairlead.api.errors import ApiError, bad_request, invalid, not_found
from fairlead.base.objects import Json, Key
from fairlead.server import (
    admission,
    bodies,
    conversion,
    decoding,
    listing,
    negotiation,
    patching,
    scaling,
    streaming,
    tables,
)
from fairlead.server.documents import Documents
from fairlead.server.identity import User
from fairlead.server.negotiation import Wanted
from fairlead.server.objects import Outcome
from fairlead.server.registry import Resource
from fairlead.server.request import DeleteOptions, Request
from fairlead.server.routes import Route
from fairlead.server.selection import Selection
from fairlead.server.special import Special
from fairlead.server.store import Record

if TYPE_CHECKING:
    from fairlead.server.server import ApiServer

LARGE_BYTES = 64 << 10  # a body that takes more than a few milliseconds to read
_ON_ONE = ("get", "update", "patch", "delete")
_MANY = ("list", "watch", "deletecollection")
_BY_NAME = (*_ON_ONE, "create")
_OPTIONS = {"create": "CreateOptions", "update": "UpdateOptions", "patch": "PatchOptions"}
_VALIDATIONS = ("Ignore", "Warn", "Strict")
_RETURNED_WHEN_DELETED = frozenset(
    {
        "pods",
        "services",
        "serviceaccounts",
        "persistentvolumeclaims",
        "persistentvolumes",
        "podtemplates",
        "resourcequotas",
    }
)
_PLAIN_SUBRESOURCES = ("status", "finalize", "approval", "resize", "ephemeralcontainers")


@dataclass(slots=True)
class Answer:
    """A complete answer."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


@dataclass(slots=True)
class Streaming:
    """An answer without end."""

    chunks: AsyncIterator[bytes]
    content_type: str
    close: Callable[[], Awaitable[None]]
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Call:
    """One request as the handlers see it."""

    route: Route
    user: User
    headers: dict[str, str]
    body: bytes = b""
    warnings: list[str] = field(default_factory=list)

    @property
    def wanted(self) -> Wanted:
        """What the client wants back."""
        return negotiation.wanted(self.headers.get("accept", ""))

    @property
    def pretty(self) -> bool:
        """Whether to indent."""
        return self.route.flag("pretty")

    def request(self) -> Request:
        """The options of a write. Raises: ApiError for options that make no sense."""
        route = self.route
        kind = _OPTIONS.get(route.verb, "DeleteOptions")
        bodies.check_manager(route.one("fieldManager"), kind)
        agent = self.headers.get("user-agent", "").partition("/")[0][: bodies.MANAGER_LIMIT]
        manager = route.one("fieldManager") or agent or "unknown"
        dry_run = route.query.get("dryRun") or []
        bodies.check_dry_run(dry_run, kind)
        validation = route.one("fieldValidation") or "Warn"
        if validation not in _VALIDATIONS:
            text = f'Unsupported value: "{validation}": supported values: "", "Ignore", "Strict", "Warn"'
            raise invalid("meta.k8s.io", kind, "", [("FieldValueNotSupported", text, "fieldValidation")])
        return Request(
            self.user.name,
            self.user.groups,
            manager,
            bool(dry_run),
            validation,
            route.flag("force"),
            warnings=self.warnings,
        )

    @property
    def media_type(self) -> str:
        """What the body is said to be."""
        return self.headers.get("content-type", "").partition(";")[0].strip()

    async def object(self, resource: Resource, request: Request, kind: str = "", api_version: str = "") -> Json:
        """The body as an object of *resource* (or another kind); *request* learns what it repeats. Raises: ApiError."""
        expected = decoding.Expected(
            kind or resource.kind, api_version or resource.api_version(self.route.version), resource.custom and not kind
        )
        read = functools.partial(decoding.read_object, self.body, self.media_type, expected)
        obj: Json = await self._read(read, request)
        return obj

    async def patch(self, request: Request) -> Any:
        """The body as a patch; *request* learns what it repeats. Raises: ApiError BadRequest."""
        return await self._read(functools.partial(decoding.read_patch, self.body, self.media_type), request)

    async def applied(self, request: Request) -> Json:
        """The body as what is applied; *request* learns what it repeats. Raises: ApiError BadRequest."""
        obj: Json = await self._read(functools.partial(decoding.read_applied, self.body), request)
        return obj

    async def _read(self, read: Callable[..., tuple[Any, decoding.Repeats | None]], request: Request) -> Any:
        """Read the body; a large one beside the loop, which others wait for."""
        read = functools.partial(read, repeats=request.field_validation != "Ignore")
        if len(self.body) < LARGE_BYTES:
            found = read()
        else:
            found = await asyncio.get_running_loop().run_in_executor(None, read)
        request.repeats = found[1]
        return found[0]


class Handlers:
    """Answers the requests to one server."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._documents = Documents(server)
        self._special = Special(server)

    async def answer(self, call: Call) -> Answer | Streaming:
        """Do what the route asks. Raises: ApiError."""
        route = call.route
        if not route.resource:
            found = self._documents.answer(route, call.headers.get("accept", ""))
            return Answer(found.status, found.body, found.content_type, found.headers)
        if route.verb in _MANY:
            listing.check_options(route)
        resource = self._server.registry.by_plural(route.group, route.resource)
        version = resource.versions.get(route.version) if resource is not None else None
        if resource is None or version is None or not version.served:
            return self._unknown(route)
        if not resource.namespaced:
            route.namespace = ""  # a namespace's own path looks as if it lay in itself
        if version.deprecation and route.verb not in ("watch",):
            call.warnings.append(version.deprecation)
        if resource.namespaced and not route.namespace and (route.name or route.verb in ("create", "deletecollection")):
            raise _not_allowed(route)
        if route.subresource:
            return await self._subresource(call, resource)
        if route.method == "HEAD" or route.verb not in resource.verbs:
            raise _not_allowed(route)
        if bool(route.name) != (route.verb in _ON_ONE) and route.verb in _BY_NAME:
            raise _not_allowed(route)
        return await self._main(call, resource)

    def _unknown(self, route: Route) -> Answer:
        if not any(each.group == route.group for each in self._server.registry.all()):
            return Answer(404, b"404 page not found\n", "text/plain; charset=utf-8")
        raise ApiError(404, "NotFound", "the server could not find the requested resource", {})

    async def _main(self, call: Call, resource: Resource) -> Answer | Streaming:
        match call.route.verb:
            case "get":
                return await self._get(call, resource)
            case "list":
                return await self._list(call, resource)
            case "watch":
                return await self._watch(call, resource)
            case "create":
                return await self._create(call, resource)
            case "update":
                return await self._update(call, resource, "")
            case "patch":
                return await self._patch(call, resource, "")
            case "delete":
                return await self._delete(call, resource)
            case "deletecollection":
                return await self._delete_all(call, resource)
        raise _not_allowed(call.route)

    async def _subresource(self, call: Call, resource: Resource) -> Answer | Streaming:
        route = call.route
        sub = resource.subresource(route.subresource)
        if sub is None:
            if resource.custom:
                raise not_found(resource.group, resource.plural, route.name)
            raise ApiError(404, "NotFound", "the server could not find the requested resource", {})
        if route.verb not in sub.verbs or route.method == "HEAD":
            raise _not_allowed(route)
        if sub.name == "scale":
            return await self._scale(call, resource)
        if sub.name not in _PLAIN_SUBRESOURCES:
            value = await self._special.subresource(call, resource)
            return self._value(call, 201, value)
        match route.verb:
            case "get":
                return await self._get(call, resource)
            case "update":
                return await self._update(call, resource, sub.name)
        return await self._patch(call, resource, sub.name)

    # -- reading ------------------------------------------------------------------------------------------------

    async def _get(self, call: Call, resource: Resource) -> Answer:
        record = self._server.objects.find(resource, Key(call.route.namespace, call.route.name))
        await self._server.store.settled(record.revision)
        return self._object(call, 200, resource, record)

    def _object(self, call: Call, status: int, resource: Resource, record: Record) -> Answer:
        wanted, version = call.wanted, call.route.version
        if not wanted.shape and wanted.media_type == negotiation.JSON_TYPE and not call.pretty:
            return Answer(status, encoded(resource, version, record))
        return self._value(call, status, conversion.in_version(resource, version, record), resource)

    def _value(self, call: Call, status: int, value: Json, resource: Resource | None = None) -> Answer:
        wanted = call.wanted
        if wanted.shape == "Table" and resource is not None:
            value = self._table(call, resource, [value], value["metadata"].get("resourceVersion", ""))
        elif wanted.shape == "PartialObjectMetadata":
            value = tables.partial(value)
        body, content_type = negotiation.encode(value, wanted, call.pretty)
        return Answer(status, body, content_type)

    def _table(self, call: Call, resource: Resource, items: Iterable[Json], revision: str, cont: str = "") -> Json:
        include = call.route.one("includeObject", "Metadata")
        now = self._server.objects.clock.now()
        return tables.table(resource, call.route.version, items, now, include, revision, cont)

    async def _list(self, call: Call, resource: Resource) -> Answer:
        route, store = call.route, self._server.store
        selection = self._selection(route, resource)
        records, meta = listing.page(selection, store, listing.wish_of(route))
        revision = meta["resourceVersion"]
        await store.settled(int(revision))
        wanted = call.wanted
        if wanted.shape == "Table":
            views = [conversion.in_version(resource, route.version, record) for record in records]
            table = self._table(call, resource, views, revision, meta.get("continue", ""))
            if "remainingItemCount" in meta:
                table["metadata"]["remainingItemCount"] = meta["remainingItemCount"]
            return Answer(200, orjson.dumps(table))
        if wanted.shape == "PartialObjectMetadataList":
            parts = [tables.partial(conversion.in_version(resource, route.version, record)) for record in records]
            kind = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
            return Answer(200, orjson.dumps({**kind, "metadata": meta, "items": parts}))
        if wanted.media_type != negotiation.JSON_TYPE or call.pretty:
            views = [conversion.in_version(resource, route.version, record) for record in records]
            return self._value(call, 200, {**_list_head(resource, route.version), "metadata": meta, "items": views})
        head = orjson.dumps({**_list_head(resource, route.version), "metadata": meta})
        items = b",".join([encoded(resource, route.version, record) for record in records])
        return Answer(200, b"".join((head[:-1], b',"items":[', items, b"]}")))

    def _selection(self, route: Route, resource: Resource) -> Selection:
        fields = route.one("fieldSelector")
        if route.name:
            fields = ",".join(part for part in (f"metadata.name={route.name}", fields) if part)
        return Selection(resource, route.version, route.namespace, route.one("labelSelector"), fields)

    async def _watch(self, call: Call, resource: Resource) -> Streaming:
        if "watch" not in resource.verbs:
            raise _not_allowed(call.route)
        stream = self._server.open_stream(self._selection(call.route, resource))
        try:
            watch = streaming.Watch(self._server, call.route, call.wanted, stream, resource)
            await watch.begin()
        except BaseException:
            self._server.close_stream(stream)
            raise

        async def close() -> None:
            self._server.close_stream(stream)

        return Streaming(watch.chunks(), "application/json", close, call.warnings)

    # -- writing ------------------------------------------------------------------------------------------------

    async def _finish(self, call: Call, resource: Resource, outcome: Outcome, status: int) -> Answer:
        await self._server.store.settled(outcome.revision)
        if outcome.record is not None:
            return self._object(call, status, resource, outcome.record)
        return self._value(call, status, outcome.object(resource, call.route.version), resource)

    async def _create(self, call: Call, resource: Resource) -> Answer:
        route = call.route
        request = call.request()
        obj = await call.object(resource, request)
        if self._special.is_review(resource):
            admission.check_types(resource, route.version, obj)
            return self._value(call, 201, self._special.review(call, resource, obj))
        outcome = self._server.objects.create(resource, route.version, obj, route.namespace, request)
        return await self._finish(call, resource, outcome, 201)

    async def _update(self, call: Call, resource: Resource, subresource: str) -> Answer:
        route = call.route
        request = call.request()
        obj = await call.object(resource, request)
        if not resource.custom:
            admission.check_kind(resource, route.version, obj)
        if not (obj.get("metadata") or {}).get("name"):
            raise bad_request(
                f"the name of the object ({route.name} based on URL) was undeterminable: name must be provided"
            )
        key = Key(route.namespace, route.name)
        outcome = self._server.objects.update(
            resource, route.version, key, lambda present: obj, request, subresource=subresource
        )
        return await self._finish(call, resource, outcome, 200)

    async def _patch(self, call: Call, resource: Resource, subresource: str) -> Answer:
        route = call.route
        media_type = call.media_type
        if media_type not in patching.accepted(resource):
            raise patching.unsupported(resource)
        key, request = Key(route.namespace, route.name), call.request()
        objects = self._server.objects
        if media_type == patching.APPLY:
            request.manager = route.one("fieldManager")
            body = await call.applied(request)
            outcome = patching.apply(objects, resource, route.version, key, body, request, subresource)
        else:
            if "force" in route.query:
                cause = ("FieldValueForbidden", "Forbidden: may not be specified for non-apply patch", "force")
                raise invalid("meta.k8s.io", "PatchOptions", "", [cause])
            patch = await call.patch(request)
            outcome = patching.patch(objects, resource, route.version, key, patch, media_type, request, subresource)
        return await self._finish(call, resource, outcome, 201 if outcome.created else 200)

    async def _scale(self, call: Call, resource: Resource) -> Answer:
        route, objects = call.route, self._server.objects
        key = Key(route.namespace, route.name)
        if route.verb == "get":
            return self._value(call, 200, scaling.get(objects, resource, route.version, key))
        request = call.request()
        if route.verb == "update":
            wanted = await call.object(resource, request, "Scale", "autoscaling/v1")
            admission.check_kind(scaling.RESOURCE, "v1", wanted)
            admission.check_types(scaling.RESOURCE, "v1", wanted)
            name = (wanted.get("metadata") or {}).get("name")
            if name != route.name:
                raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({route.name})")
            outcome = scaling.update(objects, resource, route.version, key, lambda present: wanted, request)
        else:
            patch = await call.patch(request)
            change = patching.change_of(scaling.RESOURCE, "v1", key.name, patch, call.media_type)
            outcome = scaling.update(objects, resource, route.version, key, change, request)
        await self._server.store.settled(outcome.revision)
        return self._value(call, 200, scaling.shown(resource, route.version, outcome.object(resource, route.version)))

    def _deletion(self, call: Call) -> tuple[DeleteOptions, Request]:
        given = decoding.read_options(call.body, call.media_type) if call.body else None
        options, request = bodies.delete_options(given, call.route), call.request()
        request.dry_run = options.dry_run
        return options, request

    async def _delete(self, call: Call, resource: Resource) -> Answer:
        route = call.route
        options, request = self._deletion(call)
        outcome = self._server.objects.delete(resource, Key(route.namespace, route.name), options, request)
        await self._server.store.settled(outcome.revision)
        view = outcome.object(resource, route.version)
        if not outcome.removed or resource.ident in _RETURNED_WHEN_DELETED:
            return self._value(call, 200, view, resource)
        details = {"name": route.name, "group": resource.group, "kind": resource.plural, "uid": view["metadata"]["uid"]}
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
        return self._value(call, 200, {**status, "details": {key: each for key, each in details.items() if each}})

    async def _delete_all(self, call: Call, resource: Resource) -> Answer:
        route, objects, views, revision = call.route, self._server.objects, [], 0
        options, request = self._deletion(call)
        for record in list(self._selection(route, resource).records(self._server.store)):
            outcome = objects.delete(resource, record.key, options, request)
            revision = max(revision, outcome.revision)
            views.append(outcome.object(resource, route.version))
        await self._server.store.settled(revision)
        meta = {"resourceVersion": str(self._server.store.revision)}
        return self._value(call, 200, {**_list_head(resource, route.version), "metadata": meta, "items": views})


def encoded(resource: Resource, version: str, record: Record) -> bytes:
    """The bytes of a record in *version*; the stored ones when that is how it is stored."""
    if resource.alias_of is None and version == resource.storage:
        return record.data
    return orjson.dumps(conversion.in_version(resource, version, record))


def _list_head(resource: Resource, version: str) -> Json:
    return {"kind": resource.list_kind, "apiVersion": resource.api_version(version)}


def _not_allowed(route: Route) -> ApiError:
    return ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})
