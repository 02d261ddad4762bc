"""The shape of kustomization files, and decoding by it with the strictness of Go's JSON decoder.

Source: kustomize api v0.21.2 types; Go 1.26 encoding/json (DisallowUnknownFields). Field names match whatever their
case, null is the same as nothing, and a value of the wrong type is an error that names the field.
"""

from __future__ import annotations

from fairlead.engines.kustomize.errors import KustomizeError, UnknownFieldError

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

STRING, BOOL, INT, ANY = "string", "bool", "int", "any"
STRINGS = {"*": STRING}  # a map of strings

_GVK = {"group": STRING, "version": STRING, "kind": STRING}
_RES_ID = {**_GVK, "name": STRING, "namespace": STRING}
_SPEC = {**_GVK, "path": STRING, "create": BOOL}
_SPECS = [_SPEC]
_OPTIONS = {"labels": STRINGS, "annotations": STRINGS, "disableNameSuffixHash": BOOL, "immutable": BOOL}
_GENERATOR = {
    "namespace": STRING,
    "name": STRING,
    "behavior": STRING,
    "literals": [STRING],
    "files": [STRING],
    "envs": [STRING],
    "env": STRING,
    "options": _OPTIONS,
}
_SELECTOR = {**_RES_ID, "annotationSelector": STRING, "labelSelector": STRING}
PATCH = {
    "path": STRING,
    "patch": STRING,
    "target": _SELECTOR,
    "options": {"allowNameChange": BOOL, "allowKindChange": BOOL},
}
IMAGE = {"name": STRING, "newName": STRING, "tagSuffix": STRING, "newTag": STRING, "digest": STRING}
_FIELD_OPTIONS = {"delimiter": STRING, "index": INT, "encoding": STRING, "create": BOOL}
REPLACEMENT = {
    "source": {**_RES_ID, "fieldPath": STRING, "options": _FIELD_OPTIONS},
    "targets": [
        {"select": _SELECTOR, "reject": [_SELECTOR], "fieldPaths": [STRING], "options": _FIELD_OPTIONS},
    ],
    "sourceValue": STRING,
}
_HELM_CHART = {
    "name": STRING,
    "version": STRING,
    "repo": STRING,
    "releaseName": STRING,
    "namespace": STRING,
    "additionalValuesFiles": [STRING],
    "valuesFile": STRING,
    "valuesInline": {"*": ANY},
    "valuesMerge": STRING,
    "includeCRDs": BOOL,
    "skipHooks": BOOL,
    "apiVersions": [STRING],
    "kubeVersion": STRING,
    "nameTemplate": STRING,
    "skipTests": BOOL,
    "debug": BOOL,
    "devel": BOOL,
}
_OLD_HELM_CHART = {
    **dict.fromkeys(("chartName", "chartVersion", "chartRepoUrl", "chartHome", "chartRepoName", "helmBin"), STRING),
    **dict.fromkeys(("helmHome", "values", "valuesMerge", "releaseName", "releaseNamespace"), STRING),
    "valuesLocal": {"*": ANY},
    "extraArgs": [STRING],
}
_SORT = {"order": STRING, "legacySortOptions": {"orderFirst": [STRING], "orderLast": [STRING]}}
_VAR = {
    "name": STRING,
    "objref": {"apiVersion": STRING, **_GVK, "name": STRING, "namespace": STRING},
    "fieldref": {"fieldPath": STRING},
}
KUSTOMIZATION: Mapping[str, Any] = {
    "kind": STRING,
    "apiVersion": STRING,
    "metadata": {"name": STRING, "namespace": STRING, "labels": STRINGS, "annotations": STRINGS},
    "openapi": STRINGS,
    "namePrefix": STRING,
    "nameSuffix": STRING,
    "namespace": STRING,
    "commonLabels": STRINGS,
    "labels": [
        {
            "pairs": STRINGS,
            "includeSelectors": BOOL,
            "includeTemplates": BOOL,
            "includeVolumeClaimTemplates": BOOL,
            "fields": _SPECS,
        }
    ],
    "commonAnnotations": STRINGS,
    "patchesStrategicMerge": [STRING],
    "patchesJson6902": [PATCH],
    "patches": [PATCH],
    "images": [IMAGE],
    "imageTags": [IMAGE],
    "replacements": [{**REPLACEMENT, "path": STRING}],
    "replicas": [{"name": STRING, "count": INT}],
    "vars": [_VAR],
    "sortOptions": _SORT,
    "resources": [STRING],
    "components": [STRING],
    "crds": [STRING],
    "bases": [STRING],
    "configMapGenerator": [_GENERATOR],
    "secretGenerator": [{**_GENERATOR, "type": STRING}],
    "helmGlobals": {"chartHome": STRING, "configHome": STRING},
    "helmCharts": [_HELM_CHART],
    "helmChartInflationGenerator": [_OLD_HELM_CHART],
    "generatorOptions": _OPTIONS,
    "configurations": [STRING],
    "generators": [STRING],
    "transformers": [STRING],
    "validators": [STRING],
    "buildMetadata": [STRING],
}
CONFIGURATION: Mapping[str, Any] = {
    **dict.fromkeys(("namePrefix", "nameSuffix", "namespace", "commonLabels", "labels", "templateLabels"), _SPECS),
    **dict.fromkeys(("volumeClaimTemplateLabels", "commonAnnotations", "varReference", "images", "replicas"), _SPECS),
    "nameReference": [{**_GVK, "fieldSpecs": _SPECS}],
}
_SELF = {"apiVersion": STRING, "kind": STRING, "metadata": {"name": STRING, "namespace": STRING}}
PLUGINS: Mapping[str, Mapping[str, Any]] = {
    "AnnotationsTransformer": {"annotations": STRINGS, "fieldSpecs": _SPECS},
    "ConfigMapGenerator": {**_SELF, **_GENERATOR},
    "SecretGenerator": {**_SELF, **_GENERATOR, "type": STRING},
    "HelmChartInflationGenerator": {"chartHome": STRING, "configHome": STRING, **_HELM_CHART},
    "IAMPolicyGenerator": {
        "cloud": STRING,
        "kubernetesService": {"name": STRING, "namespace": STRING},
        "serviceAccount": {"name": STRING, "projectId": STRING},
    },
    "HashTransformer": {},
    "ImageTagTransformer": {"imageTag": IMAGE, "fieldSpecs": _SPECS},
    "LabelTransformer": {"labels": STRINGS, "fieldSpecs": _SPECS},
    "NamespaceTransformer": {
        **_SELF,
        "fieldSpecs": _SPECS,
        "unsetOnly": BOOL,
        "setRoleBindingSubjects": STRING,
    },
    "PatchJson6902Transformer": {"target": _SELECTOR, "path": STRING, "jsonOp": STRING},
    "PatchStrategicMergeTransformer": {"paths": [STRING], "patches": STRING},
    "PatchTransformer": PATCH,
    "PrefixTransformer": {"prefix": STRING, "fieldSpecs": _SPECS},
    "SuffixTransformer": {"suffix": STRING, "fieldSpecs": _SPECS},
    "PrefixSuffixTransformer": {"prefix": STRING, "suffix": STRING, "fieldSpecs": _SPECS},
    "ReplacementTransformer": {"replacements": [{**REPLACEMENT, "path": STRING}]},
    "ReplicaCountTransformer": {"replica": {"name": STRING, "count": INT}, "fieldSpecs": _SPECS},
    "ValueAddTransformer": {
        "value": STRING,
        "targets": [{"selector": _SELECTOR, "fieldPath": STRING, "filePathPosition": INT}],
        "targetFilePath": STRING,
    },
}
_KINDS = {bool: "bool", int: "number", float: "number", str: "string", dict: "object", list: "array"}


