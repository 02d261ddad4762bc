"""Answers about the server itself: discovery, OpenAPI, version, health. Made once per state of the registry."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

from fairlead.api.errors import ApiError
from fairlead.base.objects import Json
from fairlead.server import discovery, negotiation, openapi
from fairlead.server.routes import Route

if TYPE_CHECKING:
    from fairlead.server.server import ApiServer

_TEXT = "text/plain; charset=utf-8"
_HEALTH = ("/healthz", "/livez", "/readyz")
_YEAR_SECONDS = 31536000


@dataclass(slots=True)
class Document:
    """A finished document."""

    body: bytes
    content_type: str = "application/json"
    status: int = 200
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


class Documents:
    """The documents of one server, cached until its registry or its version changes."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._cache: dict[str, Document] = {}
        self._generation = (-1, "")

    def answer(self, route: Route, accept: str) -> Document:
        """The document for a path. Raises: ApiError NotFound, MethodNotAllowed."""
        registry = self._server.registry
        generation = (registry.generation, self._server.version)
        if generation != self._generation:
            self._cache.clear()
            self._generation = generation
        wanted = negotiation.wanted(accept, ("APIGroupDiscoveryList",))
        key = f"{route.path} {wanted.shape} {wanted.version}"
        found = self._cache.get(key)
        if found is None:
            found = self._make(route, wanted, accept)
            if found.status == 200:
                self._cache[key] = found
        if route.method != "GET" and found.status == 200 and _reads_only(route.path):
            raise ApiError(
                405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {}
            )
        return found

    def _make(self, route: Route, wanted: negotiation.Wanted, accept: str) -> Document:
        path = route.path.rstrip("/") or "/"
        if path.startswith(_HEALTH):
            return Document(b"ok", _TEXT)
        if path == "/version":
            return _json(self._server.version_info())
        if path.startswith("/openapi/"):
            return self._openapi(path, accept)
        if path in ("/api", "/apis") and wanted.shape:
            return self._aggregated(path, wanted)
        return self._legacy(path)

    def _legacy(self, path: str) -> Document:
        registry = self._server.registry
        if path == "/":
            return _json({"paths": sorted(self._paths())})
        if path == "/api":
            return _json(discovery.legacy_versions())
        if path == "/apis":
            return _json(discovery.group_list(registry))
        parts = path.strip("/").split("/")
        known = discovery.groups(registry)
        if parts[0] == "api" and len(parts) == 2 and parts[1] in known[""]:
            return _json(discovery.resource_list("", parts[1], known[""][parts[1]]))
        if parts[0] == "apis" and len(parts) in (2, 3) and parts[1] in known:
            versions = known[parts[1]]
            if len(parts) == 2:
                head = {"kind": "APIGroup", "apiVersion": "v1"}
                return _json({**head, **discovery.group_document(parts[1], versions)})
            if parts[2] in versions:
                return _json(discovery.resource_list(parts[1], parts[2], versions[parts[2]]))
        if len(parts) > 1 and (parts[0] == "api" or (parts[0] == "apis" and parts[1] in known)):
            raise ApiError(404, "NotFound", "the server could not find the requested resource", {})
        return Document(b"404 page not found\n", _TEXT, 404)

    def _paths(self) -> list[str]:
        found = ["/api", "/apis", "/openapi/v2", "/openapi/v3", "/version", *_HEALTH]
        for path, group, _ in openapi.paths(self._server.registry):
            found.append(f"/{path}")
            if group:
                found.append(f"/apis/{group}")
        return list(dict.fromkeys(found))

    def _aggregated(self, path: str, wanted: negotiation.Wanted) -> Document:
        api_version = f"apidiscovery.k8s.io/{wanted.version or 'v2'}"
        body = orjson.dumps(discovery.aggregated(self._server.registry, path == "/api", api_version))
        content_type = f"application/json;g=apidiscovery.k8s.io;v={wanted.version or 'v2'};as=APIGroupDiscoveryList"
        etag = hashlib.sha256(body).hexdigest().upper()
        return Document(body, content_type, headers=[(b"etag", f'"{etag}"'.encode()), (b"vary", b"Accept")])

    def _openapi(self, path: str, accept: str) -> Document:
        registry = self._server.registry
        if path == "/openapi/v2":
            if "protobuf" in accept and "json" not in accept and "*/*" not in accept:
                return Document(b"406 not acceptable: only application/json is served\n", _TEXT, 406)
            return _json(openapi.document_v2(registry))
        if path == "/openapi/v3":
            listed: Json = {}
            for name, group, version in openapi.paths(registry):
                digest = self._digest(group, version)
                listed[name] = {"serverRelativeURL": f"/openapi/v3/{name}?hash={digest}"}
            return _json({"paths": listed})
        for name, group, version in openapi.paths(registry):
            if path == f"/openapi/v3/{name}":
                found = _json(openapi.document(registry, group, version))
                found.headers.append((b"cache-control", f"public, immutable, max-age={_YEAR_SECONDS}".encode()))
                return found
        return Document(b"404 page not found\n", _TEXT, 404)

    def _digest(self, group: str, version: str) -> str:
        """A name for the state of a group version's schemas, cheaper than its document."""
        digest = hashlib.sha256(f"{self._server.version_info()['gitVersion']}/{group}/{version}".encode())
        for resource in self._server.registry.all():
            if resource.group == group and version in resource.versions:
                digest.update(resource.plural.encode())
                raw = resource.versions[version].raw_schema
                if raw is not None:
                    digest.update(orjson.dumps(raw))
        return digest.hexdigest().upper()


def _reads_only(path: str) -> bool:
    """Whether a document is refused to all methods but GET; the others are told apart by their path alone."""
    parts = path.strip("/").split("/")
    return parts[0] in ("api", "version") or (parts[0] == "apis" and len(parts) == 3)


def _json(value: Json) -> Document:
    return Document(orjson.dumps(value))
