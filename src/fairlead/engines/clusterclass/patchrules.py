"""May a ClusterClass have these patches? What admission says of them.

Source: Cluster API v1.14 core/webhooks/admission/patch_validation.go (feature RuntimeSDK off).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from fairlead.base.objects import Json
from fairlead.engines.clusterclass.patches import matches_name
from fairlead.engines.clusterclass.templates import check_template
from fairlead.engines.schema import errors as e
from fairlead.engines.schema.errors import FieldError, quote
from fairlead.engines.schema.names import check_label_key

_OPS: Final = ("add", "remove", "replace")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+\Z")
_REF: Final = "metadata.labels metadata.annotations"
_WORKER: Final = f"class name replicas topologyName version {_REF} bootstrap.configRef.name infrastructureRef.name"
_BUILTINS: Final = {
    "cluster": (
        f"name namespace uid {_REF} topology topology.classRef.name topology.classRef.namespace topology.class "
        "topology.classNamespace topology.version network network.serviceDomain network.services network.pods"
    ),
    "controlPlane": f"name replicas version {_REF} machineTemplate.infrastructureRef.name",
    "machineDeployment": _WORKER,
    "machinePool": _WORKER,
}
BUILTIN_VARIABLES: Final = frozenset(
    {"builtin"}
    | {f"builtin.{group}" for group in _BUILTINS}
    | {f"builtin.{group}.{name}" for group, names in _BUILTINS.items() for name in names.split()}
)


def validate_patches(cluster_class: Mapping[str, Any]) -> list[FieldError]:
    """Return what is wrong with ``spec.patches`` of a ClusterClass (v1beta2)."""
    found: list[FieldError] = []
    seen: set[str] = set()
    spec = cluster_class["spec"]
    for index, patch in enumerate(spec.get("patches") or ()):
        path, name = f"spec.patches[{index}]", patch.get("name") or ""
        if not name:
            found.append(e.required(f"{path}.name", "patch name must be defined"))
        if name == "inline":
            found.append(e.required(f"{path}.name", '"inline" can not be used as the name of a patch'))
        if name in seen:
            detail = f"patch names must be unique. Patch with name {quote(name)} is defined more than once"
            found.append(e.invalid(f"{path}.name", name, detail))
        seen.add(name)
        found.extend(_patch(patch, spec, path))
    return found


def _patch(patch: Json, spec: Json, path: str) -> Iterator[FieldError]:
    condition, definitions, external = patch.get("enabledIf") or "", patch.get("definitions"), patch.get("external")
    if condition:
        problem = check_template("enabledIf", condition)
        if problem:
            yield e.invalid(f"{path}.enabledIf", condition, f"template can not be parsed: {problem}")
    if definitions is None and external is None:
        yield e.required(path, "one of definitions or external must be defined")
    if definitions is not None and external is not None:
        yield e.invalid(path, patch, "only one of definitions or external can be defined")
    variables = frozenset(each["name"] for each in spec.get("variables") or ())
    for index, definition in enumerate(definitions or ()):
        at = f"{path}.definitions[{index}]"
        for place, each in enumerate(definition.get("jsonPatches") or ()):
            yield from _json_patch(each, variables, f"{at}.jsonPatches[{place}]")
        yield from _selector(definition.get("selector") or {}, spec, f"{at}.selector")
    if external is not None:
        detail = "patch.external can be used only if the RuntimeSDK feature flag is enabled"
        yield e.forbidden(f"{path}.external", detail)
        if not external.get("validateTopologyExtension") and not external.get("generatePatchesExtension"):
            detail = "one of validateTopologyExtension and generatePatchesExtension must be defined"
            yield e.invalid(f"{path}.external", external, detail)


# JSON patches.


def _json_patch(patch: Json, variables: frozenset[str], at: str) -> Iterator[FieldError]:
    op, path = patch.get("op") or "", patch.get("path") or ""
    if op not in _OPS:
        yield e.not_supported(f"{at}.op", _pretty(_shown(patch)), _OPS)
    if not path.startswith("/spec"):
        yield e.invalid(f"{at}.path", _pretty(_shown(patch)), 'jsonPatch path must start with "/spec"')
    for part in path.split("/"):
        if not _NUMBER.match(part):
            continue
        if op == "add" and int(part) != 0:
            detail = 'arrays can only be accessed using "0" (prepend) or "-" (append)'
            yield e.invalid(f"{at}.path", path, detail)
        if op in ("replace", "remove"):
            detail = f"elements in arrays can not be accessed in a {op} operation"
            yield e.invalid(f"{at}.path", path, detail)
    if op in ("add", "replace"):
        yield from _patch_value(patch, variables, at)


def _patch_value(patch: Json, variables: frozenset[str], at: str) -> Iterator[FieldError]:
    given, source = patch.get("value") is not None, patch.get("valueFrom")
    if not given and source is None:
        yield e.invalid(at, _pretty(_shown(patch)), "jsonPatch must define one of value or valueFrom")
    if given and source is not None:
        yield e.invalid(at, _pretty(_shown(patch)), "jsonPatch can not define both value and valueFrom")
    if source is None:
        return
    template, variable = source.get("template") or "", source.get("variable") or ""
    if not template and not variable:
        yield e.invalid(f"{at}.valueFrom", _pretty(_source(source)), "valueFrom must set either template or variable")
    if template and variable:
        yield e.invalid(f"{at}.valueFrom", _pretty(_source(source)), "valueFrom can not set both template and variable")
    if template:
        problem = check_template("valueFrom.template", template)
        if problem:
            yield e.invalid(f"{at}.valueFrom.template", template, f"template can not be parsed: {problem}")
    if variable.startswith("builtin."):
        if variable not in BUILTIN_VARIABLES:
            yield e.invalid(f"{at}.valueFrom.variable", variable, "not a defined builtin variable")
    elif variable and next(filter(None, re.split(r"[.\[]", variable)), "") not in variables:
        yield e.invalid(f"{at}.valueFrom.variable", variable, f"variable with name {variable} cannot be found")


def _shown(patch: Json) -> Json:
    """Return a patch as Go would print its struct: fields in order, empty ones left out."""
    shown: Json = {"op": patch.get("op") or "", "path": patch.get("path") or ""}
    if patch.get("value") is not None:
        shown["value"] = patch["value"]
    if patch.get("valueFrom") is not None:
        shown["valueFrom"] = _source(patch["valueFrom"])
    return shown


def _source(source: Json) -> Json:
    return {key: source[key] for key in ("variable", "template") if source.get(key)}


def _pretty(value: Any) -> str:
    """Return *value* as Go's json.MarshalIndent prints it with two spaces."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    for char, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(char, escaped)
    return text


