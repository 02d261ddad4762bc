"""Between the version in which an object is stored and the version in which it is asked for.

Source: apiextensions-apiserver v0.36 pkg/apiserver/conversion (strategy None and webhooks; a typed kind's `convert`
stands for the webhook), kubernetes v1.36 pkg/apis/autoscaling/v1 and pkg/apis/events/v1 (conversions of built-ins).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fairlead.api.kubernetes.versions import convert_built_in
from fairlead.base.objects import Json
from fairlead.server.registry import Resource
from fairlead.server.store import Record


def to_stored(resource: Resource, version: str, obj: Json) -> Json:
    """*obj*, given in *version* of *resource*, as it is stored."""
    target = resource.stored_as
    if target is resource and version == resource.storage:
        return obj
    return _converter(resource, target.group, target.storage)(obj)


def in_version(resource: Resource, version: str, record: Record) -> Json:
    """The object of *record* in *version* of *resource*: shared, read-only."""
    if resource.alias_of is None and version == resource.storage:
        return record.view
    api_version = resource.api_version(version)
    return record.in_version(api_version, _converter(resource, resource.group, version))


def convert(resource: Resource, version: str, stored: Json) -> Json:
    """A stored form that is in no record (a dry run's outcome) in *version*."""
    if resource.alias_of is None and version == resource.storage:
        return stored
    return _converter(resource, resource.group, version)(stored)


def _converter(resource: Resource, group: str, version: str) -> Callable[[Json], Json]:
    api_version = f"{group}/{version}" if group else version
    rules = resource.rules
    if rules is not None and rules.convert is not None:
        made = rules.convert
        return lambda obj: made(obj, version)
    if resource.custom:
        return lambda obj: {**obj, "apiVersion": api_version}

    def built_in(obj: Json) -> Json:
        converted: dict[str, Any] = convert_built_in(obj, api_version)
        return converted

    return built_in
