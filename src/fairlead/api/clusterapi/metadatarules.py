"""What upstream refuses of the labels, annotations and taints that machines are to get.

Source: cluster-api v1.14, api/core/v1beta2/common_types.go (ObjectMeta.Validate), internal/util/taints/validation.go. Its
feature gate MachineTaintPropagation is off unless asked for, and here always.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fairlead.api.kind import Problem
from fairlead.api.problems import forbidden, invalid
from fairlead.engines.schema.names import check_label_key, check_label_value

ANNOTATIONS_LIMIT_BYTES = 256 * 1024
_OWN = ("node.cluster.x-k8s.io/uninitialized", "node.cluster.x-k8s.io/outdated-revision")
_OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"
_OTHERS = ("node.kubernetes.io/", "node.cloudprovider.kubernetes.io/")


def metadata(value: Mapping[str, Any] | None, path: str) -> Iterator[Problem]:
    """What is wrong with the labels and annotations of a template's metadata."""
    labels = (value or {}).get("labels") or {}
    for key, text in labels.items():
        for problem in check_label_key(key):
            yield invalid(f"{path}.labels", key, problem)
        for problem in check_label_value(text):
            yield invalid(f"{path}.labels", text, problem)
    annotations = (value or {}).get("annotations") or {}
    for key in annotations:
        for problem in check_label_key(key.lower()):
            yield invalid(f"{path}.annotations", key, problem)
    if sum(len(key.encode()) + len(text.encode()) for key, text in annotations.items()) > ANNOTATIONS_LIMIT_BYTES:
        text = f"Too long: may not be more than {ANNOTATIONS_LIMIT_BYTES} bytes"
        yield Problem(f"{path}.annotations", "FieldValueTooLong", text)


def taints(values: Sequence[Mapping[str, Any]] | None, path: str) -> Iterator[Problem]:
    """What is wrong with taints."""
    if values:
        text = "taints are not allowed to be set when the feature gate MachineTaintPropagation is disabled"
        yield forbidden(path, text)
    for index, taint in enumerate(values or ()):
        key = taint.get("key", "")
        where = f"{path}[{index}].key"
        if problem := _reserved(key):
            yield invalid(where, key, problem)
        for problem in check_label_key(key):
            yield invalid(where, key, problem)


def _reserved(key: str) -> str:
    """Why nobody but its owner may set a taint; empty when everybody may."""
    if key in _OWN:
        return "taint key is not allowed"
    if key.startswith(_OTHERS[0]) and key != _OUT_OF_SERVICE:
        return f"taint key must not have the prefix {_OTHERS[0]}, except for {_OUT_OF_SERVICE}"
    if key.startswith(_OTHERS[1]):
        return f"taint key must not have the prefix {_OTHERS[1]}"
    if key == "node-role.kubernetes.io/master":
        return "taint is deprecated since 1.24 and should not be used anymore"
    return ""
