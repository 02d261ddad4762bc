"""From a method and a path to what is asked for.

Source: apiserver v0.36 pkg/endpoints/request/requestinfo.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote

from fairlead.server.authorization import Attributes

_VERBS = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_NAMESPACE_SUBRESOURCES = ("status", "finalize")


@dataclass(slots=True)
class Route:
    """A parsed request line. Without `resource` it is about a path (discovery, health, …)."""

    method: str
    path: str
    query: Mapping[str, list[str]] = field(default_factory=dict)
    verb: str = ""
    group: str = ""
    version: str = ""
    namespace: str = ""
    resource: str = ""
    name: str = ""
    subresource: str = ""
    rest: tuple[str, ...] = ()  # what follows a subresource: a proxied path

    def one(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        found = self.query.get(name)
        return found[0] if found else default

    def flag(self, name: str) -> bool:
        """Whether a query parameter is true, as Go's ParseBool reads it."""
        found = self.query.get(name)
        return found is not None and found[0].lower() not in ("0", "f", "false")

    @property
    def deed(self) -> Attributes:
        """What an authorizer judges."""
        return Attributes(
            self.verb,
            self.group,
            self.resource,
            self.subresource,
            self.namespace,
            self.name,
            "" if self.resource else self.path,
        )


def parse(method: str, path: str, query: str) -> Route:
    """Read a request line."""
    route = Route(method, path, parse_qs(query, keep_blank_values=True) if query else {})
    route.verb = _VERBS.get(method, method.lower())
    parts = [unquote(part) for part in path.strip("/").split("/")] if path != "/" else []
    if len(parts) >= 3 and parts[0] == "api":
        route.version, rest = parts[1], parts[2:]
    elif len(parts) >= 4 and parts[0] == "apis":
        route.group, route.version, rest = parts[1], parts[2], parts[3:]
    else:
        return route
    _resource(route, rest)
    return route


def _resource(route: Route, parts: list[str]) -> None:
    watching = False
    if parts[0] in ("watch", "proxy"):
        watching, parts = parts[0] == "watch", parts[1:]
        if not parts:
            return
    if parts[0] == "namespaces" and len(parts) > 1:
        route.namespace = parts[1]
        if len(parts) > 2 and parts[2] not in _NAMESPACE_SUBRESOURCES:
            parts = parts[2:]
    route.resource = parts[0]
    route.name = parts[1] if len(parts) > 1 else ""
    route.subresource = parts[2] if len(parts) > 2 else ""
    route.rest = tuple(parts[3:])
    if route.name:
        return
    if route.verb == "get":
        route.verb = "watch" if watching or route.flag("watch") else "list"
    elif route.verb == "delete":
        route.verb = "deletecollection"