def decode(shape: Any, value: Any, where: str, *, strict: bool = True) -> Any:
    """Return *value* with the field names of *shape*, nulls left out.

    *strict* refuses fields that *shape* does not have. Raises: KustomizeError in the words of Go's decoder.
    """
    if isinstance(shape, str):
        return _scalar(shape, value, where)
    if isinstance(shape, list):
        if not isinstance(value, list):
            raise _mismatch(shape, value, where)
        return [_zero(shape[0]) if item is None else decode(shape[0], item, where, strict=strict) for item in value]
    if not isinstance(value, dict):
        raise _mismatch(shape, value, where)
    if "*" in shape:
        element = shape["*"]
        return {
            key: _zero(element) if item is None else decode(element, item, where, strict=strict)
            for key, item in value.items()
        }
    return _decode_struct(shape, value, where, strict)


def _decode_struct(shape: Mapping[str, Any], value: Mapping[str, Any], where: str, strict: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    lower: dict[str, str] | None = None
    for key in sorted(value):
        name = key
        if name not in shape:
            if lower is None:
                lower = {field.lower(): field for field in shape}
            known = lower.get(key.lower())
            if known is None:
                if strict:
                    raise UnknownFieldError(key, where, tuple(shape))
                continue
            name = known
        if value[key] is not None:
            found[name] = decode(shape[name], value[key], f"{where}.{name}", strict=strict)
    return found


def _zero(shape: Any) -> Any:
    if shape == STRING:
        return ""
    if shape == ANY:
        return None
    if isinstance(shape, str):
        return 0
    return [] if isinstance(shape, list) else {}


def _scalar(shape: str, value: Any, where: str) -> Any:
    if shape == ANY:
        return value
    kind = value.__class__
    if shape == STRING and kind is str:
        return value
    if shape == BOOL and kind is bool:
        return value
    if shape == INT and (kind is int or (kind is float and value.is_integer())):
        return int(value)
    raise _mismatch(shape, value, where)


def _mismatch(shape: Any, value: Any, where: str) -> KustomizeError:
    from fairlead.engines.kustomize.gotypes import place, type_of

    given = _KINDS.get(value.__class__, "null")
    if shape == INT and given == "number":
        given = f"number {value}"
    return KustomizeError(f"json: cannot unmarshal {given} into Go {place(where)} of type {type_of(shape, where)}")
