"""The rules of `metadata`: names, labels, annotations, owners, and what callers may not change.

Source: apimachinery v0.36, pkg/api/validation/objectmeta.go and pkg/util/validation/validation.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from fairlead.base.objects import Json
from fairlead.engines.schema.errors import FieldError, Verbatim, forbidden, go_json, invalid, required

TOTAL_ANNOTATION_LIMIT_BYTES = 256 * 1024
GENERATED_NAME_LIMIT = 58  # of 63, five are the random suffix

SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
LABEL_1123_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
LABEL_1035_TEXT = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')"
)
_QUALIFIED_TEXT = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_LABEL_KEY_TEXT = (
    "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' "
    "(e.g. 'example.com/MyName')"
)
_LABEL_VALUE_TEXT = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z")
_LABEL_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?\Z")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\Z")
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?\Z")

NameRule = Callable[[str], list[str]]


def subdomain(name: str) -> list[str]:
    """What is wrong with *name* as a DNS subdomain."""
    found = []
    if len(name) > 253:
        found.append("must be no more than 253 characters")
    if not _SUBDOMAIN.match(name):
        found.append(SUBDOMAIN_TEXT)
    return found


def label_1123(name: str) -> list[str]:
    """What is wrong with *name* as a DNS label."""
    found = []
    if len(name) > 63:
        found.append("must be no more than 63 characters")
    if not _LABEL.match(name):
        found.append("must not contain dots" if _SUBDOMAIN.match(name) else LABEL_1123_TEXT)
    return found


def label_1035(name: str) -> list[str]:
    """What is wrong with *name* as a DNS label that starts with a letter."""
    found = []
    if len(name) > 63:
        found.append("must be no more than 63 characters")
    if not _LABEL_1035.match(name):
        found.append(LABEL_1035_TEXT)
    return found


def path_segment(name: str) -> list[str]:
    """What is wrong with *name* as one step of a URL path."""
    if name in (".", ".."):
        return [f"may not be '{name}'"]
    return [f"may not contain '{char}'" for char in "/%" if char in name]


_STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")
_NAME_RULES: Mapping[str, NameRule] = {
    "namespaces": label_1123,
    "services": label_1123,
    "roles.rbac.authorization.k8s.io": path_segment,
    "clusterroles.rbac.authorization.k8s.io": path_segment,
    "rolebindings.rbac.authorization.k8s.io": path_segment,
    "clusterrolebindings.rbac.authorization.k8s.io": path_segment,
    "limitranges": subdomain,
}


def qualified_name(text: str) -> list[str]:
    """What is wrong with *text* as a label or annotation key."""
    found: list[str] = []
    prefix, slash, name = text.rpartition("/")
    if slash:
        if "/" in prefix:
            return [_LABEL_KEY_TEXT]
        if not prefix:
            found.append("prefix part must be non-empty")
        else:
            found.extend(
                f"prefix part {each.replace('characters', 'bytes', each[:4] == 'must')}" for each in subdomain(prefix)
            )
    if not name:
        found.append("name part must be non-empty")
    elif len(name) > 63:
        found.append("name part must be no more than 63 bytes")
    if not _QUALIFIED.match(name):
        found.append(_QUALIFIED_TEXT)
    return found


def label_value(text: str) -> list[str]:
    """What is wrong with *text* as the value of a label."""
    found = []
    if len(text) > 63:
        found.append("must be no more than 63 bytes")
    if not _LABEL_VALUE.match(text):
        found.append(_LABEL_VALUE_TEXT)
    return found


def validate_labels(labels: Mapping[str, Any], path: str) -> list[FieldError]:
    """What is wrong with a map of labels."""
    found: list[FieldError] = []
    for key, value in labels.items():
        found.extend(invalid(path, key, each) for each in qualified_name(key))
        found.extend(invalid(path, value, each) for each in label_value(value if value is not None else ""))
    return found


def validate(ident: str, metadata: Mapping[str, Any], namespaced: bool) -> list[FieldError]:
    """What is wrong with the metadata of a new or changed object of the resource *ident*."""
    found: list[FieldError] = []
    generate = metadata.get("generateName") or ""
    rule = _NAME_RULES.get(ident, subdomain)
    if generate:
        stem = generate[:-1] + "a" if generate.endswith("-") else generate
        found.extend(invalid("metadata.generateName", generate, each) for each in rule(stem))
    name = metadata.get("name") or ""
    if not name:
        found.append(required("metadata.name", "name or generateName is required"))
    else:
        found.extend(invalid("metadata.name", name, each) for each in rule(name))
    namespace = metadata.get("namespace") or ""
    if namespaced:
        if not namespace:
            found.append(required("metadata.namespace"))
        else:
            found.extend(invalid("metadata.namespace", namespace, each) for each in label_1123(namespace))
    elif namespace:
        found.append(forbidden("metadata.namespace", "not allowed on this type"))
    found.extend(_extras(metadata))
    return found


def _extras(metadata: Mapping[str, Any]) -> list[FieldError]:
    found: list[FieldError] = []
    if labels := metadata.get("labels"):
        found.extend(validate_labels(labels, "metadata.labels"))
    if annotations := metadata.get("annotations"):
        for key in annotations:
            found.extend(invalid("metadata.annotations", key, each) for each in qualified_name(key.lower()))
        size = sum(len(key) + len(value or "") for key, value in annotations.items())
        if size > TOTAL_ANNOTATION_LIMIT_BYTES:
            text = f"may not be more than {TOTAL_ANNOTATION_LIMIT_BYTES} bytes"
            found.append(FieldError("FieldValueTooLong", "metadata.annotations", detail=text))
    if owners := metadata.get("ownerReferences"):
        found.extend(_owners(owners))
    finalizers = metadata.get("finalizers") or ()
    for finalizer in finalizers:
        found.extend(invalid("metadata.finalizers", finalizer, each) for each in qualified_name(finalizer))
    if "orphan" in finalizers and "foregroundDeletion" in finalizers:
        text = "finalizer orphan and foregroundDeletion cannot be both set"
        found.append(invalid("metadata.finalizers", list(finalizers), text))
    return found


def validate_finalizers(metadata: Mapping[str, Any]) -> list[FieldError]:
    """Built-in kinds take finalizers with a domain only, besides the garbage collector's own."""
    text = "name is neither a standard finalizer name nor is it fully qualified"
    return [
        invalid(f"metadata.finalizers[{index}]", name, text)
        for index, name in enumerate(metadata.get("finalizers") or ())
        if "/" not in name and name not in _STANDARD_FINALIZERS
    ]