# Selectors.


def _selector(selector: Json, spec: Json, path: str) -> Iterator[FieldError]:
    wanted = selector.get("matchResources") or {}
    classes = {
        key: (wanted.get(key) or {}).get("names") or () for key in ("machineDeploymentClass", "machinePoolClass")
    }
    if not wanted.get("infrastructureCluster") and not wanted.get("controlPlane") and not any(classes.values()):
        yield e.invalid(path, _pretty(_selector_shown(selector)), "no selector enabled")
        return
    if wanted.get("infrastructureCluster") and not _fits(selector, spec.get("infrastructure")):
        detail = "selector is enabled but does not match the infrastructure ref"
        yield e.invalid(f"{path}.matchResources.infrastructureCluster", True, detail)
    if wanted.get("controlPlane"):
        control = spec.get("controlPlane") or {}
        if not _fits(selector, control) and not _fits(selector, control.get("machineInfrastructure")):
            detail = "matches neither the controlPlane ref nor the controlPlane machineInfrastructure ref"
            yield e.invalid(f"{path}.matchResources.controlPlane", True, f"selector is enabled but {detail}")
    workers = spec.get("workers") or {}
    for key, listed, kind in (
        ("machineDeploymentClass", workers.get("machineDeployments"), "MachineDeployment"),
        ("machinePoolClass", workers.get("machinePools"), "MachinePool"),
    ):
        yield from _class_names(selector, classes[key], listed or (), f"{path}.matchResources.{key}.names", kind)


def _class_names(selector: Json, patterns: Any, classes: Any, path: str, kind: str) -> Iterator[FieldError]:
    for index, pattern in enumerate(patterns):
        problem = _pattern_problem(pattern)
        if problem:
            yield e.invalid(f"{path}[{index}]", pattern, problem)
            return
        if not any(
            matches_name(pattern, each.get("class") or "")
            and (_fits(selector, each.get("infrastructure")) or _fits(selector, each.get("bootstrap")))
            for each in classes
        ):
            detail = f"matches neither the bootstrap ref nor the infrastructure ref of a {kind} class"
            yield e.invalid(f"{path}[{index}]", pattern, f"selector is enabled but {detail}")


def _pattern_problem(pattern: str) -> str:
    if "*" not in pattern:
        return ""
    if pattern.count("*") > 1:
        return 'selector can at most contain a single "*" rune'
    if not pattern.startswith("*") and not pattern.endswith("*"):
        return '"*" rune can only appear at the beginning, or ending of the selector'
    if check_label_key(pattern.replace("*", "a")):
        return "selector does not comply with the Kubernetes naming standards"
    return ""


def _fits(selector: Json, part: Json | None) -> bool:
    reference = (part or {}).get("templateRef") or {}
    return all((selector.get(key) or "") == (reference.get(key) or "") for key in ("kind", "apiVersion"))


def _selector_shown(selector: Json) -> Json:
    """Return a selector as Go would print its struct."""
    shown: Json = {"apiVersion": selector.get("apiVersion") or "", "kind": selector.get("kind") or ""}
    wanted = selector.get("matchResources") or {}
    keys = ("controlPlane", "infrastructureCluster", "machineDeploymentClass", "machinePoolClass")
    found = {key: wanted[key] for key in keys if wanted.get(key) is not None}
    for key in ("machineDeploymentClass", "machinePoolClass"):
        if key in found and not found[key].get("names"):
            found[key] = {}
    if found:
        shown["matchResources"] = found
    return shown
