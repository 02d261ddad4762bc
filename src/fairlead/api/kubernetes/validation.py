"""Rules for Kubernetes' own kinds that their schemas do not hold: a subset, the mistakes people make.

Source: kubernetes v1.36 pkg/apis/*/validation (texts and order of fields).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from fairlead.engines.schema.errors import FieldError, forbidden, invalid, not_supported, required, too_long
from fairlead.engines.selectors import SelectorError, label_selector

Json = dict[str, Any]
Check = Callable[[Json, Json | None], list[FieldError]]

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")
_LABEL_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_KEY = re.compile(r"[-._a-zA-Z0-9]+\Z")
_KEY_TEXT = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
    "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
_KEY_LIMIT = 253
_DATA_LIMIT_BYTES = 1 << 20
_NOT_NEGATIVE = "must be greater than or equal to 0"
_IMMUTABLE = "field is immutable"
_POD_UPDATE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
_POD_MUTABLE = ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "ephemeralContainers")
_POLICIES = ("Always", "OnFailure", "Never")


def _containers(spec: Json, path: str) -> list[FieldError]:
    if not spec.get("containers"):
        return [required(f"{path}.containers")]
    found: list[FieldError] = []
    seen: set[str] = set()
    for kind in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(kind) or ()):
            where, name = f"{path}.{kind}[{index}]", container.get("name") or ""
            if not name:
                found.append(required(f"{where}.name"))
            elif not _LABEL.match(name):
                found.append(invalid(f"{where}.name", name, _LABEL_TEXT))
            elif name in seen:
                found.append(FieldError("FieldValueDuplicate", f"{where}.name", name))
            seen.add(name)
            if not (container.get("image") or "").strip():
                found.append(required(f"{where}.image"))
    return found


def _pod_spec(spec: Json, path: str, policies: tuple[str, ...] = _POLICIES) -> list[FieldError]:
    found = _containers(spec, path)
    policy = spec.get("restartPolicy")
    if policy and policy not in policies:
        found.append(not_supported(f"{path}.restartPolicy", policy, policies))
    return found


def _pod(obj: Json, old: Json | None) -> list[FieldError]:
    spec = obj.get("spec") or {}
    if old is None:
        return _pod_spec(spec, "spec")
    before = old.get("spec") or {}
    bound = bool(before.get("nodeName"))
    if _without_mutable(spec, bound) == _without_mutable(before, bound) or before.get("schedulingGates"):
        return []
    return [forbidden("spec", _POD_UPDATE)]


def _without_mutable(spec: Json, bound: bool) -> Json:
    """What may not change of a pod; one that is not *bound* to a node may be yet."""
    mutable = _POD_MUTABLE if bound else (*_POD_MUTABLE, "nodeName")
    kept = {key: value for key, value in spec.items() if key not in mutable}
    for kind in ("containers", "initContainers"):
        if kind in kept:
            kept[kind] = [{key: value for key, value in each.items() if key != "image"} for each in kept[kind] or ()]
    return kept


def _selected(spec: Json) -> list[FieldError]:
    """The selector of a workload and its template must fit."""
    found: list[FieldError] = []
    selector = spec.get("selector")
    template = spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels")
    if not selector:
        found.append(required("spec.selector"))
    elif not selector.get("matchLabels") and not selector.get("matchExpressions"):
        found.append(invalid("spec.selector", selector, "empty selector is invalid for deployment"))
    try:
        fits = bool(selector) and label_selector(selector).matches(labels)
    except SelectorError as error:
        return [*found, invalid("spec.selector", selector, str(error))]
    if not fits:
        found.append(invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"))
    return found


def _workload(obj: Json, old: Json | None) -> list[FieldError]:
    spec = obj.get("spec") or {}
    found: list[FieldError] = []
    if (spec.get("replicas") or 0) < 0:
        found.append(invalid("spec.replicas", spec["replicas"], _NOT_NEGATIVE))
    found.extend(_selected(spec))
    found.extend(_pod_spec((spec.get("template") or {}).get("spec") or {}, "spec.template.spec", ("Always",)))
    if old is not None and spec.get("selector") != (old.get("spec") or {}).get("selector"):
        found.append(invalid("spec.selector", spec.get("selector"), _IMMUTABLE))
    return found


def _job(obj: Json, old: Json | None) -> list[FieldError]:
    spec = obj.get("spec") or {}
    found = [
        invalid(f"spec.{name}", spec[name], _NOT_NEGATIVE)
        for name in ("parallelism", "completions", "backoffLimit", "activeDeadlineSeconds")
        if (spec.get(name) or 0) < 0
    ]
    if old is None:
        policies = ("OnFailure", "Never")
        template = spec.get("template") or {}
        found.extend(_pod_spec(template.get("spec") or {}, "spec.template.spec", policies))
    elif (spec.get("template") or {}) != ((old.get("spec") or {}).get("template") or {}):
        found.append(invalid("spec.template", spec.get("template"), _IMMUTABLE))
    return found


def _service(obj: Json, old: Json | None) -> list[FieldError]:
    spec = obj.get("spec") or {}
    ports = spec.get("ports") or []
    found: list[FieldError] = []
    if not ports and spec.get("clusterIP") != "None" and spec.get("type") != "ExternalName":
        found.append(required("spec.ports"))
    if spec.get("type") == "ExternalName" and not spec.get("externalName"):
        found.append(required("spec.externalName"))
    for index, port in enumerate(ports):
        where = f"spec.ports[{index}]"
        if len(ports) > 1 and not port.get("name"):
            found.append(required(f"{where}.name"))
        elif port.get("name") in {other.get("name") for other in ports[:index]} - {None, ""}:
            found.append(FieldError("FieldValueDuplicate", f"{where}.name", port["name"]))
        if not 1 <= (port.get("port") or 0) <= 65535:
            found.append(invalid(f"{where}.port", port.get("port") or 0, "must be between 1 and 65535, inclusive"))
    before = (old or {}).get("spec") or {}
    if before.get("clusterIP") and spec.get("clusterIP") != before["clusterIP"] and spec.get("type") != "ExternalName":
        found.append(invalid("spec.clusterIPs[0]", spec.get("clusterIPs"), "may not change once set"))
    return found


def _immutable_data(obj: Json, old: Json | None) -> list[FieldError]:
    if old is None or not old.get("immutable"):
        return []
    found = []
    if not obj.get("immutable"):
        found.append(forbidden("immutable", "field is immutable when `immutable` is set"))
    for name in ("data", "binaryData"):
        if obj.get(name) != old.get(name):
            found.append(forbidden(name, "field is immutable when `immutable` is set"))
    return found


def _keys(obj: Json, *fields: str) -> list[FieldError]:
    """The keys of a ConfigMap or a Secret are file names."""
    found: list[FieldError] = []
    for name in fields:
        for key in sorted(obj.get(name) or ()):
            problem = "" if _KEY.match(key) else _KEY_TEXT
            if len(key) > _KEY_LIMIT:
                found.append(invalid(f"{name}[{key}]", key, f"must be no more than {_KEY_LIMIT} characters"))
            if key in (".", "..") or key.startswith(".."):
                problem = f"must not be '{key}'" if key in (".", "..") else "must not start with '..'"
            if problem:
                found.append(invalid(f"{name}[{key}]", key, problem))
    return found


def _config_map(obj: Json, old: Json | None) -> list[FieldError]:
    found = _keys(obj, "data", "binaryData")
    texts = sum(len(value.encode()) for value in (obj.get("data") or {}).values() if isinstance(value, str))
    if texts + _decoded_bytes(obj.get("binaryData")) > _DATA_LIMIT_BYTES:
        found.append(too_long("[]", _DATA_LIMIT_BYTES))
    return found + _immutable_data(obj, old)


def _decoded_bytes(values: Json | None) -> int:
    """How many bytes stand in base64."""
    texts = [value for value in (values or {}).values() if isinstance(value, str)]
    return sum(len(text) // 4 * 3 - text[-2:].count("=") for text in texts)


def _secret(obj: Json, old: Json | None) -> list[FieldError]:
    found = _keys(obj, "data")
    if _decoded_bytes(obj.get("data")) > _DATA_LIMIT_BYTES:
        found.append(too_long("data", _DATA_LIMIT_BYTES))
    found += _immutable_data(obj, old)
    if old is not None and obj.get("type") != old.get("type"):
        found.append(invalid("type", obj.get("type"), _IMMUTABLE))
    return found


def _binding(obj: Json, old: Json | None) -> list[FieldError]:
    if old is not None and obj.get("roleRef") != old.get("roleRef"):
        return [invalid("roleRef", obj.get("roleRef"), "cannot change roleRef")]
    return []


def _definition(obj: Json, old: Json | None) -> list[FieldError]:
    spec = obj.get("spec") or {}
    names = spec.get("names") or {}
    wanted = f"{names.get('plural', '')}.{spec.get('group', '')}"
    found: list[FieldError] = []
    if obj["metadata"].get("name") != wanted:
        text = 'must be spec.names.plural+"."+spec.group'
        found.append(invalid("metadata.name", obj["metadata"].get("name"), text))
    return found


_CHECKS: Mapping[str, Check] = {
    "pods": _pod,
    "services": _service,
    "configmaps": _config_map,
    "secrets": _secret,
    "deployments.apps": _workload,
    "replicasets.apps": _workload,
    "statefulsets.apps": _workload,
    "daemonsets.apps": _workload,
    "jobs.batch": _job,
    "rolebindings.rbac.authorization.k8s.io": _binding,
    "clusterrolebindings.rbac.authorization.k8s.io": _binding,
    "customresourcedefinitions.apiextensions.k8s.io": _definition,
}


def check(ident: str, obj: Json, old: Json | None) -> list[FieldError]:
    """What is wrong with *obj* of the resource *ident* (`deployments.apps`), beside its schema."""
    found = _CHECKS.get(ident)
    return [] if found is None else found(obj, old)