def _owners(owners: list[Json]) -> list[FieldError]:
    found: list[FieldError] = []
    controller = ""
    path = "metadata.ownerReferences"
    for owner in owners:
        version = owner.get("apiVersion") or ""
        if not version or version.count("/") > 1:
            found.append(invalid(f"{path}.apiVersion", version, "version must not be empty"))
        found.extend(
            invalid(f"{path}.{name}", "", "must not be empty")
            for name in ("kind", "name", "uid")
            if not owner.get(name)
        )
        if (version, owner.get("kind")) == ("v1", "Event"):
            found.append(invalid(path, _shown(owner), "/v1, Kind=Event is disallowed from being an owner"))
        if owner.get("controller"):
            called = f"{owner.get('kind') or ''}/{owner.get('name') or ''}"
            if controller:
                text = "Only one reference can have Controller set to true. "
                text += f'Found "true" in references for {controller} and {called}'
                found.append(invalid(path, Verbatim(f"[{','.join(map(_shown, owners))}]"), text))
            controller = called
    return found


def _shown(owner: Json) -> Verbatim:
    """An owner as Go prints it."""
    fields = ("apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion")
    return Verbatim(f"{{{','.join(f'{go_json(name)}:{go_json(owner[name])}' for name in fields if name in owner)}}}")


_IMMUTABLE = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")


def validate_update(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[FieldError]:
    """What an update may not do to metadata."""
    found: list[FieldError] = []
    if old.get("deletionTimestamp"):
        added = [each for each in new.get("finalizers") or () if each not in (old.get("finalizers") or ())]
        if added:
            shown = ", ".join(f'"{each}"' for each in added)
            text = "no new finalizers can be added if the object is being deleted, found new finalizers []string{%s}"
            found.append(forbidden("metadata.finalizers", text % shown))
    for name in _IMMUTABLE:
        if new.get(name) != old.get(name):
            found.append(invalid(f"metadata.{name}", new.get(name), "field is immutable"))
    return found
