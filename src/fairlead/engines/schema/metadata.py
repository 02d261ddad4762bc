"""Check the metadata of an object, on create and on update.

Source: k8s.io/apimachinery v0.36 pkg/api/validation/objectmeta.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fairlead.engines.schema import errors as e
from fairlead.engines.schema import names
from fairlead.engines.schema.errors import FieldError

_ANNOTATIONS_LIMIT_BYTES: Final = 256 * 1024
_IMMUTABLE: Final = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")

Json = Mapping[str, Any]


def validate_metadata(
    meta: Json, *, namespaced: bool, check_name: names.NameCheck = names.check_dns1123_subdomain, path: str = "metadata"
) -> list[FieldError]:
    """Return everything that is wrong with the metadata of an object."""
    found: list[FieldError] = []
    prefix, name = meta.get("generateName") or "", meta.get("name") or ""
    if prefix:
        checked = prefix[:-1] + "a" if prefix.endswith("-") else prefix
        found.extend(e.invalid(f"{path}.generateName", prefix, text) for text in check_name(checked))
    if not name:
        found.append(e.required(f"{path}.name", "name or generateName is required"))
    else:
        found.extend(e.invalid(f"{path}.name", name, text) for text in check_name(name))
    namespace = meta.get("namespace") or ""
    if namespaced and not namespace:
        found.append(e.required(f"{path}.namespace"))
    elif namespaced:
        found.extend(e.invalid(f"{path}.namespace", namespace, t) for t in names.check_dns1123_label(namespace))
    elif namespace:
        found.append(e.forbidden(f"{path}.namespace", "not allowed on this type"))
    return found + _common(meta, path)


def validate_metadata_update(new: Json, old: Json, *, path: str = "metadata") -> list[FieldError]:
    """Return what an update may not do to metadata."""
    found: list[FieldError] = []
    if old.get("deletionTimestamp"):
        extra = sorted(set(new.get("finalizers") or ()) - set(old.get("finalizers") or ()))
        if extra:
            shown = "[]string{" + ", ".join(map(e.quote, extra)) + "}"
            text = f"no new finalizers can be added if the object is being deleted, found new finalizers {shown}"
            found.append(e.forbidden(f"{path}.finalizers", text))
    if not new.get("resourceVersion"):
        found.append(e.invalid(f"{path}.resourceVersion", "", "must be specified for an update"))
    if (new.get("generation") or 0) < (old.get("generation") or 0):
        found.append(e.invalid(f"{path}.generation", new.get("generation") or 0, "must not be decremented"))
    for key in _IMMUTABLE:
        if (new.get(key) or None) != (old.get(key) or None):
            empty = "" if key in ("name", "namespace", "uid") else None
            found.append(e.invalid(f"{path}.{key}", new.get(key, empty), "field is immutable"))
    return found + _common(new, path)


def _common(meta: Json, path: str) -> list[FieldError]:
    found: list[FieldError] = []
    if (meta.get("generation") or 0) < 0:
        text = "must be greater than or equal to 0"
        found.append(e.invalid(f"{path}.generation", meta["generation"], text))
    for key, value in (meta.get("labels") or {}).items():
        found.extend(e.invalid(f"{path}.labels", key, text) for text in names.check_label_key(key))
        found.extend(e.invalid(f"{path}.labels", value, text) for text in names.check_label_value(value or ""))
    found.extend(_annotations(meta.get("annotations") or {}, f"{path}.annotations"))
    found.extend(_owners(meta.get("ownerReferences") or [], f"{path}.ownerReferences"))
    finalizers = meta.get("finalizers") or []
    for finalizer in finalizers:
        found.extend(e.invalid(f"{path}.finalizers", finalizer, text) for text in names.check_label_key(finalizer))
    if "orphan" in finalizers and "foregroundDeletion" in finalizers:
        text = "finalizer orphan and foregroundDeletion cannot be both set"
        found.append(e.invalid(f"{path}.finalizers", finalizers, text))
    return found


def _annotations(annotations: Json, path: str) -> list[FieldError]:
    found = [e.invalid(path, key, text) for key in annotations for text in names.check_label_key(key.lower())]
    size = sum(len(key.encode()) + len((value or "").encode()) for key, value in annotations.items())
    if size > _ANNOTATIONS_LIMIT_BYTES:
        found.append(e.too_long(path, _ANNOTATIONS_LIMIT_BYTES))
    return found


def _owners(owners: list[Json], path: str) -> list[FieldError]:
    found: list[FieldError] = []
    controller = ""
    for owner in owners:
        version = (owner.get("apiVersion") or "").rpartition("/")[2]
        if not version:
            found.append(e.invalid(f"{path}.apiVersion", owner.get("apiVersion") or "", "version must not be empty"))
        for key in ("kind", "name", "uid"):
            if not owner.get(key):
                found.append(e.invalid(f"{path}.{key}", "", "must not be empty"))
        if (owner.get("apiVersion"), owner.get("kind")) == ("v1", "Event"):
            text = "/v1, Kind=Event is disallowed from being an owner"
            found.append(e.invalid(path, owner, text))
        if owner.get("controller"):
            shown = f"{owner.get('kind')}/{owner.get('name')}"
            if controller:
                text = (
                    "Only one reference can have Controller set to true. "
                    f'Found "true" in references for {controller} and {shown}'
                )
                found.append(e.invalid(path, owners, text))
            else:
                controller = shown
    return found
