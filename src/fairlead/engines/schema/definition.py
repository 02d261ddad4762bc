"""What is wrong with a CustomResourceDefinition, in the API server's words.

Source: k8s.io/apiextensions-apiserver v0.36 pkg/apis/apiextensions/validation/validation.go. Upstream looks at its own
form of a definition, in which what all versions have alike stands once for all: errors name that place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from fairlead.engines.merge.patches import equal
from fairlead.engines.schema import errors as e
from fairlead.engines.schema.definition_schema import check_schema
from fairlead.engines.schema.errors import FieldError, Verbatim
from fairlead.engines.schema.field_paths import resolve
from fairlead.engines.schema.names import check_dns1035_label, check_dns1123_subdomain
from fairlead.engines.schema.structural import conversion_error

Raw = Mapping[str, Any]

_PORTS: Final = 65535
_SELECTABLE_LIMIT: Final = 8
_WARNING_LIMIT: Final = 256
_COLUMN_TYPES: Final = ("boolean", "date", "integer", "number", "string")
_COLUMN_FORMATS: Final = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")
_REVIEWS: Final = ("v1", "v1beta1")
_SCALAR: Final = "must point to a field of type string, boolean or integer. Enum string fields and strings with formats"
_PRESERVE: Final = (
    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
)


_APPROVED: Final = "api-approved.kubernetes.io"
_APPROVAL: Final = "https://github.com/kubernetes/enhancements/pull/1111"


class _Shared:
    """A part of versions, and whether all have it alike: then it stands once, under *name* of the spec."""

    def __init__(self, versions: Sequence[Raw], key: str, name: str) -> None:
        self.values = [each.get(key) or None for each in versions]
        self.is_shared = bool(versions) and all(equal(each, self.values[0]) for each in self.values)
        self._key, self._name = key, name

    def places(self) -> Iterator[tuple[str, Any, list[int]]]:
        """Each place of the part, its value there, and the versions it is of."""
        if self.is_shared:
            yield f"spec.{self._name}", self.values[0], list(range(len(self.values)))
        else:
            for index, value in enumerate(self.values):
                yield f"spec.versions[{index}].{self._key}", value, [index]


def check_definition(obj: Raw, old: Raw | None = None) -> list[FieldError]:
    """Return what is wrong with the definition *obj*, beside its metadata; *old* is what it replaces, if anything.

    A spec that stays as it was is not looked at again: it may be from before a check was made.
    """
    spec: Raw = obj.get("spec") or {}
    before: Raw = (old.get("spec") or {}) if old is not None else {}
    if old is not None and equal(spec, before):
        return []
    found = [*_spec(spec, before), *_stored_versions(obj, spec), *_approval(obj, spec, old)]
    if old is not None:
        found.extend(_immutable(spec, before, old))
    if spec.get("preserveUnknownFields") and not before.get("preserveUnknownFields"):
        found.append(e.invalid("spec.preserveUnknownFields", True, _PRESERVE))
    return found


def _approval(obj: Raw, spec: Raw, old: Raw | None) -> Iterator[FieldError]:
    """Groups of the Kubernetes community need a note that somebody approved of them."""
    group = spec.get("group") or ""
    if not f".{group}".endswith((".k8s.io", ".kubernetes.io")):
        return
    annotation = _approved(obj)
    if old is not None and bool(annotation) == bool(_approved(old)):
        return
    at, parts = f"metadata.annotations[{_APPROVED}]", urlsplit(annotation)
    if not annotation:
        yield e.required(at, f'protected groups must have approval annotation "{_APPROVED}", see {_APPROVAL}')
    elif not annotation.startswith("unapproved") and not (parts.scheme and parts.netloc):
        text = f'protected groups must have approval annotation "{_APPROVED}" with either a URL or a reason starting'
        yield e.invalid(at, annotation, f'{text} with "unapproved", see {_APPROVAL}')


def _approved(obj: Raw) -> str:
    return ((obj.get("metadata") or {}).get("annotations") or {}).get(_APPROVED) or ""


def _immutable(spec: Raw, before: Raw, old: Raw) -> Iterator[FieldError]:
    conditions = (old.get("status") or {}).get("conditions") or ()
    established = any(each.get("type") == "Established" and each.get("status") == "True" for each in conditions)
    fields: list[tuple[str, ...]] = [("scope",), ("names", "kind")] if established else []
    for path in (*fields, ("group",), ("names", "plural")):
        now, was = _at(spec, path), _at(before, path)
        if now != was:
            yield e.invalid(f"spec.{'.'.join(path)}", now, "field is immutable")


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value or ""


def _spec(spec: Raw, before: Raw) -> Iterator[FieldError]:
    yield from _group(spec.get("group") or "")
    scope = spec.get("scope") or ""
    if not scope:
        yield e.required("spec.scope")
    elif scope not in ("Cluster", "Namespaced"):
        yield e.not_supported("spec.scope", scope, ("Cluster", "Namespaced"))
    versions: Sequence[Raw] = spec.get("versions") or []
    for index, version in enumerate(versions):
        if not (version.get("schema") or {}).get("openAPIV3Schema"):
            yield e.required(f"spec.versions[{index}].schema.openAPIV3Schema")
    for index, version in enumerate(versions):
        yield from _labels(f"spec.versions[{index}].name", version.get("name") or "")
        yield from _deprecation(version, f"spec.versions[{index}].deprecationWarning")
    shared = {
        "validation": _Shared(versions, "schema", "validation"),
        "subresources": _Shared(versions, "subresources", "subresources"),
        "columns": _Shared(versions, "additionalPrinterColumns", "additionalPrinterColumns"),
        "selectable": _Shared(versions, "selectableFields", "selectableFields"),
    }
    yield from _unique(versions, _shown(versions, shared) if versions else Verbatim(e.go_json(spec.get("versions"))))
    if versions:
        yield from _labels("spec.version", versions[0].get("name") or "")
    yield from _names(spec.get("names") or {})
    yield from _schemas(versions, shared["validation"], before)
    for path, value, _ in shared["subresources"].places():
        yield from _scale((value or {}).get("scale"), f"{path}.scale")
    for path, columns, _ in shared["columns"].places():
        for index, column in enumerate(columns or ()):
            yield from _column(column, f"{path}[{index}]")
    for path, fields, indexes in shared["selectable"].places():
        schema = (versions[indexes[0]].get("schema") or {}).get("openAPIV3Schema") or {}
        yield from _selectable(fields or (), schema, path)
    yield from _conversion(spec.get("conversion") or {}, "spec.conversion")


def _group(group: str) -> Iterator[FieldError]:
    problems = check_dns1123_subdomain(group)
    if not group:
        yield e.required("spec.group")
    elif problems:
        yield e.invalid("spec.group", group, ",".join(problems))
    elif "." not in group:
        yield e.invalid("spec.group", group, "should be a domain with at least one dot")


def _labels(path: str, text: str, lead: str = "") -> Iterator[FieldError]:
    problems = check_dns1035_label(text.lower() if lead else text)
    if problems:
        yield e.invalid(path, text, lead + ",".join(problems))


def _deprecation(version: Raw, path: str) -> Iterator[FieldError]:
    text = version.get("deprecationWarning")
    if text is None:
        return
    if not version.get("deprecated"):
        yield e.invalid(path, text, "can only be set for deprecated versions")
        return
    if len(text.encode()) > _WARNING_LIMIT:
        yield e.invalid(path, text, f"must be <= {_WARNING_LIMIT} characters long")
    if not text:
        yield e.invalid(path, text, "must not be an empty string")
    place = next((len(text[:index].encode()) for index, char in enumerate(text) if not char.isprintable()), None)
    if place is not None:
        note = f"must only contain printable UTF-8 characters; non-printable character found at index {place}"
        yield e.invalid(path, text, note)


def _unique(versions: Sequence[Raw], shown: Verbatim) -> Iterator[FieldError]:
    names = [version.get("name") for version in versions]
    if len(set(names)) != len(names):
        yield e.invalid("spec.versions", shown, "must contain unique version names")
    if sum(bool(version.get("storage")) for version in versions) != 1:
        text = "must have exactly one version marked as storage version"
        yield e.invalid("spec.versions", shown, text)


def _shown(versions: Sequence[Raw], shared: Mapping[str, _Shared]) -> Verbatim:
    """Versions as Go prints its own form of them; what they do not have alike is printed as it was written."""
    parts = (
        ("Name", "name", "", ""),
        ("Served", "served", False, ""),
        ("Storage", "storage", False, ""),
        ("Deprecated", "deprecated", False, ""),
        ("DeprecationWarning", "deprecationWarning", None, ""),
        ("Schema", "schema", None, "validation"),
        ("Subresources", "subresources", None, "subresources"),
        ("AdditionalPrinterColumns", "additionalPrinterColumns", None, "columns"),
        ("SelectableFields", "selectableFields", None, "selectable"),
    )
    texts = []
    for version in versions:
        fields = []
        for name, key, empty, part in parts:
            value = None if part and shared[part].is_shared else version.get(key, empty)
            fields.append(f'"{name}":{e.go_json(value)}')
        texts.append(f"{{{','.join(fields)}}}")
    return Verbatim(f"[{','.join(texts)}]")


def _names(names: Raw) -> Iterator[FieldError]:
    fields = ("plural", "singular", "kind", "listKind")
    for name in fields:
        if not names.get(name):
            yield e.required(f"spec.names.{name}")
    for name in fields:
        lead = "may have mixed case, but should otherwise match: " if "ind" in name else ""
        if names.get(name):
            yield from _labels(f"spec.names.{name}", names[name], lead)
    for index, short in enumerate(names.get("shortNames") or ()):
        yield from _labels(f"spec.names.shortNames[{index}]", short)
    if names.get("kind") and names["kind"] == names.get("listKind"):
        yield e.invalid("spec.names.listKind", names["listKind"], "kind and listKind may not be the same")
    for index, category in enumerate(names.get("categories") or ()):
        yield from _labels(f"spec.names.categories[{index}]", category)


def _schemas(versions: Sequence[Raw], validation: _Shared, before: Raw) -> Iterator[FieldError]:
    old = {each.get("name"): each.get("schema") for each in before.get("versions") or ()}
    for path, value, indexes in validation.places():
        schema = (value or {}).get("openAPIV3Schema")
        known = all(equal(old.get(versions[index].get("name")), value) for index in indexes)
        if not schema or known:
            continue
        has_status = any("status" in (versions[index].get("subresources") or {}) for index in indexes)
        yield from check_schema(schema, f"{path}.openAPIV3Schema", has_status=has_status)


def _scale(scale: Raw | None, path: str) -> Iterator[FieldError]:
    if scale is None:
        return
    fields = (
        ("specReplicasPath", (".spec.",), "should be a json path under .spec"),
        ("statusReplicasPath", (".status.",), "should be a json path under .status"),
        ("labelSelectorPath", (".spec.", ".status."), "should be a json path under either .spec or .status"),
    )
    for name, roots, text in fields:
        value = scale.get(name) or ""
        if not value:
            if name != "labelSelectorPath":
                yield e.required(f"{path}.{name}")
        elif not value.startswith("."):
            yield e.invalid(f"{path}.{name}", value, "must be a simple json path starting with .")
        elif not value.startswith(roots):
            yield e.invalid(f"{path}.{name}", value, text)


def _column(column: Raw, path: str) -> Iterator[FieldError]:
    kind, form, json_path = (column.get(name) or "" for name in ("type", "format", "jsonPath"))
    if not column.get("name"):
        yield e.required(f"{path}.name")
    if kind not in _COLUMN_TYPES:
        text = f"must be one of {','.join(_COLUMN_TYPES)}"
        yield e.invalid(f"{path}.type", kind, text) if kind else e.required(f"{path}.type", text)
    if form and form not in _COLUMN_FORMATS:
        yield e.invalid(f"{path}.format", form, f"must be one of {','.join(_COLUMN_FORMATS)}")
    if not json_path:
        yield e.required(f"{path}.JSONPath")
    elif not json_path.startswith("."):
        yield e.invalid(f"{path}.JSONPath", json_path, "must be a simple json path starting with .")


def _selectable(fields: Sequence[Raw], schema: Raw, path: str) -> Iterator[FieldError]:
    if not fields or conversion_error(schema):
        return
    seen: set[tuple[str, ...]] = set()
    for index, field in enumerate(fields):
        at, json_path = f"{path}[{index}].jsonPath", field.get("jsonPath") or ""
        if not json_path:
            yield e.required(at)
            continue
        problem, parts, target = resolve(json_path, schema, brackets=False)
        if problem:
            yield e.invalid(at, json_path, f"is an invalid path: {problem}")
            continue
        if parts[0] == "metadata":
            yield e.invalid(at, json_path, "must not point to fields in metadata")
        if target.get("type") not in ("string", "boolean", "integer"):
            yield e.invalid(at, json_path, f"{_SCALAR} are allowed.")
        if tuple(parts) in seen:
            yield e.duplicate(at, json_path)
        seen.add(tuple(parts))
    if len(seen) > _SELECTABLE_LIMIT:
        yield e.too_many(path, len(seen), _SELECTABLE_LIMIT)


def _conversion(conversion: Raw, path: str) -> Iterator[FieldError]:
    strategy, webhook = conversion.get("strategy") or "", conversion.get("webhook") or {}
    client, reviews = webhook.get("clientConfig"), webhook.get("conversionReviewVersions") or []
    if not strategy:
        yield e.required(f"{path}.strategy")
    elif strategy not in ("None", "Webhook"):
        yield e.not_supported(f"{path}.strategy", strategy, ("None", "Webhook"))
    if strategy != "Webhook":
        for name, value in (("webhookClientConfig", client), ("conversionReviewVersions", reviews)):
            if value:
                text = "should not be set when strategy is not set to Webhook"
                yield e.forbidden(f"{path}.{name}", text)
        return
    at = f"{path}.webhookClientConfig"
    if client is None:
        yield e.required(at, "required when strategy is set to Webhook")
    elif ("url" in client) == ("service" in client):
        yield e.required(at, "exactly one of url or service is required")
    elif "url" in client:
        yield from _url(client["url"] or "", f"{at}.url")
    else:
        yield from _service(client["service"] or {}, f"{at}.service")
    yield from _reviews(reviews, f"{path}.conversionReviewVersions")


def _url(url: str, path: str) -> Iterator[FieldError]:
    parts = urlsplit(url)
    form = "; desired format: https://host[/path]"
    if parts.scheme != "https":
        yield e.invalid(path, parts.scheme, f"'https' is the only allowed URL scheme{form}")
    if not parts.netloc:
        yield e.invalid(path, "", f"host must be specified{form}")
    if parts.username is not None:
        yield e.invalid(path, parts.username, "user information is not permitted in the URL")
    if parts.fragment:
        yield e.invalid(path, parts.fragment, "fragments are not permitted in the URL")
    if parts.query:
        yield e.invalid(path, parts.query, "query parameters are not permitted in the URL")


def _service(service: Raw, path: str) -> Iterator[FieldError]:
    for name in ("name", "namespace"):
        if not service.get(name):
            yield e.required(f"{path}.{name}", f"service {name} is required")
    port, way = service.get("port") or 443, service.get("path") or ""
    if not 1 <= port <= _PORTS:
        yield e.invalid(f"{path}.port", port, f"port is not valid: must be between 1 and {_PORTS}, inclusive")
    if way and not way.startswith("/"):
        yield e.invalid(f"{path}.path", way, "must start with a '/'")


def _reviews(versions: Sequence[str], path: str) -> Iterator[FieldError]:
    if not versions:
        yield e.required(path)
        return
    for index, version in enumerate(versions):
        if version in versions[:index]:
            yield e.invalid(f"{path}[{index}]", version, "duplicate version")
        else:
            check: Callable[[str], list[str]] = check_dns1035_label
            yield from (e.invalid(f"{path}[{index}]", version, text) for text in check(version))
    if not set(versions) & set(_REVIEWS):
        yield e.invalid(path, list(versions), f"must include at least one of {', '.join(_REVIEWS)}")


def _stored_versions(obj: Raw, spec: Raw) -> Iterator[FieldError]:
    path = "status.storedVersions"
    stored: list[str] = (obj.get("status") or {}).get("storedVersions") or []
    if not stored:
        yield e.invalid(path, Verbatim("null"), "must have at least one stored version")
        return
    named = {version.get("name"): version for version in spec.get("versions") or ()}
    for name, version in named.items():
        if version.get("storage") and name not in stored:
            yield e.invalid(path, stored, f"must have the storage version {name}")
    for index, name in enumerate(stored):
        if name not in named:
            text = (
                f"missing from spec.versions; {name} was previously a storage version, and must remain in "
                f"spec.versions until a storage migration ensures no data remains persisted in {name} and removes "
                f"{name} from status.storedVersions"
            )
            yield e.invalid(f"{path}[{index}]", name, text)
