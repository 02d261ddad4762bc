"""Who may do what: RBAC, and the questions that clients ask about it.

Source: kubernetes v1.36 plugin/pkg/auth/authorizer/rbac/rbac.go and pkg/registry/rbac/validation/rule.go;
apiserver v0.36 pkg/endpoints/handlers/responsewriters/errors.go (text of refusals).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fairlead.api.errors import ApiError, forbidden
from fairlead.base.objects import Json, Key
from fairlead.server.identity import User
from fairlead.server.store import Store

_RBAC = "rbac.authorization.k8s.io"
_PUBLIC_PATHS = ("/healthz", "/livez", "/readyz", "/version", "/version/")
_DISCOVERY_PATHS = (*_PUBLIC_PATHS, "/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*")
# What everybody may do to themselves: system:basic-user.
_SELF_REVIEWS = {
    "authorization.k8s.io": ("selfsubjectaccessreviews", "selfsubjectrulesreviews"),
    "authentication.k8s.io": ("selfsubjectreviews",),
}


@dataclass(frozen=True, slots=True)
class Attributes:
    """One deed to be judged: on a resource, or on a path when `resource` is empty."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def full_resource(self) -> str:
        """The resource as rules name it."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


class Authorizer:
    """Judges by the RBAC objects of one server; members of system:masters may do everything."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def allows(self, user: User, deed: Attributes) -> bool:
        """Whether *user* may do it."""
        if user.is_master:
            return True
        if not deed.resource:
            paths = _DISCOVERY_PATHS if "system:authenticated" in user.groups else _PUBLIC_PATHS
            if deed.verb == "get" and _path_matches(paths, deed.path):
                return True
        elif deed.verb == "create" and deed.resource in _SELF_REVIEWS.get(deed.group, ()):
            return "system:authenticated" in user.groups
        return any(_rule_allows(rule, deed) for rule in self.rules(user, deed.namespace))

    def check(self, user: User, deed: Attributes) -> None:
        """Raises: ApiError Forbidden, in upstream's words."""
        if not self.allows(user, deed):
            raise refusal(user, deed)

    def rules(self, user: User, namespace: str) -> Iterator[Json]:
        """The rules that hold for *user*, everywhere and in *namespace*."""
        for record in self._store.select(f"clusterrolebindings.{_RBAC}"):
            if _binds(record.view, user, ""):
                yield from self._role_rules(record.view, "")
        if not namespace:
            return
        for record in self._store.select(f"rolebindings.{_RBAC}", namespace):
            if _binds(record.view, user, namespace):
                yield from self._role_rules(record.view, namespace)

    def _role_rules(self, binding: Json, namespace: str) -> Iterator[Json]:
        ref = binding.get("roleRef") or {}
        if ref.get("kind") == "Role":
            record = self._store.get(f"roles.{_RBAC}", Key(namespace, ref.get("name", "")))
        else:
            record = self._store.get(f"clusterroles.{_RBAC}", Key("", ref.get("name", "")))
        if record is not None:
            yield from record.view.get("rules") or ()


def _binds(binding: Json, user: User, namespace: str) -> bool:
    for subject in binding.get("subjects") or ():
        kind, name = subject.get("kind"), subject.get("name", "")
        if kind == "User" and name == user.name:
            return True
        if kind == "Group" and name in user.groups:
            return True
        if kind == "ServiceAccount":
            home = subject.get("namespace") or namespace
            if user.name == f"system:serviceaccount:{home}:{name}":
                return True
    return False


def _path_matches(patterns: object, path: str) -> bool:
    for pattern in patterns if isinstance(patterns, (list, tuple)) else ():
        if pattern in ("*", path) or (pattern.endswith("*") and path.startswith(pattern[:-1])):
            return True
    return False


def _rule_allows(rule: Json, deed: Attributes) -> bool:
    verbs = rule.get("verbs") or ()
    if "*" not in verbs and deed.verb not in verbs:
        return False
    if not deed.resource:
        return _path_matches(rule.get("nonResourceURLs"), deed.path)
    groups = rule.get("apiGroups") or ()
    if "*" not in groups and deed.group not in groups:
        return False
    resources = rule.get("resources") or ()
    named = deed.full_resource
    if not ("*" in resources or named in resources or (deed.subresource and f"*/{deed.subresource}" in resources)):
        return False
    names = rule.get("resourceNames") or ()
    return not names or deed.name in names


def refusal(user: User, deed: Attributes) -> ApiError:
    """The 403 for *deed*."""
    if not deed.resource:
        return forbidden(f'forbidden: User "{user.name}" cannot {deed.verb} path "{deed.path}"', {})
    qualified = f"{deed.resource}.{deed.group}" if deed.group else deed.resource
    where = f'in the namespace "{deed.namespace}"' if deed.namespace else "at the cluster scope"
    name = f' "{deed.name}"' if deed.name else ""
    text = (
        f'{qualified}{name} is forbidden: User "{user.name}" cannot {deed.verb} resource "{deed.full_resource}" '
        f'in API group "{deed.group}" {where}'
    )
    details = {"name": deed.name, "group": deed.group, "kind": deed.resource}
    return forbidden(text, {key: value for key, value in details.items() if value})
