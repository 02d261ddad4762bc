"""Which kinds live in namespaces, as far as the objects of a cluster tell.

The client protocol has no discovery: Kubernetes' own kinds are known, all others are defined by the cluster's
CustomResourceDefinitions.
"""

from collections.abc import Iterable
from functools import cache

from fairlead.api.kubernetes.resources import built_ins
from fairlead.base.objects import GVK, Json, get_in
from fairlead.runtime.client import Client

DEFINITION = GVK("apiextensions.k8s.io", "v1", "CustomResourceDefinition")


@cache
def _known() -> dict[tuple[str, str], bool]:
    return {(item.group, item.kind): item.namespaced for item in built_ins()}


@cache
def _served() -> frozenset[GVK]:
    return frozenset(GVK(item.group, version, item.kind) for item in built_ins() for version in item.versions)


class Scopes:
    """Answers for one cluster; a kind that is not known yet is looked up among its definitions once more."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._defined: dict[tuple[str, str], bool] = {}
        self._versions: set[GVK] = set()
        self._version = ""

    async def is_namespaced(self, gvk: GVK) -> bool:
        """Whether objects of this kind have a namespace; kinds that nothing defines are taken to have one."""
        key = (gvk.group, gvk.kind)
        known = _known().get(key, self._defined.get(key))
        if known is None:
            await self.refresh()
            known = self._defined.get(key, True)
        return known

    def is_known_namespaced(self, gvk: GVK) -> bool:
        """The same without a look at the cluster."""
        key = (gvk.group, gvk.kind)
        return _known().get(key, self._defined.get(key, True))

    async def is_served(self, gvk: GVK) -> bool:
        """Whether the cluster knows this version of the kind."""
        if gvk in _served() or gvk in self._versions:
            return True
        await self.refresh()
        return gvk in self._versions

    async def refresh(self) -> None:
        """Read the cluster's definitions."""
        self._versions.clear()
        for obj in (await self._client.list(DEFINITION)).items:
            self.learn((obj,))
            group, kind = get_in(obj, "spec", "group", default=""), get_in(obj, "spec", "names", "kind", default="")
            served = [version for version in get_in(obj, "spec", "versions", default=[]) if version.get("served")]
            self._versions.update(GVK(group, version["name"], kind) for version in served)

    def learn(self, definitions: Iterable[Json]) -> None:
        """Take the definitions among *definitions* into account."""
        for obj in definitions:
            if obj.get("kind") == DEFINITION.kind:
                key = (get_in(obj, "spec", "group", default=""), get_in(obj, "spec", "names", "kind", default=""))
                self._defined[key] = get_in(obj, "spec", "scope") != "Cluster"

    async def server_version(self) -> str:
        """The cluster's version; asked once for each connection."""
        if not self._version:
            self._version = await self._client.version()
        return self._version

    async def api_versions(self) -> list[str]:
        """What `.Capabilities.APIVersions` names beyond Kubernetes' own: versions, and versions with kinds."""
        found: list[str] = []
        for obj in (await self._client.list(DEFINITION)).items:
            group, kind = get_in(obj, "spec", "group"), get_in(obj, "spec", "names", "kind")
            for version in get_in(obj, "spec", "versions", default=[]):
                if version.get("served"):
                    found += [f"{group}/{version['name']}", f"{group}/{version['name']}/{kind}"]
        return sorted(set(found)) + _built_in_kinds()


@cache
def _built_in_versions() -> tuple[str, ...]:
    found: list[str] = []
    for item in built_ins():
        for version in item.versions:
            prefix = f"{item.group}/{version}" if item.group else version
            found += [prefix, f"{prefix}/{item.kind}"]
    return tuple(sorted(set(found)))


def _built_in_kinds() -> list[str]:
    return list(_built_in_versions())
