"""Discovery: which groups, versions and resources there are, in the old documents and the aggregated one.

Source: apiserver v0.36 pkg/endpoints/discovery and pkg/endpoints/discovery/aggregated; what a server without extra
flags answers.
"""

from __future__ import annotations

import base64
import hashlib

from fairlead.api.kubernetes.resources import Subresource
from fairlead.base.objects import Json
from fairlead.server.registry import Registry, Resource, version_priority


def groups(registry: Registry) -> dict[str, dict[str, list[Resource]]]:
    """The served resources by group and version; versions in order of priority."""
    found: dict[str, dict[str, list[Resource]]] = {}
    for resource in registry.all():
        versions = found.setdefault(resource.group, {})
        for name, version in resource.versions.items():
            if version.served:
                versions.setdefault(name, []).append(resource)
    for group, versions in found.items():
        if any(resource.custom for resources in versions.values() for resource in resources):
            found[group] = {name: versions[name] for name in sorted(versions, key=version_priority)}
    return {group: versions for group, versions in found.items() if versions}


def storage_version_hash(resource: Resource) -> str:
    """The hash of where objects are stored, as discovery shows it."""
    target = resource.stored_as
    text = f"{target.group}/{target.storage}/{target.kind}"
    return base64.b64encode(hashlib.sha256(text.encode()).digest()[:8]).decode()


def legacy_versions() -> Json:
    """`/api`."""
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def group_document(group: str, versions: dict[str, list[Resource]]) -> Json:
    """`/apis/<group>` without its head."""
    listed = [{"groupVersion": f"{group}/{version}", "version": version} for version in versions]
    return {"name": group, "versions": listed, "preferredVersion": listed[0]}


def group_list(registry: Registry) -> Json:
    """`/apis`."""
    found = [group_document(group, versions) for group, versions in groups(registry).items() if group]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": found}


def _subresources(resource: Resource, version: str) -> tuple[Subresource, ...]:
    own = resource.versions[version].subresources
    return own if own is not None else resource.subresources


def resource_list(group: str, version: str, resources: list[Resource]) -> Json:
    """`/api/v1` and `/apis/<group>/<version>`."""
    entries: list[Json] = []
    for resource in resources:
        entry: Json = {
            "name": resource.plural,
            "singularName": resource.singular,
            "namespaced": resource.namespaced,
            "kind": resource.kind,
            "verbs": list(resource.verbs),
        }
        if resource.short_names:
            entry["shortNames"] = list(resource.short_names)
        if resource.categories:
            entry["categories"] = list(resource.categories)
        if "watch" in resource.verbs:
            entry["storageVersionHash"] = storage_version_hash(resource)
        entries.append(entry)
        for sub in _subresources(resource, version):
            extra: Json = {"group": sub.group, "version": sub.version} if sub.group else {}
            kind = sub.kind or resource.kind
            entries.append(
                {
                    "name": f"{resource.plural}/{sub.name}",
                    "singularName": "",
                    "namespaced": resource.namespaced,
                    **extra,
                    "kind": kind,
                    "verbs": list(sub.verbs),
                }
            )
    api_version = f"{group}/{version}" if group else version
    if not any(resource.custom for resource in resources):
        entries.sort(key=lambda entry: str(entry["name"]))
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version, "resources": entries}


def aggregated(registry: Registry, core: bool, api_version: str) -> Json:
    """`/api` or `/apis` as an APIGroupDiscoveryList."""
    items = []
    for group, versions in groups(registry).items():
        if bool(group) == core:
            continue
        listed = [
            {
                "version": version,
                "resources": [_aggregated_resource(resource, version) for resource in resources],
                "freshness": "Current",
            }
            for version, resources in versions.items()
        ]
        items.append({"metadata": {"name": group} if group else {}, "versions": listed})
    return {"kind": "APIGroupDiscoveryList", "apiVersion": api_version, "metadata": {}, "items": items}


def _aggregated_resource(resource: Resource, version: str) -> Json:
    group_version = {"group": resource.group, "version": version} if resource.custom else {"group": "", "version": ""}
    entry: Json = {
        "resource": resource.plural,
        "responseKind": {**group_version, "kind": resource.kind},
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    subs = [
        {
            "subresource": sub.name,
            "responseKind": {"group": sub.group, "version": sub.version, "kind": sub.kind}
            if sub.kind
            else {**group_version, "kind": resource.kind},
            "verbs": list(sub.verbs),
        }
        for sub in _subresources(resource, version)
    ]
    if subs:
        entry["subresources"] = subs
    return entry
